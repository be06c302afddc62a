import { serve } from '../platform/serve.ts'
import type { FtmProviderRegistry } from './ftm-provider-registry.ts'

export const ftmProvidersRoutes = ({
  ftmProviders,
}: {
  readonly ftmProviders: FtmProviderRegistry
}) =>
  serve({
    listFtmProviders: async () => ({ items: await ftmProviders.list() }),
    addFtmProvider: ({ body, actor }) => ftmProviders.add(body, actor),
    retireFtmProvider: ({ params, body, actor }) =>
      ftmProviders.retire(params.ftmProviderId, body.reason, actor),
  })
