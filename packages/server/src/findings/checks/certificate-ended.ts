import { sql } from 'kysely'
import type { Check } from '../check.ts'

/** A registered device whose last good certificate is past its end: SBI error 107 (MF §1.4, 40). */
export const certificateEnded: Check = {
  name: 'certificate-ended',
  isCheap: false,
  find: ({ now }) => sql`
    select d.device_id::text as subject, d.device_id, null::text as label, ended.not_after as at
    from device d
    join (
      select device_id, max(not_after) as not_after from device_certificate
      where status in ('active', 'expired') and not_after <= ${now}::timestamptz
      group by device_id
    ) ended using (device_id)
    where d.state = 'registered' and not exists (
      select from device_certificate live
      where live.device_id = d.device_id and live.status = 'active' and live.not_after > ${now}::timestamptz
    )`,
}
