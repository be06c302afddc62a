import { HOUR_MS } from '@sanad/protocol/text/durations'
import { sql } from 'kysely'
import type { Check } from '../check.ts'

/** Two retries and more have failed by then: it is not a restart of the receiver. */
const FAILING_FOR_MS = HOUR_MS

/** What follows the record has taken nothing for an hour, or was stopped; it falls behind, and nothing else says so. */
export const followerFailing: Check = {
  name: 'follower-failing',
  isCheap: true,
  find: ({ now }) => sql`
    select f.name as subject, null::uuid as device_id, coalesce(w.name, f.name) as label, f.failing_since as at
    from follower f
    left join webhook w on f.name = 'webhook:' || w.webhook_id
    where f.failing_since <= ${new Date(now.getTime() - FAILING_FOR_MS)}`,
}
