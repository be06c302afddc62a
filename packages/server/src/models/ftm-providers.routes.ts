import {
  FtmProviderIdParams,
  FtmProviderList,
  FtmProviderView,
  NewFtmProvider,
} from '@sanad/protocol/operator-api/ftm-providers'
import { RetireBody } from '@sanad/protocol/operator-api/models'
import { operatorActor } from '@sanad/protocol/domain/events'
import { operatorOf } from '../operators/operator-door.ts'
import type { HttpApp } from '../platform/http.ts'
import type { FtmProviderRegistry } from './ftm-provider-registry.ts'

export interface FtmProvidersRoutesOptions {
  readonly ftmProviders: FtmProviderRegistry
}

export function ftmProvidersRoutes({ ftmProviders }: FtmProvidersRoutesOptions) {
  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/ftm-providers',
      {
        config: { access: 'ftm-provider:read' },
        schema: { operationId: 'listFtmProviders', response: { 200: FtmProviderList } },
      },
      async () => ({ items: await ftmProviders.list() }),
    )

    app.post(
      '/ftm-providers',
      {
        config: { access: 'ftm-provider:manage' },
        schema: {
          operationId: 'addFtmProvider',
          body: NewFtmProvider,
          response: { 201: FtmProviderView },
        },
      },
      async (request, reply) => {
        const actor = operatorActor(operatorOf(request).operatorId)
        return reply.status(201).send(await ftmProviders.add(request.body, actor))
      },
    )

    app.post(
      '/ftm-providers/:ftmProviderId/retire',
      {
        config: { access: 'ftm-provider:manage' },
        schema: {
          operationId: 'retireFtmProvider',
          params: FtmProviderIdParams,
          body: RetireBody,
          response: { 200: FtmProviderView },
        },
      },
      async (request) => {
        const { ftmProviderId } = request.params
        const actor = operatorActor(operatorOf(request).operatorId)
        return ftmProviders.retire(ftmProviderId, request.body.reason, actor)
      },
    )
  }
}
