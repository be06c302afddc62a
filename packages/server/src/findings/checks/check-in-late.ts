import { sql } from 'kysely'
import type { Check } from '../check.ts'
import { REGISTERED_DEVICES } from './registered-devices.ts'

/** Silent for longer than its policy lets a device be offline. */
export const checkInLate: Check = {
  name: 'check-in-late',
  isCheap: false,
  find: ({ now }) => sql`
    select d.device_id::text as subject, d.device_id, null::text as label,
      coalesce(s.last_check_in_at, d.registered_at) as at
    from ${REGISTERED_DEVICES}
    where d.state = 'registered' and coalesce(s.last_check_in_at, d.registered_at)
      < ${now}::timestamptz - make_interval(secs => r.longest_offline_days * 86400.0)`,
}
