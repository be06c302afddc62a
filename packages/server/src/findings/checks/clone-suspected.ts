import { sql } from 'kysely'
import type { Check } from '../check.ts'

/** Two of one device, and nobody has decided which: it stays suspended until an operator resumes or blocks it. */
export const cloneSuspected: Check = {
  name: 'clone-suspected',
  isCheap: true,
  find: () => sql`
    select d.device_id::text as subject, d.device_id, null::text as label, suspected.at
    from (
      select device_id, max(seq) as seq, max(at) as at from event
      where type = 'device.clone-suspected' group by device_id
    ) suspected
    join device d using (device_id)
    where d.state = 'suspended' and not exists (
      select from event resumed
      where resumed.device_id = d.device_id and resumed.type = 'device.resumed' and resumed.seq > suspected.seq
    )`,
}
