import Type, { type Static } from 'typebox'
import { COMMANDS, ClientConfiguration } from '../domain/commands.ts'
import { COMMAND_TYPES, type CommandType } from '../domain/command-types.ts'
import { COMMAND_STATES } from '../domain/command-lifecycle.ts'
import { COMMAND_FAILURES, SelfTestResult } from '../domain/command-report.ts'
import { LEAK_KINDS } from '../domain/leak-tripwire.ts'
import type { Permission } from '../domain/permissions.ts'
import {
  Count,
  Cursor,
  Instant,
  PageLimit,
  SerialNo,
  Sha256,
  Uuid,
  Note,
  closed,
  nullable,
} from '../text/fields.ts'

/** Commands to devices, as operators order and see them. */

const optional = Type.Optional

/** Of the device, in its local time. */
export const MaintenanceWindow = Type.Required(ClientConfiguration).properties.maintenanceWindow
export type MaintenanceWindow = Static<typeof MaintenanceWindow>

/** What is to be done: a type, and a body of the schema of that type. */
export const CommandToGive = Type.Unsafe<CommandToGive>(
  Type.Union(
    COMMAND_TYPES.map((type) =>
      Type.Object({ type: Type.Literal(type), body: COMMANDS[type] }, closed),
    ),
  ),
)
/** Typed by hand: the union is made in a loop. */
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

/** Members of every order: what is to be done, and within what time. */
export const Order = {
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
export type NewCommandOrder = Static<typeof NewCommandOrder>

export const CommandOrderView = Type.Object(
  {
    orderId: Uuid,
    commands: Type.Array(Type.Object({ commandId: Uuid, deviceId: Uuid }, closed)),
  },
  closed,
)
export type CommandOrderView = Static<typeof CommandOrderView>

const LATE_STATES = ['succeeded', 'failed', 'refused'] as const

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

const CommandResult = Type.Object(
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
    /** Times that it was numbered and signed again. */
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
