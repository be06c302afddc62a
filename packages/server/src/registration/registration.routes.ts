import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { serve } from '../platform/serve.ts'
import { decideApproval } from './approvals.ts'
import { listApprovals } from './approvals-list.ts'
import { countRegistrations, listRefusals } from './refusals.ts'

export interface RegistrationRoutesOptions {
  readonly database: Database
  readonly clock: Clock
}

export const registrationRoutes = ({ database, clock }: RegistrationRoutesOptions) =>
  serve({
    listApprovals: ({ query }) => listApprovals(database, query),
    decideApproval: async ({ params: { requestId }, body: { decision }, operator }) => {
      const { operatorId } = operator
      await decideApproval(database, { requestId, decision, operatorId }, clock())
    },
    listRefusals: ({ query }) => listRefusals(database, query),
    countRegistrations: () => countRegistrations(database),
  })
