import type { CampaignState } from '@sanad/protocol/domain/campaign-lifecycle'
import type { CampaignPhase } from '@sanad/protocol/operator-api/campaign-phases'
import type {
  CampaignCounts,
  CampaignKindName,
  CampaignPage,
  CampaignPhaseView,
  CampaignView,
  PauseReason,
} from '@sanad/protocol/operator-api/campaigns'
import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import { SanadError } from '@sanad/protocol/text/problems'
import { type RawBuilder, sql } from 'kysely'
import '../operators/operator-tables.ts'
import { encodePlace, isBehind, takePage } from '../platform/cursor.ts'
import type { Database } from '../platform/database.ts'
import { instant, instantOrNull } from '../platform/instant.ts'
import { countCampaign } from './campaign-counts.ts'
import type { CampaignKinds, CampaignTerms } from './campaign-kind.ts'
import './campaign-tables.ts'

/** Campaigns as operators see them: newest first, with how far each has come. */

interface Row {
  readonly campaignId: string
  readonly name: string
  readonly kind: CampaignKindName
  readonly terms: CampaignTerms
  readonly filter: DeviceFilter | null
  readonly isContinuing: boolean
  readonly perMinute: number
  readonly abort: CampaignView['abort']
  readonly phases: readonly CampaignPhase[]
  readonly phase: number
  readonly phaseToldAt: Date | null
  readonly state: CampaignState
  readonly pausedBecause: PauseReason | null
  readonly stoppedBecause: 'operator' | 'failures' | null
  readonly createdAt: Date
  readonly createdBy: string
  readonly finishedAt: Date | null
  readonly devices: number
  readonly expected: number
  readonly isFilled: boolean
  readonly finalCounts: CampaignCounts | null
  readonly finalPhases: CampaignPhaseView[] | null
}

const DEFAULT_LIMIT = 50

export interface CampaignsToRead {
  readonly database: Database
  readonly kinds: CampaignKinds
}

/** @throws SanadError `request.malformed` for a cursor that is none */
export async function listCampaigns(
  { database, kinds }: CampaignsToRead,
  { after, limit = DEFAULT_LIMIT }: { readonly after?: string; readonly limit?: number },
): Promise<CampaignPage> {
  const place =
    after === undefined ? sql`true` : isBehind(after, sql`(k.created_at, k.campaign_id)`)
  const rows = await readRows(database, place, limit + 1)
  const { items, next } = takePage(rows, limit, (last) =>
    encodePlace(last.createdAt, last.campaignId),
  )
  return { items: await Promise.all(items.map((row) => viewOf(database, kinds, row))), next }
}

/** @throws SanadError `campaign.not-found` */
export async function readCampaign(
  { database, kinds }: CampaignsToRead,
  campaignId: string,
): Promise<CampaignView> {
  const [row] = await readRows(database, sql`k.campaign_id = ${campaignId}::uuid`, 1)
  if (row === undefined) throw new SanadError('campaign.not-found')
  return viewOf(database, kinds, row)
}

async function readRows(
  database: Database,
  place: RawBuilder<unknown>,
  limit: number,
): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select k.campaign_id as "campaignId", k.name, k.kind, k.terms, k.filter, k.is_continuing as "isContinuing",
      k.per_minute as "perMinute", json_build_object('failedPercent', k.abort_percent,
        'ofAtLeast', k.abort_least, 'action', k.abort_action) as abort,
      k.phases, k.phase, k.phase_told_at as "phaseToldAt", k.state, k.paused_because as "pausedBecause",
      k.stopped_because as "stoppedBecause", k.created_at as "createdAt", o.name as "createdBy",
      k.finished_at as "finishedAt", k.devices, k.expected, k.filled_at is not null as "isFilled",
      k.final_counts as "finalCounts", k.final_phases as "finalPhases"
    from campaign k join operator o on o.operator_id = k.created_by
    where ${place}
    order by k.created_at desc, k.campaign_id desc limit ${limit}::int`.execute(database)
  return rows
}

async function viewOf(database: Database, kinds: CampaignKinds, row: Row): Promise<CampaignView> {
  const { kind, finalCounts, finalPhases } = row
  const { counts, phases } =
    finalCounts === null || finalPhases === null
      ? await countCampaign(database, kinds[kind], row)
      : { counts: finalCounts, phases: finalPhases }
  return { ...termsOf(row), ...standingOf(row), counts, phases: [...phases] }
}

const termsOf = ({ terms, ...row }: Row) => ({
  campaignId: row.campaignId,
  name: row.name,
  kind: row.kind,
  type: terms.command?.type ?? null,
  body: terms.command?.body ?? terms.rotation,
  filter: row.filter,
  isContinuing: row.isContinuing,
  perMinute: row.perMinute,
  abort: row.abort,
  lifeHours: terms.lifeSeconds / 3600,
  maintenanceWindow: terms.maintenanceWindow,
  createdAt: instant(row.createdAt),
  createdBy: row.createdBy,
})

const standingOf = (row: Row) => ({
  state: row.state,
  pausedBecause: row.pausedBecause,
  stoppedBecause: row.stoppedBecause,
  finishedAt: instantOrNull(row.finishedAt),
  devices: row.devices,
  filling: row.isFilled ? null : { done: row.devices, devices: row.expected },
})
