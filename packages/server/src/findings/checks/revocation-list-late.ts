import { sql } from 'kysely'
import type { Check } from '../check.ts'

/**
 * Revocation lists of an issuer that should have been signed again long ago: half of the time has passed in which
 * relying parties may keep them (RFC 5280 §5.1.2.5). After its end an issuer signs no more.
 */
export const revocationListLate: Check = {
  name: 'revocation-list-late',
  isCheap: true,
  find: ({ now }) => sql`
    select l.crl_name as subject, null::uuid as device_id, l.crl_name as label, min(l.next_update) as at
    from revocation_list l
    where l.this_update + make_interval(secs => extract(epoch from l.next_update - l.this_update)::float8 / 2)
        < ${now}::timestamptz
      and exists (
        select from provider_certificate p where p.crl_name = l.crl_name and p.not_after > ${now}::timestamptz
      )
    group by l.crl_name`,
}
