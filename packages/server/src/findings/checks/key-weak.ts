import { sql } from 'kysely'
import type { Check } from '../check.ts'
import { DEVICES_AND_CERTIFICATES } from './registered-devices.ts'

/** The certified key is shorter than the policy asks for, or no RSA key at all (MF §2.3). */
export const keyWeak: Check = {
  name: 'key-weak',
  isCheap: false,
  find: () => sql`
    select d.device_id::text as subject, d.device_id, null::text as label, c.issued_at as at
    from ${DEVICES_AND_CERTIFICATES}
    where d.state = 'registered' and coalesce(c.rsa_bits, 0) < r.minimum_key_bits`,
}
