import Type, { type Static } from 'typebox'
import { CAMPAIGN_STATES } from '../domain/campaign-lifecycle.ts'
import { COMMAND_STATES } from '../domain/command-lifecycle.ts'
import { CAMPAIGN_DEVICE_STATES } from './choices.ts'
import { COMMAND_FAILURES } from '../domain/command-report.ts'
import { COMMAND_TYPES } from '../domain/command-types.ts'
import { REASONS } from '../domain/reasons.ts'
import type { Permission } from '../domain/permissions.ts'
import {
  Count,
  Cursor,
  Instant,
  Label,
  PageLimit,
  SerialNo,
  Uuid,
  closed,
  nullable,
} from '../text/fields.ts'
import { CampaignPhase, ErrorThreshold } from './campaign-phases.ts'
import { MaintenanceWindow, Order, permissionForCommand } from './commands.ts'
import { DeviceFilter } from './devices.ts'
import { Filling } from './filling.ts'

/** Campaigns, as operators order and see them. */

const optional = Type.Optional

/** What a campaign can do to its devices. */
export const CAMPAIGN_KINDS = ['command', 'rotation'] as const
export type CampaignKindName = (typeof CAMPAIGN_KINDS)[number]

export const RotationToOrder = Type.Object({ reason: Type.Enum(REASONS) }, closed)
export type RotationToOrder = Static<typeof RotationToOrder>

/** So many devices can be named one by one; beyond, a group or a filter names them. */
const MOST_NAMED_DEVICES_OF_CAMPAIGN = 1_000
const MOST_PER_MINUTE = 60_000
const MOST_PHASES = 10

const Targets = {
  /** One of both: a filter, or devices named one by one. */
  filter: optional(DeviceFilter),
  deviceIds: optional(
    Type.Array(Uuid, { minItems: 1, maxItems: MOST_NAMED_DEVICES_OF_CAMPAIGN, uniqueItems: true }),
  ),
}

export const NewCampaign = Type.Object(
  {
    /** The sender’s choice: the same request again makes no second one. */
    campaignId: Uuid,
    name: Label,
    ...Targets,
    /** With a filter: devices that come to match later are told too, until the campaign is stopped. */
    isContinuing: optional(Type.Boolean({ default: false })),
    perMinute: Type.Integer({ minimum: 1, maximum: MOST_PER_MINUTE }),
    /** For the whole campaign, whatever its phases allow. */
    abort: ErrorThreshold,
    /** One after the other; without any, all devices are told at the rate. */
    phases: optional(Type.Array(CampaignPhase, { minItems: 1, maxItems: MOST_PHASES })),
    ...Order,
    /** One of both: a command, or an order to rotate the key. */
    command: optional(Order.command),
    rotation: optional(RotationToOrder),
  },
  closed,
)
export type NewCampaign = Static<typeof NewCampaign>

/** What a person needs who orders it, besides what the route asks for. */
export const permissionForCampaign = ({ command }: Pick<NewCampaign, 'command'>): Permission =>
  command === undefined ? 'key:rotate' : permissionForCommand(command)

export const CampaignPreviewBody = Type.Object(
  {
    ...Targets,
    /** Without it: `command`. */
    kind: optional(Type.Enum(CAMPAIGN_KINDS)),
  },
  closed,
)
export type CampaignPreviewBody = Static<typeof CampaignPreviewBody>

/** Whom a campaign would be for, if it began now. */
export const CampaignPreview = Type.Object(
  {
    devices: Count,
    /** Of those, devices that cannot be told now: not registered. They are left out. */
    leftOut: Count,
    models: Type.Array(
      Type.Object({ make: Type.String(), model: Type.String(), devices: Count }, closed),
    ),
    sample: Type.Array(Type.Object({ deviceId: Uuid, serialNo: SerialNo }, closed)),
  },
  closed,
)
export type CampaignPreview = Static<typeof CampaignPreview>

/** Devices by what became of them; a rotation that waits for its device is `sent`, one that is done `succeeded`. */
const CampaignCounts = Type.Object(
  {
    /** Not ordered yet. */
    waiting: Count,
    /** Never ordered: too much waited for the device, or its state did not allow it. */
    skipped: Count,
    ...Object.fromEntries(COMMAND_STATES.map((state) => [state, Count])),
  } as Record<'waiting' | 'skipped' | (typeof COMMAND_STATES)[number], typeof Count>,
  closed,
)
export type CampaignCounts = Static<typeof CampaignCounts>

export const PHASE_STATES = ['ahead', 'running', 'soaking', 'passed'] as const
export type PhaseState = (typeof PHASE_STATES)[number]

/** A phase, and how far it has come. */
export const CampaignPhaseView = Type.Object(
  {
    ...CampaignPhase.properties,
    state: Type.Enum(PHASE_STATES),
    /** Devices told by its end, counted from the first phase on; null: all. */
    upTo: nullable(Count),
    told: Count,
    /** Told and not over yet. */
    open: Count,
    succeeded: Count,
    /** Failed or refused. */
    failed: Count,
    /** Expired or cancelled: they count for neither side of a threshold. */
    lapsed: Count,
    /** While it soaks: the next phase does not begin before. */
    soaksUntil: nullable(Instant),
  },
  closed,
)
export type CampaignPhaseView = Static<typeof CampaignPhaseView>

export const PAUSE_REASONS = ['operator', 'failures', 'too-few-succeeded'] as const
export type PauseReason = (typeof PAUSE_REASONS)[number]

export const CampaignView = Type.Object(
  {
    campaignId: Uuid,
    name: Label,
    kind: Type.Enum(CAMPAIGN_KINDS),
    /** Of a campaign of commands. */
    type: nullable(Type.Enum(COMMAND_TYPES)),
    /** The body of the command, or the reason of the rotation. */
    body: Type.Unknown(),
    /** Null where devices were named one by one. */
    filter: nullable(DeviceFilter),
    isContinuing: Type.Boolean(),
    perMinute: Count,
    abort: ErrorThreshold,
    phases: Type.Array(CampaignPhaseView),
    lifeHours: Count,
    maintenanceWindow: nullable(MaintenanceWindow),
    state: Type.Enum(CAMPAIGN_STATES),
    pausedBecause: nullable(Type.Enum(PAUSE_REASONS)),
    stoppedBecause: nullable(Type.Enum(['operator', 'failures'])),
    createdAt: Instant,
    createdBy: Type.String(),
    /** When the last of its orders was over. */
    finishedAt: nullable(Instant),
    /** Gathered so far. */
    devices: Count,
    /** Null: all are gathered that matched when it was created. */
    filling: nullable(Filling),
    counts: CampaignCounts,
  },
  closed,
)
export type CampaignView = Static<typeof CampaignView>

export const CampaignQuery = Type.Object(
  { after: optional(Cursor), limit: optional(PageLimit) },
  closed,
)
export const CampaignPage = Type.Object(
  { items: Type.Array(CampaignView), next: nullable(Cursor) },
  closed,
)
export type CampaignPage = Static<typeof CampaignPage>

export const CampaignDevice = Type.Object(
  {
    deviceId: Uuid,
    serialNo: SerialNo,
    make: Type.String(),
    model: Type.String(),
    state: Type.Enum(CAMPAIGN_DEVICE_STATES),
    /** In which phase it was told, counted from 1; null: it was not told. */
    phase: nullable(Type.Integer({ minimum: 1 })),
    /** Why it failed or refused. */
    failure: nullable(Type.Enum(COMMAND_FAILURES)),
    /** Of a campaign of commands: the command that the device was sent. */
    commandId: nullable(Uuid),
    /** When it ended; null: it has not. */
    endedAt: nullable(Instant),
  },
  closed,
)
export type CampaignDevice = Static<typeof CampaignDevice>

export const CampaignDeviceQuery = Type.Object(
  {
    /** Only devices in this state. */
    state: optional(Type.Enum(CAMPAIGN_DEVICE_STATES)),
    after: optional(Cursor),
    limit: optional(PageLimit),
  },
  closed,
)
export type CampaignDeviceQuery = Static<typeof CampaignDeviceQuery>

export const CampaignDevicePage = Type.Object(
  { items: Type.Array(CampaignDevice), next: nullable(Cursor) },
  closed,
)
export type CampaignDevicePage = Static<typeof CampaignDevicePage>
