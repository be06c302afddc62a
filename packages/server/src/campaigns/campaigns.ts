import {
  type CampaignAct,
  type CampaignState,
  campaignLife,
} from '@sanad/protocol/domain/campaign-lifecycle'
import { type Actor, type NewEvent, operatorActor } from '@sanad/protocol/domain/events'
import { requirePhases } from '@sanad/protocol/operator-api/campaign-phases'
import type { CampaignView, NewCampaign } from '@sanad/protocol/operator-api/campaigns'
import { SanadError } from '@sanad/protocol/text/problems'
import { type RawBuilder, sql } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { recordEvents } from '../record/record-events.ts'
import type { CampaignKind, CampaignKinds } from './campaign-kind.ts'
import './campaign-tables.ts'
import { readCampaign } from './campaign-view.ts'
import { conditionOfTargets, countTargets, gatherDevices } from './gather-devices.ts'
import { pauseCampaign, resumeCampaign, stopCampaign } from './halt-campaign.ts'
import { type HeldCampaign, holdUnfinished } from './held-campaign.ts'
import { insertCampaign, kindOf, termsOf } from './insert-campaign.ts'

/** Operators create, pause, resume and stop campaigns. */

export interface CampaignsOptions {
  readonly database: Database
  readonly kinds: CampaignKinds
  readonly clock: Clock
  /** Devices that are gathered in the request. */
  readonly mostAtOnce?: number
}

/** Gathered in a tenth of a second, as long as any other request takes; what is more is gathered afterwards. */
const MOST_GATHERED_AT_ONCE = 5_000

export class Campaigns {
  readonly #options: CampaignsOptions

  constructor(options: CampaignsOptions) {
    this.#options = options
  }

  /**
   * Whom it is for is settled now, but for a continuing one; where that are many, they are gathered afterwards by
   * `fillCampaigns`. The same request again makes no second one.
   *
   * @throws SanadError `request.malformed`, `request.conflict`, `command.refused`
   */
  async create(campaign: NewCampaign, operatorId: string): Promise<CampaignView> {
    const { database, kinds, clock, mostAtOnce = MOST_GATHERED_AT_ONCE } = this.#options
    const kind = kinds[kindOf(campaign)]
    check(kind, campaign)
    const targets = await conditionOfTargets(database, campaign, clock())
    const matching = sql<boolean>`${targets} and ${kind.canBeTold}`
    const expected = await countTargets(database, sql<boolean>`${targets} and ${kind.isExpected}`)
    await database.transaction().execute(async (tx) => {
      const now = clock()
      if (!(await insertCampaign(tx, campaign, operatorId, now))) return
      const devices =
        campaign.filter !== undefined && expected > mostAtOnce
          ? await openToFill(tx, campaign.campaignId, expected)
          : await gatherAll(tx, campaign.campaignId, matching, now)
      const opened = { ...campaign, terms: termsOf(campaign), phase: 0, createdBy: operatorId }
      const events = (await kind.open?.(tx, opened, devices, now)) ?? []
      const created = createdEvent(campaign, devices, operatorId)
      await recordEvents(tx, [{ ...created, note: campaign.note }, ...events])
    })
    return readCampaign(this.#options, campaign.campaignId)
  }

  /** What was sent is not called back; what waits, waits. @throws SanadError `campaign.not-found`, `campaign.state-refused` */
  pause(campaignId: string, operatorId: string): Promise<CampaignView> {
    return this.#act(campaignId, 'pause', (tx, kind, held) =>
      pauseCampaign(tx, kind, held, 'operator', operatorActor(operatorId)),
    )
  }

  /** @throws SanadError `campaign.not-found`, `campaign.state-refused` */
  resume(campaignId: string, operatorId: string): Promise<CampaignView> {
    return this.#act(campaignId, 'resume', (tx, kind, held) =>
      resumeCampaign(tx, kind, held, operatorActor(operatorId), this.#options.clock()),
    )
  }

  /** For good. What is not sent yet is cancelled. @throws SanadError `campaign.not-found`, `campaign.state-refused` */
  stop(campaignId: string, operatorId: string): Promise<CampaignView> {
    return this.#act(campaignId, 'stop', (tx, kind, held) =>
      stopCampaign(tx, kind, held, 'operator', operatorActor(operatorId), this.#options.clock()),
    )
  }

  async #act(
    campaignId: string,
    act: CampaignAct,
    change: (tx: DatabaseTransaction, kind: CampaignKind, held: HeldCampaign) => Promise<NewEvent>,
  ): Promise<CampaignView> {
    const { database, kinds } = this.#options
    await database.transaction().execute(async (tx) => {
      const held = await holdUnfinished(tx, campaignId)
      if (held === undefined) throw await refusalOf(tx, campaignId, act)
      await recordEvents(tx, [await change(tx, kinds[held.kind], held)])
    })
    return readCampaign(this.#options, campaignId)
  }
}

/** Of one that is over, or was never there. */
async function refusalOf(
  tx: DatabaseTransaction,
  campaignId: string,
  act: CampaignAct,
): Promise<unknown> {
  const row = await tx
    .selectFrom('campaign')
    .select('state')
    .where('campaign_id', '=', campaignId)
    .executeTakeFirst()
  if (row === undefined) return new SanadError('campaign.not-found')
  campaignLife.next(row.state, act)
  return new Error(`a campaign is over and ${row.state}`)
}

function check(kind: CampaignKind, campaign: NewCampaign): void {
  const { phases, isContinuing = false, deviceIds } = campaign
  kind.check(termsOf(campaign), isContinuing)
  if (phases !== undefined) requirePhases(phases)
  if (isContinuing && deviceIds !== undefined)
    throw new SanadError('request.malformed', 'body/isContinuing: named devices do not grow')
}

function createdEvent(campaign: NewCampaign, devices: number, operatorId: string): NewEvent {
  const { campaignId, command, isContinuing = false } = campaign
  const actor: Actor = operatorActor(operatorId)
  const what = command === undefined ? { kind: kindOf(campaign) } : { commandType: command.type }
  return { type: 'campaign.created', actor, data: { campaignId, ...what, devices, isContinuing } }
}

/** @returns how many are expected */
async function openToFill(
  tx: DatabaseTransaction,
  campaignId: string,
  expected: number,
): Promise<number> {
  await tx.updateTable('campaign').set({ expected }).where('campaign_id', '=', campaignId).execute()
  return expected
}

/** @returns how many there are */
async function gatherAll(
  tx: DatabaseTransaction,
  campaignId: string,
  matching: RawBuilder<boolean>,
  now: number,
): Promise<number> {
  const devices = await gatherDevices(tx, campaignId, matching, now)
  await tx
    .updateTable('campaign')
    .set({ expected: devices, filled_at: new Date(now) })
    .where('campaign_id', '=', campaignId)
    .execute()
  return devices
}

/**
 * Before a command of it is ordered again: a stopped campaign sends nothing more, and a finished one is counted again.
 *
 * @throws SanadError `campaign.state-refused`
 */
export async function reopenCampaign(tx: DatabaseTransaction, campaignId: string): Promise<void> {
  const { rows } = await sql<{ state: CampaignState }>`
    update campaign set final_counts = null where campaign_id = ${campaignId}::uuid
    returning state`.execute(tx)
  if (rows[0]?.state === 'stopped') throw new SanadError('campaign.state-refused', 'stopped')
}
