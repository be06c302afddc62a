import { sql } from 'kysely'
import type { Check } from '../check.ts'
import { PLANNED_END } from '../../foresight/planned-end.ts'
import { isOverdue } from './overdue.ts'
import { DEVICES_AND_CERTIFICATES } from './registered-devices.ts'

/** MF §1.4, 32: a key is used for its rotation period, and no longer. */
export const rotationOverdue: Check = {
  name: 'rotation-overdue',
  isCheap: false,
  find: ({ now }) => sql`
    select d.device_id::text as subject, d.device_id, null::text as label, ${PLANNED_END} as at
    from ${DEVICES_AND_CERTIFICATES}
    where d.state = 'registered' and c.not_after > ${now}::timestamptz and ${isOverdue(now)}`,
}
