import { sql } from 'kysely'
import type { Check } from '../check.ts'

/** Blocked, as lost, stolen or a clone, and it was heard since, or holds a channel now: somebody has it and uses it. */
export const blockedDeviceHeard: Check = {
  name: 'blocked-device-heard',
  isCheap: true,
  find: () => sql`
    select d.device_id::text as subject, d.device_id, null::text as label,
      greatest(p.last_check_in_at, d.state_changed_at) as at
    from device d left join device_presence p using (device_id)
    where d.state = 'blocked' and (p.last_check_in_at > d.state_changed_at
      or exists (select from channel_device k where k.device_id = d.device_id))`,
}
