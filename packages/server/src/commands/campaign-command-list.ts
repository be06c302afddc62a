import type { CommandFailure } from '@sanad/protocol/domain/command-report'
import type { CommandState } from '@sanad/protocol/domain/command-lifecycle'
import { sql } from 'kysely'
import { readId } from '../platform/cursor.ts'
import type { Database } from '../platform/database.ts'
import './command-tables.ts'

/** What a campaign told its devices, device by device: for operators who ask which ones, and why. */

export interface CampaignCommand {
  readonly deviceId: string
  readonly phase: number
  readonly state: CommandState
  readonly failure: CommandFailure | null
  readonly commandId: string
  readonly endedAt: Date | null
  readonly place: string
}

const COLUMNS = sql`device_id as "deviceId", coalesce(campaign_phase, 0) as phase, state, failure,
  command_id as "commandId", finished_at as "endedAt", place::text as place`

/** Of a few devices. A device has few commands, so each is looked up by its device. */
export async function readCommandsOf(
  database: Database,
  campaignId: string,
  deviceIds: readonly string[],
): Promise<readonly CampaignCommand[]> {
  const { rows } = await sql<CampaignCommand>`
    select ${COLUMNS} from command
    where device_id = any(${deviceIds}::uuid[]) and campaign_id = ${campaignId}::uuid`.execute(
    database,
  )
  return rows
}

interface Page {
  readonly campaignId: string
  readonly state: CommandState
  readonly after: string | undefined
  readonly limit: number
}

/** The latest first, off an index. @throws SanadError `request.malformed` */
export async function listCommandsInState(
  database: Database,
  { campaignId, state, after, limit }: Page,
): Promise<readonly CampaignCommand[]> {
  const behind = after === undefined ? sql`true` : sql`place < ${readId(after, 'number')}`
  const { rows } = await sql<CampaignCommand>`
    select ${COLUMNS} from command
    where campaign_id = ${campaignId}::uuid and state = ${state} and ${behind}
    order by command.place desc limit ${limit}::int`.execute(database)
  return rows
}
