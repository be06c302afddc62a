import { sql } from 'kysely'
import { PLANNED_END } from '../../foresight/planned-end.ts'

/**
 * The rotation of certificate `c` is overdue under the rules `r`: its window is over, and two check-ins since have
 * not brought a new key. A policy that changed gives the same time again, because no device knew before.
 */
export const isOverdue = (now: Date) => sql`
  greatest(${PLANNED_END}, r.since) + make_interval(secs => 2.0 * r.check_in_seconds) < ${now}::timestamptz`
