import { sql } from 'kysely'
import type { Check } from '../check.ts'

/**
 * A provider certificate near its end, without another for the same country and environment that lasts longer. At
 * 90, 60 and 30 days it is another finding each, so that silence about the first does not hide the last.
 */
export const providerCertificateEnding: Check = {
  name: 'provider-certificate-ending',
  isCheap: true,
  find: ({ now }) => sql`
    select p.id || ' in ' || stage as subject, null::uuid as device_id,
      p.organisation || ' (' || p.country || ', ' || p.environment || ')' as label, p.not_after as at
    from provider_certificate p
    cross join lateral (
      select min(days) as stage from unnest(array[30, 60, 90]) days
      where p.not_after <= ${now}::timestamptz + make_interval(secs => days * 86400.0)
    ) near
    where p.state = 'active' and stage is not null and not exists (
      select from provider_certificate longer
      where longer.country = p.country and longer.environment = p.environment and longer.state = 'active'
        and longer.not_after > p.not_after
    )`,
}
