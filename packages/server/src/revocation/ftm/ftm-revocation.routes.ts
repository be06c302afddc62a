import { serve } from '../../platform/serve.ts'
import type { FtmRevocation } from './ftm-revocation.ts'

export interface FtmRevocationRoutesOptions {
  readonly revocation: FtmRevocation
  /** Fetches now what the schedule would fetch within the hour. */
  readonly whenUrlSet: () => void
}

export const ftmRevocationRoutes = ({ revocation, whenUrlSet }: FtmRevocationRoutesOptions) =>
  serve({
    readFtmRevocation: ({ params }) => revocation.describe(params.ftmProviderId),
    setFtmRevocation: async ({ params: { ftmProviderId }, body, actor }) => {
      await revocation.set(ftmProviderId, body, actor)
      if (body.url !== null) whenUrlSet()
      return revocation.describe(ftmProviderId)
    },
    importFtmRevocationList: async ({ params: { ftmProviderId }, body, actor, operator }) => {
      const from = { source: 'imported', operatorId: operator.operatorId } as const
      await revocation.take({ ftmProviderId, file: body, from, actor })
      return revocation.describe(ftmProviderId)
    },
  })
