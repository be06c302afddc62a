import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { serve } from '../platform/serve.ts'
import { countFindings, listFindings } from './finding-list.ts'
import { suppressFinding } from './suppression.ts'

export interface FindingsRoutesOptions {
  readonly database: Database
  readonly clock: Clock
  /** Starts an audit now, unless one is running. */
  readonly startAudit: () => Promise<void>
}

export function findingsRoutes({ database, clock, startAudit }: FindingsRoutesOptions) {
  const now = (): Date => new Date(clock())
  return serve({
    listFindings: ({ query }) => listFindings(database, query, now()),
    countFindings: () => countFindings(database, now()),
    suppressFinding: ({ params: { findingId }, body, operator: { operatorId } }) =>
      suppressFinding(database, { ...body, findingId, operatorId }, clock()),
    runAudit: () => startAudit(),
  })
}
