import { DEFAULT_REVOCATION_POLICY } from '@sanad/protocol/operator-api/ftm-revocation'
import { sql } from 'kysely'
import { STALE_AFTER_MS } from '../../revocation/ftm/chip-standing.ts'
import type { Check } from '../check.ts'

/**
 * An FTM provider has registered devices, and an issuer of its chips no revocation list, or none that is current. One
 * finding for the provider, however many devices it has; none where its policy is to ignore it.
 */
export const chipRevocationUnknown: Check = {
  name: 'chip-revocation-unknown',
  isCheap: true,
  find: ({ now }) => sql`
    select p.ftm_provider_id::text as subject, null::uuid as device_id, p.name as label, late.since as at
    from ftm_provider p
    left join ftm_revocation_terms t using (ftm_provider_id)
    cross join lateral (
      select min(l.next_update) as since,
        bool_or(l.next_update < ${new Date(now.getTime() - STALE_AFTER_MS)}) as is_stale,
        count(*) = 0 as has_none
      from ftm_revocation_list l where l.ftm_provider_id = p.ftm_provider_id
    ) late
    where p.state = 'trusted' and coalesce(t.revocation_policy, ${DEFAULT_REVOCATION_POLICY}) <> 'ignore'
      and (late.has_none or late.is_stale or exists (
        select from ftm_authority a
        cross join lateral (values (a.authority_key), (a.issuer_key)) as asked (issuer_key)
        left join ftm_revocation_list l
          on l.ftm_provider_id = a.ftm_provider_id and l.issuer_key = asked.issuer_key
        where a.ftm_provider_id = p.ftm_provider_id and l.issuer_key is null
      ))
      and exists (
        select from device_model m join device d using (model_id)
        where m.ftm_provider_id = p.ftm_provider_id and d.state = 'registered'
      )`,
}
