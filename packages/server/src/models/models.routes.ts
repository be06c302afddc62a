import {
  FormProposal,
  ModelIdParams,
  ModelList,
  ModelView,
  NewModel,
  ProposeFormQuery,
  RetireBody,
  SerialNoFormBody,
} from '@sanad/protocol/operator-api/models'
import { operatorActor } from '@sanad/protocol/domain/events'
import { operatorOf } from '../operators/operator-door.ts'
import type { HttpApp } from '../platform/http.ts'
import type { ModelRegistry } from './model-registry.ts'

export interface ModelsRoutesOptions {
  readonly models: ModelRegistry
  /** Handed in, because devices are above. */
  readonly proposeForm: (modelId: string, form: string | undefined) => Promise<FormProposal>
}

export function modelsRoutes({ models, proposeForm }: ModelsRoutesOptions) {
  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/models',
      {
        config: { access: 'model:read' },
        schema: { operationId: 'listModels', response: { 200: ModelList } },
      },
      async () => ({ items: await models.list() }),
    )

    app.post(
      '/models',
      {
        config: { access: 'model:manage' },
        schema: { operationId: 'createModel', body: NewModel, response: { 201: ModelView } },
      },
      async (request, reply) => {
        const actor = operatorActor(operatorOf(request).operatorId)
        return reply.status(201).send(await models.create(request.body, actor))
      },
    )

    app.get(
      '/models/:modelId',
      {
        config: { access: 'model:read' },
        schema: { operationId: 'readModel', params: ModelIdParams, response: { 200: ModelView } },
      },
      async (request) => models.read(request.params.modelId),
    )

    app.post(
      '/models/:modelId/retire',
      {
        config: { access: 'model:manage' },
        schema: {
          operationId: 'retireModel',
          params: ModelIdParams,
          body: RetireBody,
          response: { 200: ModelView },
        },
      },
      async (request) => {
        const actor = operatorActor(operatorOf(request).operatorId)
        return models.retire(request.params.modelId, request.body.reason, actor)
      },
    )

    app.post(
      '/models/:modelId/serial-no-form',
      {
        config: { access: 'model:manage' },
        schema: {
          operationId: 'setSerialNoForm',
          params: ModelIdParams,
          body: SerialNoFormBody,
          response: { 200: ModelView },
        },
      },
      async (request) => {
        const actor = operatorActor(operatorOf(request).operatorId)
        return models.setSerialNoForm(request.params.modelId, request.body.form, actor)
      },
    )

    app.get(
      '/models/:modelId/serial-no-form/proposal',
      {
        config: { access: 'model:read' },
        schema: {
          operationId: 'proposeSerialNoForm',
          params: ModelIdParams,
          querystring: ProposeFormQuery,
          response: { 200: FormProposal },
        },
      },
      async (request) => proposeForm(request.params.modelId, request.query.form),
    )
  }
}
