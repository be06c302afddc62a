import type { CommandState } from '@sanad/protocol/domain/command-lifecycle'
import { sql } from 'kysely'
import { readId } from '../platform/cursor.ts'
import type { Database } from '../platform/database.ts'
import { outcomesOf, stateOf } from './campaign-orders.ts'
import './rotation-tables.ts'

/** Whom a campaign told to rotate, device by device, in the words of commands. */

interface Row {
  readonly deviceId: string
  readonly phase: number
  readonly outcome: string | null
  readonly endedAt: Date | null
}

export interface CampaignRotationOf {
  readonly deviceId: string
  readonly phase: number
  readonly state: CommandState
  /** A device does not say why it has not rotated. */
  readonly failure: null
  readonly commandId: null
  readonly endedAt: Date | null
  readonly place: string
}

const COLUMNS = sql`device_id as "deviceId", coalesce(campaign_phase, 0) as phase, outcome,
  settled_at as "endedAt"`

export async function readRotationsOf(
  database: Database,
  orderId: string,
  deviceIds: readonly string[],
): Promise<readonly CampaignRotationOf[]> {
  const { rows } = await sql<Row>`
    select ${COLUMNS} from rotation_order_device
    where order_id = ${orderId}::uuid and device_id = any(${deviceIds}::uuid[])`.execute(database)
  return rows.map(toldOf)
}

interface Page {
  readonly campaignId: string
  readonly state: CommandState
  readonly after: string | undefined
  readonly limit: number
}

/** In the order of device ids: one short index scan for each outcome that means this state. @throws SanadError `request.malformed` */
export async function listRotationsInState(
  database: Database,
  { campaignId, state, after, limit }: Page,
): Promise<readonly CampaignRotationOf[]> {
  const behind = after === undefined ? sql`true` : sql`device_id > ${readId(after, 'uuid')}`
  // Nothing of a rotation is, for example, refused.
  const heads = outcomesOf(state).map(
    (outcome) => sql`(select ${COLUMNS} from rotation_order_device
      where order_id = ${campaignId}::uuid and ${isOutcome(outcome)} and ${behind}
      order by device_id limit ${limit}::int)`,
  )
  if (heads.length === 0) return []
  const { rows } = await sql<Row>`
    select * from (${sql.join(heads, sql` union all `)}) head
    order by "deviceId" limit ${limit}::int`.execute(database)
  return rows.map(toldOf)
}

const isOutcome = (outcome: string | null) =>
  outcome === null ? sql`outcome is null` : sql`outcome = ${outcome}`

const toldOf = ({ outcome, ...row }: Row): CampaignRotationOf => ({
  ...row,
  state: stateOf(outcome),
  failure: null,
  commandId: null,
  place: row.deviceId,
})
