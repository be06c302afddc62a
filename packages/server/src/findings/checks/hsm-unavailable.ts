import { sql } from 'kysely'
import type { Check } from '../check.ts'

/** No certificate can be signed now. A start takes a moment and is no finding. */
export const hsmUnavailable: Check = {
  name: 'hsm-unavailable',
  isCheap: true,
  find: ({ hsm }) => sql`
    select 'hsm' as subject, null::uuid as device_id, ${hsm.state}::text as label,
      ${new Date(hsm.since)}::timestamptz as at
    where ${hsm.state !== 'ready' && hsm.state !== 'starting'}`,
}
