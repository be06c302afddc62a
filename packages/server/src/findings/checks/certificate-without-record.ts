import { sql } from 'kysely'
import type { Check } from '../check.ts'
import { RECORDED_SERIAL } from './recorded-serial.ts'

/**
 * Certificates and the record of effects, against each other: each has its event, each event has its certificate,
 * and whatever was planned and signed is a certificate.
 */
export const certificateWithoutRecord: Check = {
  name: 'certificate-without-record',
  isCheap: false,
  find: () => sql`
    select coalesce(c.serial_number, e.serial_number) as subject, coalesce(c.device_id, e.device_id) as device_id,
      coalesce(c.serial_number, e.serial_number) as label, coalesce(c.issued_at, e.at) as at
    from device_certificate c
    full join (
      select ${RECORDED_SERIAL} as serial_number, min(e.device_id::text)::uuid as device_id, min(e.at) as at
      from recorded_event e where e.type = 'certificate.issued' group by 1
    ) e using (serial_number)
    where c.serial_number is null or e.serial_number is null
    union all
    select 'intent ' || i.serial_number, i.device_id, i.serial_number, i.settled_at
    from certificate_intent i left join device_certificate c using (serial_number)
    where i.state = 'issued' and c.serial_number is null`,
}
