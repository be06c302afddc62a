import { sql } from 'kysely'
import type { Check } from '../check.ts'

/** So long the alarm stays: someone else will have seen it. Silencing it needs a person, as with every finding. */
const DAYS = 30

/** One person carried out alone what two people decide. */
export const glassBroken: Check = {
  name: 'glass-broken',
  isCheap: true,
  find: ({ now }) => sql`
    select p.proposal_id::text as subject, null::uuid as device_id, o.name as label, p.confirmed_at as at
    from proposal p join operator o on o.operator_id = p.confirmed_by
    where p.glass_reason is not null and p.confirmed_at > ${now}::timestamptz - make_interval(days => ${DAYS}::int)`,
}
