import { sql } from 'kysely'
import type { Check } from '../check.ts'
import { RECORDED_SERIAL } from './recorded-serial.ts'

/**
 * Trust that ended in one place and not in the other: a device still registered of whose certificates the latest
 * is revoked and none is good; or a certificate that the record says is revoked and the list of certificates not.
 */
export const revokedButActive: Check = {
  name: 'revoked-but-active',
  isCheap: false,
  find: () => sql`
    select d.device_id::text as subject, d.device_id, null::text as label, latest.revoked_at as at
    from (select distinct device_id from device_certificate where status = 'revoked') r
    join device d using (device_id)
    join lateral (
      select status, revoked_at from device_certificate x where x.device_id = d.device_id
      order by x.issued_at desc limit 1
    ) latest on latest.status = 'revoked'
    where d.state = 'registered' and not exists (
      select from device_certificate good
      where good.device_id = d.device_id and good.status in ('active', 'pending')
    )
    union all
    select 'certificate ' || c.serial_number, c.device_id, c.serial_number, e.at
    from (
      select min(e.at) as at, ${RECORDED_SERIAL} as serial_number
      from recorded_event e where e.type = 'certificate.revoked' group by 2
    ) e
    join device_certificate c using (serial_number)
    where c.status <> 'revoked'`,
}
