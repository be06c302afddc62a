import type { CommandState } from '@sanad/protocol/domain/command-lifecycle'
import type { CommandFailure } from '@sanad/protocol/domain/command-report'
import type { NewEvent } from '@sanad/protocol/domain/events'
import type { CampaignKindName, RotationToOrder } from '@sanad/protocol/operator-api/campaigns'
import type { CommandToGive, MaintenanceWindow } from '@sanad/protocol/operator-api/commands'
import type { RawBuilder } from 'kysely'
import type { Database, DatabaseTransaction } from '../platform/database.ts'

/**
 * What a campaign does to its devices. The engine knows targets, rate, phases and thresholds, and nothing of what is
 * done; a kind knows what is done, and nothing of when.
 */

export interface CampaignTerms {
  readonly command?: CommandToGive
  readonly rotation?: RotationToOrder
  /** For so long a device may obey, from the moment on that it is told. */
  readonly lifeSeconds: number
  readonly maintenanceWindow: MaintenanceWindow | null
}

export interface CampaignToTell {
  readonly campaignId: string
  readonly terms: CampaignTerms
  /** Counted from 0. */
  readonly phase: number
  /** The operator who created it. */
  readonly createdBy: string
}

/** Devices in one state of one phase. Every kind speaks of states in the words of commands. */
export interface Outcome {
  readonly phase: number
  readonly state: CommandState
  readonly count: number
}

/** One device that was told, and what became of it. */
export interface ToldDevice {
  readonly deviceId: string
  readonly phase: number
  readonly state: CommandState
  readonly failure: CommandFailure | null
  readonly commandId: string | null
  readonly endedAt: Date | null
  /** Where it stands among those of its state. */
  readonly place: string
}

/** A page of devices in one state, in an order of the kind's own. */
export interface ToldPage {
  readonly campaignId: string
  readonly state: CommandState
  /** The `place` of the last one before. */
  readonly after: string | undefined
  readonly limit: number
}

export interface CampaignKind {
  /** The condition on `d`, a device: one that can be told at all. */
  readonly canBeTold: RawBuilder<boolean>
  /**
   * As `canBeTold`, for counting a million in a fraction of a second: it may be true of a few devices that are left out
   * when they are gathered.
   */
  readonly isExpected: RawBuilder<boolean>
  /** The most that can be told in a minute, now; undefined: as many as the campaign says. */
  readonly mostPerMinute?: () => number

  /** @throws SanadError `request.malformed`, `command.refused` */
  readonly check: (terms: CampaignTerms, isContinuing: boolean) => void
  /**
   * In the transaction that creates the campaign.
   *
   * @param devices as many as are expected
   * @param now milliseconds since the epoch
   */
  readonly open?: (
    tx: DatabaseTransaction,
    campaign: CampaignToTell,
    devices: number,
    now: number,
  ) => Promise<readonly NewEvent[]>
  /**
   * Tells devices, in the transaction that marks them as told: each is told once.
   *
   * @param now milliseconds since the epoch
   * @returns those that were told; the others are skipped
   */
  readonly tell: (
    tx: DatabaseTransaction,
    campaign: CampaignToTell,
    deviceIds: readonly string[],
    now: number,
  ) => Promise<{ readonly told: readonly string[]; readonly events: readonly NewEvent[] }>
  readonly countOutcomes: (
    database: Database | DatabaseTransaction,
    campaignId: string,
  ) => Promise<readonly Outcome[]>
  /** Of these devices, those that were told. */
  readonly readTold: (
    database: Database,
    campaignId: string,
    deviceIds: readonly string[],
  ) => Promise<readonly ToldDevice[]>
  /** Straight from an index. @throws SanadError `request.malformed` for a place that is none */
  readonly listTold: (database: Database, page: ToldPage) => Promise<readonly ToldDevice[]>
  /** Whether anything that was told is not over yet. */
  readonly isAnyOpen: (tx: DatabaseTransaction, campaignId: string) => Promise<boolean>

  /** What waits is not sent while the campaign is paused. */
  readonly hold: (tx: DatabaseTransaction, campaignId: string) => Promise<void>
  readonly release: (tx: DatabaseTransaction, campaignId: string) => Promise<void>
  /** What waits is taken back, by and by. */
  readonly cancel: (tx: DatabaseTransaction, campaignId: string, now: number) => Promise<void>
  /** Nothing of it is open any more. */
  readonly forget: (tx: DatabaseTransaction, campaignId: string) => Promise<void>
}

export type CampaignKinds = Readonly<Record<CampaignKindName, CampaignKind>>
