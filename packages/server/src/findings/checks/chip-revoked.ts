import { sql } from 'kysely'
import type { Check } from '../check.ts'

/**
 * The FTM provider revoked the chip of a registered device, or an authority above it, after the registration. Its
 * next recovery is refused; until an operator acts, its device key stays as good as it was.
 */
export const chipRevoked: Check = {
  name: 'chip-revoked',
  isCheap: true,
  find: () => sql`
    with recursive revoked_authority (ftm_provider_id, certificate_sha256, revoked_at) as (
      select a.ftm_provider_id, a.certificate_sha256, r.revoked_at
      from ftm_authority a join ftm_revoked_certificate r using (ftm_provider_id, issuer_key, serial_number)
      union
      select a.ftm_provider_id, a.certificate_sha256, v.revoked_at
      from ftm_authority a join revoked_authority v
        on a.ftm_provider_id = v.ftm_provider_id and a.issuer_sha256 = v.certificate_sha256
    ), revoked_chip (ftm_certificate_sha256, revoked_at) as (
      select c.ftm_certificate_sha256, r.revoked_at
      from ftm_revoked_certificate r join ftm_chip c using (ftm_provider_id, issuer_key, serial_number)
      union all
      select c.ftm_certificate_sha256, v.revoked_at
      from revoked_authority v join ftm_chip c
        on c.ftm_provider_id = v.ftm_provider_id and c.issuer_sha256 = v.certificate_sha256
    )
    select d.device_id::text as subject, d.device_id, null::text as label, v.revoked_at as at
    from revoked_chip v join device d using (ftm_certificate_sha256)
    where d.state = 'registered'`,
}
