import type { FormProposal } from '@sanad/protocol/operator-api/models'
import { serve } from '../platform/serve.ts'
import type { ModelRegistry } from './model-registry.ts'

export interface ModelsRoutesOptions {
  readonly models: ModelRegistry
  /** Handed in, because devices are above. */
  readonly proposeForm: (modelId: string, form: string | undefined) => Promise<FormProposal>
}

export const modelsRoutes = ({ models, proposeForm }: ModelsRoutesOptions) =>
  serve({
    listModels: async () => ({ items: await models.list() }),
    createModel: ({ body, actor }) => models.create(body, actor),
    readModel: ({ params }) => models.read(params.modelId),
    retireModel: ({ params, body, actor }) => models.retire(params.modelId, body.reason, actor),
    setSerialNoForm: ({ params, body, actor }) =>
      models.setSerialNoForm(params.modelId, body.form, actor),
    proposeSerialNoForm: ({ params, query }) => proposeForm(params.modelId, query.form),
  })
