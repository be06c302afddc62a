import { sql } from 'kysely'
import type { Check } from '../check.ts'
import { isOverdue } from './overdue.ts'
import { DEVICES_AND_CERTIFICATES } from './registered-devices.ts'

/** The key should have been changed by now, and within a week its certificate is no more good. */
export const certificateEnding: Check = {
  name: 'certificate-ending',
  isCheap: false,
  find: ({ now }) => sql`
    select d.device_id::text as subject, d.device_id, null::text as label, c.not_after as at
    from ${DEVICES_AND_CERTIFICATES}
    where d.state = 'registered' and c.not_after > ${now}::timestamptz
      and c.not_after <= ${now}::timestamptz + interval '168 hours' and ${isOverdue(now)}`,
}
