import { sql } from 'kysely'
import type { Check } from '../check.ts'

/** The device itself said that its SBI does not show the certificate it was given. */
export const certificateNotInUse: Check = {
  name: 'certificate-not-in-use',
  isCheap: false,
  find: () => sql`
    select d.device_id::text as subject, d.device_id, null::text as label, s.last_check_in_at as at
    from device d join device_presence s using (device_id)
    where d.state = 'registered' and s.certificate_in_use = 'no'`,
}
