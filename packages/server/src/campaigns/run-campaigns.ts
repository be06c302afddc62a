import type { NewEvent } from '@sanad/protocol/domain/events'
import { ONE_PHASE, sizeOfPhase } from '@sanad/protocol/operator-api/campaign-phases'
import { sql } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import type { Job } from '../platform/schedule.ts'
import { recordEvents } from '../record/record-events.ts'
import type { CampaignKind, CampaignKinds, Outcome } from './campaign-kind.ts'
import './campaign-tables.ts'
import { type Next, type Standing, decideNext } from './decide-next.ts'
import { finishCampaign } from './finish-campaign.ts'
import { gatherNew } from './gather-devices.ts'
import { pauseCampaign, stopCampaign } from './halt-campaign.ts'
import { type HeldCampaign, allDevicesOf, holdUnfinished } from './held-campaign.ts'
import { since, tally, toldOf } from './tallies.ts'
import { tellDevices } from './tell-devices.ts'

/**
 * Runs campaigns: each takes one step after the other, a transaction each, until it has to wait. A server that dies
 * between two of them, or within one, leaves a campaign that another continues.
 */

export interface RunOptions {
  readonly database: Database
  readonly kinds: CampaignKinds
  readonly clock: Clock
}

const EVERY_MS = 5_000

export const campaignsJob = (options: RunOptions): Job => ({
  name: 'campaigns',
  everyMs: EVERY_MS,
  run: (signal) => runCampaigns(options, signal),
})

export async function runCampaigns(options: RunOptions, signal?: AbortSignal): Promise<void> {
  const rows = await options.database
    .selectFrom('campaign')
    .select('campaign_id')
    .where('finished_at', 'is', null)
    .execute()
  for (const { campaign_id: campaignId } of rows) {
    if (isOver(signal)) return
    await gatherNew(options.database, options.kinds, campaignId, options.clock())
    await runOne(options, campaignId, signal)
  }
}

const isOver = (signal: AbortSignal | undefined): boolean => signal?.aborted === true

/** What ended is counted once for each run and phase: a million commands take a fifth of a second to count. */
async function runOne(
  { database, kinds, clock }: RunOptions,
  campaignId: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  let counted: readonly Outcome[] | undefined
  for (let goesOn = true; goesOn && !isOver(signal);)
    goesOn = await database.transaction().execute(async (tx) => {
      const campaign = await holdUnfinished(tx, campaignId)
      if (campaign === undefined) return false
      const kind = kinds[campaign.kind]
      counted ??= await kind.countOutcomes(tx, campaignId)
      const standing = await standingOf(tx, campaign, counted, clock())
      const step = await take(tx, kind, campaign, decideNext(standing), clock())
      counted = step.told === undefined ? undefined : withTold(counted, campaign.phase, step.told)
      await recordEvents(tx, step.events)
      return step.goesOn
    })
}

const withTold = (counted: readonly Outcome[], phase: number, told: number): readonly Outcome[] => [
  ...counted,
  { phase, state: 'queued', count: told },
]

async function standingOf(
  tx: DatabaseTransaction,
  campaign: HeldCampaign,
  counted: readonly Outcome[],
  now: number,
): Promise<Standing> {
  const { campaignId, state, phases, phase, abort, forgiven, phaseToldAt } = campaign
  const [whole, current] = [tally(counted), tally(counted, phase)]
  const isAccepted = forgiven?.phase === phase
  return {
    state,
    now,
    phase: phases[phase] ?? ONE_PHASE[0] ?? {},
    abort,
    upTo: sizeOfPhase(phases, phase, allDevicesOf(campaign)),
    told: toldOf(whole),
    toldInPhase: toldOf(current),
    toldAt: phaseToldAt?.getTime() ?? null,
    hasWaiting: await hasWaiting(tx, campaignId),
    mayGrow: campaign.isContinuing || !campaign.isFilled,
    isAccepted,
    whole: since(whole, forgiven?.whole),
    current: since(current, isAccepted ? forgiven?.current : undefined),
  }
}

async function hasWaiting(tx: DatabaseTransaction, campaignId: string): Promise<boolean> {
  const { rows } = await sql`
    select where exists (select from campaign_device
      where campaign_id = ${campaignId}::uuid and outcome is null)`.execute(tx)
  return rows.length > 0
}

interface Step {
  readonly goesOn: boolean
  readonly events: readonly NewEvent[]
  /** Devices that were told by it; undefined: count again. */
  readonly told?: number
}

async function take(
  tx: DatabaseTransaction,
  kind: CampaignKind,
  campaign: HeldCampaign,
  next: Next,
  now: number,
): Promise<Step> {
  const { campaignId, phase } = campaign
  switch (next.kind) {
    case 'wait':
      return { goesOn: false, events: [] }
    case 'tell': {
      const { devices, told, events } = await tellDevices(tx, kind, campaign, next.atMost, now)
      return { goesOn: devices > 0, events, told }
    }
    case 'end-telling':
      await tx
        .updateTable('campaign')
        .set({ phase_told_at: new Date(now) })
        .where('campaign_id', '=', campaignId)
        .execute()
      return { goesOn: true, events: [] }
    case 'next-phase':
      return { goesOn: true, events: [await beginPhase(tx, campaignId, phase + 1)] }
    case 'pause':
      return {
        goesOn: false,
        events: [await pauseCampaign(tx, kind, campaign, next.because, 'server')],
      }
    case 'stop':
      return {
        goesOn: false,
        events: [await stopCampaign(tx, kind, campaign, 'failures', 'server', now)],
      }
    case 'finish':
      return { goesOn: false, events: await finishCampaign(tx, kind, campaign, now) }
  }
}

/** The record counts phases from 1, as people do. */
async function beginPhase(
  tx: DatabaseTransaction,
  campaignId: string,
  phase: number,
): Promise<NewEvent> {
  await tx
    .updateTable('campaign')
    .set({ phase, phase_told_at: null })
    .where('campaign_id', '=', campaignId)
    .execute()
  return { type: 'campaign.phase-begun', actor: 'server', data: { campaignId, phase: phase + 1 } }
}
