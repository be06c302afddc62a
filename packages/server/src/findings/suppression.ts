import type { FindingView, SuppressBody } from '@sanad/protocol/operator-api/findings'
import type { CheckName } from '@sanad/protocol/operator-api/checks'
import { type NewEvent, operatorActor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import { instant } from '../platform/instant.ts'
import type { Database } from '../platform/database.ts'
import { readFinding } from './finding-list.ts'

export interface Suppression extends SuppressBody {
  readonly findingId: string
  readonly operatorId: string
}

/**
 * Somebody knows, and wants to hear of it no more for a while.
 *
 * @throws SanadError `finding.not-found`
 */
export async function suppressFinding(
  database: Database,
  { findingId, operatorId, days, note }: Suppression,
  now: number,
): Promise<FindingView> {
  const until = new Date(now + days * DAY_MS)
  await database.transaction().execute(async (tx) => {
    const { rows } = await sql<{ check: CheckName; deviceId: string | null }>`
      update finding set suppressed_until = ${until}
      where finding_id = ${findingId}::uuid and resolved_at is null
      returning check_name as check, device_id as "deviceId"`.execute(tx)
    const [finding] = rows
    if (finding === undefined) throw new SanadError('finding.not-found')
    const event: NewEvent = {
      type: 'finding.suppressed',
      actor: operatorActor(operatorId),
      ...(finding.deviceId !== null && { deviceId: finding.deviceId }),
      data: { findingId, check: finding.check, until: instant(until) },
    }
    await recordEvents(tx, [{ ...event, note }])
  })
  return readFinding(database, findingId, new Date(now))
}
