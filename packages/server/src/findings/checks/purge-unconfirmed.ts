import { sql } from 'kysely'
import type { Check } from '../check.ts'

/** A device was told to destroy its keys and has not shown in time that it did. */
export const purgeUnconfirmed: Check = {
  name: 'purge-unconfirmed',
  isCheap: true,
  find: ({ now }) => sql`
    select d.device_id::text as subject, d.device_id, null::text as label, p.due_at as at
    from (
      select distinct on (device_id) device_id, state, due_at from key_purge
      order by device_id, ordered_at desc
    ) p
    join device d using (device_id)
    where d.state in ('deregistered', 'blocked')
      and (p.state = 'unconfirmed' or (p.state = 'awaited' and p.due_at <= ${now}::timestamptz))`,
}
