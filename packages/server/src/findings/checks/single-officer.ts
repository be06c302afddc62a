import { sql } from 'kysely'
import { OFFICER } from '../../operators/proposals/two-person-rules.ts'
import type { Check } from '../check.ts'

/** Operations need two people, and there is one: whatever that person proposes, nobody else can confirm it. */
export const singleOfficer: Check = {
  name: 'single-officer',
  isCheap: true,
  find: () => sql`
    select 'officers' as subject, null::uuid as device_id, min(name) as label, min(last_signed_in_at) as at
    from operator
    where ${OFFICER} and exists (select from two_person_rules where cardinality(kinds) > 0)
    having count(*) = 1`,
}
