import type { CampaignDeviceState } from '@sanad/protocol/operator-api/choices'
import type {
  CampaignDevice,
  CampaignDevicePage,
  CampaignDeviceQuery,
} from '@sanad/protocol/operator-api/campaigns'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import '../devices/device-tables.ts'
import '../models/model-tables.ts'
import { decodeCursor, encodeCursor, readId, takePage } from '../platform/cursor.ts'
import type { Database } from '../platform/database.ts'
import { instantOrNull } from '../platform/instant.ts'
import type { CampaignKind, ToldDevice } from './campaign-kind.ts'
import './campaign-tables.ts'
import type { CampaignsToRead } from './campaign-view.ts'

/** The devices of a campaign, one by one: what became of each, and why. A page comes straight from an index. */

/** One device, before its names are read. */
interface Listed {
  readonly deviceId: string
  readonly state: CampaignDeviceState
  readonly told?: ToldDevice
  /** Where it stands in its list. */
  readonly place: string
}

const DEFAULT_LIMIT = 50

/**
 * Of one state, or all in the order of their ids.
 *
 * @throws SanadError `campaign.not-found`, `request.malformed` for a cursor that is none
 */
export async function listCampaignDevices(
  { database, kinds }: CampaignsToRead,
  campaignId: string,
  { state, after, limit = DEFAULT_LIMIT }: CampaignDeviceQuery,
): Promise<CampaignDevicePage> {
  const kind = kinds[await readKind(database, campaignId)]
  const place = after === undefined ? undefined : placeOf(after, state)
  const rows = await listDevices({ database, kind }, { campaignId, state, place, limit: limit + 1 })
  const { items, next } = takePage(rows, limit, (last) =>
    encodeCursor([state ?? EVERY_STATE, last.place]),
  )
  return { items: await nameDevices(database, items), next }
}

const EVERY_STATE = 'all'

/** Each state has an order of its own: a place in one list is none in another. */
function placeOf(cursor: string, state: CampaignDeviceState | undefined): string {
  const [list, place] = decodeCursor(cursor, 2)
  if (list !== (state ?? EVERY_STATE)) throw new SanadError('request.malformed', 'after')
  return place
}

async function readKind(database: Database, campaignId: string) {
  const row = await database
    .selectFrom('campaign')
    .select('kind')
    .where('campaign_id', '=', campaignId)
    .executeTakeFirst()
  if (row === undefined) throw new SanadError('campaign.not-found')
  return row.kind
}

interface Page {
  readonly campaignId: string
  readonly state: CampaignDeviceState | undefined
  readonly place: string | undefined
  readonly limit: number
}

async function listDevices(
  { database, kind }: { readonly database: Database; readonly kind: CampaignKind },
  page: Page,
): Promise<readonly Listed[]> {
  const { campaignId, state, place, limit } = page
  if (state === undefined) return listAll(database, kind, page)
  if (state === 'waiting' || state === 'skipped') {
    const rows = await listMembers(database, page)
    return rows.map(({ deviceId }) => ({ deviceId, state, place: deviceId }))
  }
  const told = await kind.listTold(database, { campaignId, state, after: place, limit })
  return told.map((one) => ({ deviceId: one.deviceId, state, told: one, place: one.place }))
}

async function listAll(
  database: Database,
  kind: CampaignKind,
  page: Page,
): Promise<readonly Listed[]> {
  const members = await listMembers(database, page)
  const ids = members.map(({ deviceId }) => deviceId)
  const told = await kind.readTold(database, page.campaignId, ids)
  const byId = new Map(told.map((one) => [one.deviceId, one]))
  return members.map(({ deviceId, isSkipped }) => {
    const one = byId.get(deviceId)
    if (one !== undefined) return { deviceId, state: one.state, told: one, place: deviceId }
    return { deviceId, state: isSkipped ? 'skipped' : 'waiting', place: deviceId }
  })
}

interface Member {
  readonly deviceId: string
  readonly isSkipped: boolean
}

const OF_STATE = {
  waiting: sql`outcome is null`,
  skipped: sql`outcome = 'skipped'`,
} as const

/** In the order of their ids. */
async function listMembers(
  database: Database,
  { campaignId, state, place, limit }: Page,
): Promise<readonly Member[]> {
  const behind = place === undefined ? sql`true` : sql`device_id > ${readId(place, 'uuid')}`
  const inState = state === 'waiting' || state === 'skipped' ? OF_STATE[state] : sql`true`
  const { rows } = await sql<Member>`
    select device_id as "deviceId", outcome is not distinct from 'skipped' as "isSkipped" from campaign_device
    where campaign_id = ${campaignId}::uuid and ${inState} and ${behind}
    order by device_id limit ${limit}::int`.execute(database)
  return rows
}

async function nameDevices(
  database: Database,
  listed: readonly Listed[],
): Promise<CampaignDevice[]> {
  const { rows } = await sql<Pick<CampaignDevice, 'deviceId' | 'serialNo' | 'make' | 'model'>>`
    select d.device_id as "deviceId", d.serial_no as "serialNo", m.make, m.model
    from device d join device_model m using (model_id)
    where d.device_id = any(${listed.map(({ deviceId }) => deviceId)}::uuid[])`.execute(database)
  const names = new Map(rows.map((row) => [row.deviceId, row]))
  return listed.flatMap(({ deviceId, state, told }) => {
    const name = names.get(deviceId)
    return name === undefined ? [] : [{ ...name, state, ...storyOf(told) }]
  })
}

const storyOf = (told: ToldDevice | undefined) => ({
  phase: told === undefined ? null : told.phase + 1,
  failure: told?.failure ?? null,
  commandId: told?.commandId ?? null,
  endedAt: instantOrNull(told?.endedAt ?? null),
})
