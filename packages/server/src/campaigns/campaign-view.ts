import type { MaintenanceWindow } from '@sanad/protocol/operator-api/commands'
import type { CampaignState } from '@sanad/protocol/domain/campaign-lifecycle'
import type {
  CampaignCounts,
  CampaignPage,
  CampaignPreview,
  CampaignView,
} from '@sanad/protocol/operator-api/campaigns'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import type { CommandType } from '@sanad/protocol/domain/commands'
import { SanadError } from '@sanad/protocol/text/problems'
import { type RawBuilder, sql } from 'kysely'
import { conditionOf, resolveFilter } from '../fleet/device-filter.ts'
import { instant, instantOrNull } from '../platform/instant.ts'
import '../operators/operator-tables.ts'
import { encodePlace, isBehind, takePage } from '../platform/cursor.ts'
import type { Database } from '../platform/database.ts'
import { countCampaign } from './campaign-counts.ts'
import './campaign-tables.ts'
import { TELLABLE_DEVICE } from '../commands/tellable-device.ts'

/** Campaigns as operators see them, before they begin and after. */

interface Row {
  readonly campaignId: string
  readonly name: string
  readonly type: CommandType
  readonly body: object
  readonly filter: DeviceFilter
  readonly isContinuing: boolean
  readonly perMinute: number
  readonly failedPercent: number
  readonly ofAtLeast: number
  readonly lifeSeconds: number
  readonly maintenanceWindow: MaintenanceWindow | null
  readonly state: CampaignState
  readonly stoppedBecause: 'operator' | 'failures' | null
  readonly createdAt: Date
  readonly createdBy: string
  readonly finishedAt: Date | null
  readonly devices: number
  readonly expected: number
  readonly isFilled: boolean
  readonly finalCounts: CampaignCounts | null
}

const DEFAULT_LIMIT = 50

/** @throws SanadError `request.malformed` for a cursor that is none */
export async function listCampaigns(
  database: Database,
  { after, limit = DEFAULT_LIMIT }: { readonly after?: string; readonly limit?: number },
): Promise<CampaignPage> {
  const place =
    after === undefined ? sql`true` : isBehind(after, sql`(k.created_at, k.campaign_id)`)
  const rows = await readRows(database, place, limit + 1)
  const { items, next } = takePage(rows, limit, (last) =>
    encodePlace(last.createdAt, last.campaignId),
  )
  return { items: await Promise.all(items.map((row) => describe(database, row))), next }
}

/** @throws SanadError `campaign.not-found` */
export async function readCampaign(database: Database, campaignId: string): Promise<CampaignView> {
  const [row] = await readRows(database, sql`k.campaign_id = ${campaignId}::uuid`, 1)
  if (row === undefined) throw new SanadError('campaign.not-found')
  return describe(database, row)
}

async function readRows(
  database: Database,
  place: RawBuilder<unknown>,
  limit: number,
): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select k.campaign_id as "campaignId", k.name, k.type, k.body, k.filter, k.is_continuing as "isContinuing",
      k.per_minute as "perMinute", k.abort_percent as "failedPercent", k.abort_least as "ofAtLeast",
      k.life_seconds as "lifeSeconds", k.maintenance_window as "maintenanceWindow", k.state,
      k.stopped_because as "stoppedBecause", k.created_at as "createdAt", o.name as "createdBy",
      k.finished_at as "finishedAt", k.devices, k.expected, k.filled_at is not null as "isFilled",
      k.final_counts as "finalCounts"
    from campaign k join operator o on o.operator_id = k.created_by
    where ${place}
    order by k.created_at desc, k.campaign_id desc limit ${limit}::int`.execute(database)
  return rows
}

async function describe(database: Database, row: Row): Promise<CampaignView> {
  const { campaignId, failedPercent, ofAtLeast } = row
  return {
    campaignId,
    name: row.name,
    type: row.type,
    body: row.body,
    filter: row.filter,
    isContinuing: row.isContinuing,
    perMinute: row.perMinute,
    abort: { failedPercent, ofAtLeast },
    lifeHours: row.lifeSeconds / 3600,
    maintenanceWindow: row.maintenanceWindow,
    state: row.state,
    stoppedBecause: row.stoppedBecause,
    createdAt: instant(row.createdAt),
    createdBy: row.createdBy,
    finishedAt: instantOrNull(row.finishedAt),
    devices: row.devices,
    filling: row.isFilled ? null : { done: row.devices, devices: row.expected },
    counts: row.finalCounts ?? (await countCampaign(database, campaignId)),
  }
}

// ── Before it begins ───────────────────────────────────────────────────────────────────────────────

const SAMPLE = 10

export async function previewCampaign(
  database: Database,
  filter: DeviceFilter,
  now: number,
): Promise<CampaignPreview> {
  const matching = conditionOf(await resolveFilter(database, filter, now))
  const { rows: models } = await sql<{
    make: string
    model: string
    devices: number
    leftOut: number
  }>`
    select m.make, m.model, counted.devices, counted.left_out as "leftOut" from (
      select d.model_id, count(*) filter (where ${TELLABLE_DEVICE}) as devices,
        count(*) filter (where not ${TELLABLE_DEVICE}) as left_out
      from device d where ${matching} group by d.model_id
    ) counted join device_model m using (model_id)
    order by counted.devices desc, m.make, m.model`.execute(database)
  const { rows: sample } = await sql<{ deviceId: string; serialNo: string }>`
    select d.device_id as "deviceId", d.serial_no as "serialNo" from device d
    where ${matching} and ${TELLABLE_DEVICE} limit ${SAMPLE}`.execute(database)
  const sum = (read: (row: (typeof models)[number]) => number) =>
    models.reduce((total, row) => total + read(row), 0)
  return {
    devices: sum(({ devices }) => devices),
    leftOut: sum(({ leftOut }) => leftOut),
    models: models
      .filter(({ devices }) => devices > 0)
      .map(({ make, model, devices }) => ({ make, model, devices })),
    sample,
  }
}
