import { type BulkActTerms, mayDoInBulk } from '@sanad/protocol/operator-api/bulk-acts'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { Doer } from '../platform/operation-desk.ts'
import { serve } from '../platform/serve.ts'
import { downloadFailures, listBulkActs, listFailures, readBulkAct } from './bulk-act-list.ts'
import type { BulkActs } from './bulk-acts.ts'
import { previewBulkAct } from './bulk-preview.ts'

export interface BulkActsRoutesOptions {
  readonly database: Database
  readonly clock: Clock
  readonly bulkActs: BulkActs
  /** Starts the work now, not when the schedule looks next. */
  readonly whenOrdered: () => void
}

export const bulkActsRoutes = ({ database, clock, bulkActs, whenOrdered }: BulkActsRoutesOptions) =>
  serve({
    previewBulkAct: ({ body, operator }) => {
      requirePermission(operator, body)
      return previewBulkAct(database, clock, body)
    },
    orderBulkAct: async ({ body, operator }) => {
      const view = await bulkActs.order(body, requirePermission(operator, body))
      whenOrdered()
      return view
    },
    listBulkActs: ({ query }) => listBulkActs(database, query),
    readBulkAct: ({ params }) => readBulkAct(database, params.bulkActId),
    listBulkActFailures: ({ params, query }) => listFailures(database, params.bulkActId, query),
    downloadBulkActFailures: ({ params }) => downloadFailures(database, params.bulkActId),
    cancelBulkAct: async ({ params: { bulkActId }, operator }) => {
      const operatorId = requirePermission(operator, await bulkActs.readTerms(bulkActId))
      return bulkActs.cancel(bulkActId, operatorId)
    },
  })

/** @returns the operator’s id. @throws SanadError `operator.permission-missing` */
function requirePermission(
  { operatorId, role }: Doer,
  terms: Pick<BulkActTerms, 'act' | 'command'>,
): string {
  if (!mayDoInBulk(role, terms)) throw new SanadError('operator.permission-missing')
  return operatorId
}
