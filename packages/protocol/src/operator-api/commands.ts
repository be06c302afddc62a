import Type, { type Static } from 'typebox'
import {
  COMMANDS,
  COMMAND_FAILURES,
  COMMAND_STATES,
  COMMAND_TYPES,
  type CommandType,
  ClientConfiguration,
  SelfTestResult,
} from '../domain/commands.ts'
import { LEAK_KINDS } from '../domain/leak-tripwire.ts'
import type { Permission } from '../domain/permissions.ts'
import { DeviceFilter } from './devices.ts'
import { Filling } from './filling.ts'
import {
  Count,
  Cursor,
  Instant,
  Label,
  PageLimit,
  SerialNo,
  Sha256,
  Uuid,
  Note,
  closed,
} from '../text/fields.ts'

/** Commands to devices, one by one and in campaigns, as operators order and see them. */

const nullable = <const S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()])
const optional = Type.Optional

/** Of the device, in its local time. */
export const MaintenanceWindow = Type.Required(ClientConfiguration).properties.maintenanceWindow
export type MaintenanceWindow = Static<typeof MaintenanceWindow>

/** What is to be done: a type, and a body of the schema of that type. */
export const CommandToGive = Type.Union(
  COMMAND_TYPES.map((type) =>
    Type.Object({ type: Type.Literal(type), body: COMMANDS[type] }, closed),
  ),
)
/** Typed by hand: the union above is made in a loop. */
export interface CommandToGive {
  readonly type: CommandType
  readonly body: object
}

/** What somebody needs who orders it, besides what the route asks for. */
export function permissionForCommand({ type, body }: CommandToGive): Permission {
  switch (type) {
    case 'deregister':
      return 'device:deregister'
    case 'rotate-key':
      return 'key:rotate'
    case 'synchronise-time':
      // A clock set back makes expired certificates and commands valid again for it.
      return 'mode' in body && body.mode === 'reset' ? 'time:reset' : 'command:send'
    case 'collect-information':
    case 'update-software':
    case 'apply-configuration':
    case 'collect-logs':
    case 'restart-service':
    case 'run-self-test':
      return 'command:send'
  }
}

// ── Orders ─────────────────────────────────────────────────────────────────────────────────────────

/** A command waits for its device for a month at most. */
export const LONGEST_LIFE_HOURS = 720
export const DEFAULT_LIFE_HOURS = 72

const Order = {
  command: CommandToGive,
  /** For so long it may be obeyed. */
  lifeHours: optional(
    Type.Integer({ minimum: 1, maximum: LONGEST_LIFE_HOURS, default: DEFAULT_LIFE_HOURS }),
  ),
  maintenanceWindow: optional(MaintenanceWindow),
  note: optional(Note),
}

export const NewCommandOrder = Type.Object(
  {
    /** The sender’s choice: the same request again orders nothing more. */
    orderId: Uuid,
    deviceIds: Type.Array(Uuid, { minItems: 1, maxItems: 1000, uniqueItems: true }),
    /** Now, where there is none. */
    notBefore: optional(Instant),
    ...Order,
  },
  closed,
)
export type NewCommandOrder = Omit<Static<typeof NewCommandOrder>, 'command'> & {
  readonly command: CommandToGive
}

export const CommandOrderView = Type.Object(
  {
    orderId: Uuid,
    commands: Type.Array(Type.Object({ commandId: Uuid, deviceId: Uuid }, closed)),
  },
  closed,
)
export type CommandOrderView = Static<typeof CommandOrderView>

export const LATE_STATES = ['succeeded', 'failed', 'refused'] as const

export const CommandListItem = Type.Object(
  {
    commandId: Uuid,
    deviceId: Uuid,
    serialNo: SerialNo,
    make: Type.String(),
    model: Type.String(),
    type: Type.Enum(COMMAND_TYPES),
    state: Type.Enum(COMMAND_STATES),
    campaignId: nullable(Uuid),
    orderedAt: Instant,
    orderedBy: Type.String(),
    notBefore: Instant,
    notAfter: Instant,
    sentAt: nullable(Instant),
    acknowledgedAt: nullable(Instant),
    /** Percent, while it is being done. */
    progress: nullable(Type.Integer({ minimum: 0, maximum: 100 })),
    finishedAt: nullable(Instant),
    failure: nullable(Type.Enum(COMMAND_FAILURES)),
    /** What the device reported when the command had expired or was cancelled already. */
    lateState: nullable(Type.Enum(LATE_STATES)),
    /** The device said "not now", and is asked again then. */
    retryAfter: nullable(Instant),
  },
  closed,
)
export type CommandListItem = Static<typeof CommandListItem>

export const CommandResult = Type.Object(
  {
    selfTests: optional(Type.Array(SelfTestResult, { maxItems: 5 })),
    /** What the device’s own tripwire cut out, and what the server’s did after it. */
    redactions: optional(Count),
    removed: optional(
      Type.Array(Type.Object({ kind: Type.Enum(LEAK_KINDS), occurrences: Count }, closed)),
    ),
  },
  closed,
)
export type CommandResult = Static<typeof CommandResult>

export const CommandView = Type.Object(
  {
    ...CommandListItem.properties,
    body: Type.Unknown(),
    maintenanceWindow: nullable(MaintenanceWindow),
    /** Times that it was numbered and signed anew. */
    attempts: Count,
    retries: Count,
    mayRetry: Type.Boolean(),
    /** As the device knows it; null before it was sent. */
    number: nullable(Count),
    /** The JWS as sent. */
    statement: nullable(Type.String()),
    /** By the device’s own clock. */
    reportedAt: nullable(Instant),
    /** The message with its last report, signed by the device; one with a log is kept by its hash alone. */
    report: nullable(Type.String()),
    reportSha256: nullable(Sha256),
    result: nullable(CommandResult),
    log: nullable(Type.Object({ text: Type.String(), receivedAt: Instant }, closed)),
  },
  closed,
)
export type CommandView = Static<typeof CommandView>

export const CommandParams = Type.Object({ commandId: Uuid }, closed)

export const CommandQuery = Type.Object(
  {
    deviceId: optional(Uuid),
    campaignId: optional(Uuid),
    state: optional(Type.Array(Type.Enum(COMMAND_STATES), { maxItems: 8, uniqueItems: true })),
    type: optional(Type.Array(Type.Enum(COMMAND_TYPES), { maxItems: 9, uniqueItems: true })),
    after: optional(Cursor),
    limit: optional(PageLimit),
  },
  closed,
)
export type CommandQuery = Static<typeof CommandQuery>

export const CommandPage = Type.Object(
  { items: Type.Array(CommandListItem), next: nullable(Cursor) },
  closed,
)
export type CommandPage = Static<typeof CommandPage>

// ── Campaigns ──────────────────────────────────────────────────────────────────────────────────────

export const CAMPAIGN_STATES = ['running', 'paused', 'stopped', 'finished'] as const
export type CampaignState = (typeof CAMPAIGN_STATES)[number]

export const NewCampaign = Type.Object(
  {
    /** The sender’s choice: the same request again makes no second one. */
    campaignId: Uuid,
    name: Label,
    filter: DeviceFilter,
    /** Devices that come to match later are told too, until the campaign is stopped. */
    isContinuing: optional(Type.Boolean({ default: false })),
    perMinute: Type.Integer({ minimum: 1, maximum: 60_000 }),
    abort: Type.Object(
      {
        /** Percent of those that ended. */
        failedPercent: Type.Integer({ minimum: 1, maximum: 100 }),
        /** Of at least so many that ended. */
        ofAtLeast: Type.Integer({ minimum: 1, maximum: 100_000 }),
      },
      closed,
    ),
    ...Order,
  },
  closed,
)
export type NewCampaign = Omit<Static<typeof NewCampaign>, 'command'> & {
  readonly command: CommandToGive
}

export const CampaignPreviewBody = Type.Object({ filter: DeviceFilter }, closed)

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

export const CampaignView = Type.Object(
  {
    campaignId: Uuid,
    name: Label,
    type: Type.Enum(COMMAND_TYPES),
    body: Type.Unknown(),
    filter: DeviceFilter,
    isContinuing: Type.Boolean(),
    perMinute: Count,
    abort: Type.Object({ failedPercent: Count, ofAtLeast: Count }, closed),
    lifeHours: Count,
    maintenanceWindow: nullable(MaintenanceWindow),
    state: Type.Enum(CAMPAIGN_STATES),
    stoppedBecause: nullable(Type.Enum(['operator', 'failures'])),
    createdAt: Instant,
    createdBy: Type.String(),
    /** When the last of its commands was over. */
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

export const CampaignParams = Type.Object({ campaignId: Uuid }, closed)
export const CampaignQuery = Type.Object(
  { after: optional(Cursor), limit: optional(PageLimit) },
  closed,
)
export const CampaignPage = Type.Object(
  { items: Type.Array(CampaignView), next: nullable(Cursor) },
  closed,
)
export type CampaignPage = Static<typeof CampaignPage>
