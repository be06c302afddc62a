import type { CommandState } from '@sanad/protocol/domain/command-lifecycle'
import { isUuid } from '@sanad/protocol/text/uuid'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import type { Database } from '../platform/database.ts'
import { MEANS } from './campaign-orders.ts'
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
  if (after !== undefined && !isUuid(after)) throw new SanadError('request.malformed', 'after')
  const behind = after === undefined ? sql`true` : sql`device_id > ${after}::uuid`
  const heads = conditionsOf(state).map(
    (condition) => sql`(select ${COLUMNS} from rotation_order_device
      where order_id = ${campaignId}::uuid and ${condition} and ${behind}
      order by device_id limit ${limit}::int)`,
  )
  if (heads.length === 0) return []
  const { rows } = await sql<Row>`
    select * from (${sql.join(heads, sql` union all `)}) head
    order by "deviceId" limit ${limit}::int`.execute(database)
  return rows.map(toldOf)
}

/** Nothing of a rotation is, for example, refused. */
function conditionsOf(state: CommandState) {
  if (state === 'sent') return [sql`outcome is null`]
  return Object.entries(MEANS)
    .filter(([, means]) => means === state)
    .map(([outcome]) => sql`outcome = ${outcome}`)
}

const toldOf = ({ outcome, ...row }: Row): CampaignRotationOf => ({
  ...row,
  state: outcome === null ? 'sent' : (MEANS[outcome] ?? 'sent'),
  failure: null,
  commandId: null,
  place: row.deviceId,
})
