import { sql } from 'kysely'
import type { Check } from '../check.ts'

/**
 * A device turned up on another host. Where the policy lets it, it is worth a look for a week; where it was
 * suspended for that, until somebody decides.
 */
export const hostChanged: Check = {
  name: 'host-changed',
  isCheap: true,
  find: ({ now }) => sql`
    select d.device_id::text as subject, d.device_id, null::text as label, moved.at
    from (
      select distinct on (e.device_id) e.device_id, e.seq, e.at,
        (convert_from(e.canonical, 'UTF8')::jsonb->'data'->>'isAllowed')::boolean as is_allowed
      from event e where e.type = 'device.host-changed' order by e.device_id, e.seq desc
    ) moved
    join device d using (device_id)
    where (d.state = 'registered' and moved.is_allowed and moved.at > ${now}::timestamptz - interval '168 hours')
      or (d.state = 'suspended' and not moved.is_allowed and not exists (
        select from event resumed
        where resumed.device_id = d.device_id and resumed.type = 'device.resumed' and resumed.seq > moved.seq
      ))`,
}
