import type { BulkActName } from '@sanad/protocol/operator-api/bulk-acts'
import type { Actor, NewEvent } from '@sanad/protocol/domain/events'
import type { ProblemCode } from '@sanad/protocol/text/problems'
import type { DatabaseTransaction } from '../platform/database.ts'
import './bulk-tables.ts'
import type { Performers } from './performers.ts'

/** An act ends once: as its work is done, an operator cancels it, or an error does not pass. */

export interface CountedAct {
  readonly bulkActId: string
  readonly act: BulkActName
  readonly changed: number
  readonly failed: number
}

export type ActEnd = {
  readonly actor: Actor
  /** Milliseconds since the epoch. */
  readonly at: number
} & (
  | { readonly outcome: 'finished' | 'cancelled' }
  | { readonly outcome: 'failed'; readonly code: ProblemCode }
)

/** What the act opened is closed with it. @returns the event to record */
export async function endAct(
  tx: DatabaseTransaction,
  performers: Performers,
  { bulkActId, act, changed, failed }: CountedAct,
  end: ActEnd,
): Promise<NewEvent> {
  await tx
    .updateTable('bulk_act')
    .set({
      state: end.outcome,
      finished_at: new Date(end.at),
      failure_code: end.outcome === 'failed' ? end.code : null,
    })
    .where('bulk_act_id', '=', bulkActId)
    .execute()
  await performers[act].close?.(tx, bulkActId)
  const data = { bulkActId, act, outcome: end.outcome, changed, failed }
  return { type: 'bulk-act.ended', actor: end.actor, data }
}
