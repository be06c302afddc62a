import Type, { type Static } from 'typebox'
import { COMMAND_TYPES } from '../domain/command-types.ts'
import { type DeviceAct, DEVICE_STATES } from '../domain/device-lifecycle.ts'
import { REASONS } from '../domain/reasons.ts'
import { type Permission, type Role, isPermitted } from '../domain/permissions.ts'
import { SanadError } from '../text/problems.ts'
import {
  CommandToGive,
  DEFAULT_LIFE_HOURS,
  LONGEST_LIFE_HOURS,
  permissionForCommand,
} from './commands.ts'
import { DeviceFilter } from './devices.ts'
import {
  Count,
  Country,
  Cursor,
  Environment,
  Instant,
  PageLimit,
  Uuid,
  closed,
  nullable,
} from '../text/fields.ts'
import { UUID_PATTERN } from '../text/uuid.ts'
import { StateCounts } from './models.ts'

/** One act on many devices: asked for at once, worked off in the background, followed while it runs. */

const optional = Type.Optional

export const BULK_ACTS = [
  'suspend',
  'resume',
  'deregister',
  'block',
  'assign-group',
  'rotate-key',
  'send-command',
] as const
export type BulkActName = (typeof BULK_ACTS)[number]

/** Acts of a device’s life. */
export const isDeviceAct = (act: BulkActName): act is Extract<BulkActName, DeviceAct> =>
  act === 'suspend' || act === 'resume' || act === 'deregister' || act === 'block'

export const BULK_ACT_STATES = ['queued', 'running', 'finished', 'cancelled', 'failed'] as const
export type BulkActState = (typeof BULK_ACT_STATES)[number]

/** So many can be named one by one; beyond, a filter or a file names them. */
export const MOST_NAMED_DEVICES = 1_000
/** A command to more devices is a campaign: it keeps a rate, and stops when too much fails. */
export const MOST_COMMANDED_DEVICES = 10_000

/** Devices that are named, or all that fit a filter. */
export const DeviceSelection = Type.Union([
  Type.Object(
    {
      deviceIds: Type.Array(Uuid, {
        minItems: 1,
        maxItems: MOST_NAMED_DEVICES,
        uniqueItems: true,
      }),
    },
    closed,
  ),
  Type.Object({ filter: DeviceFilter }, closed),
])
export type DeviceSelection = Static<typeof DeviceSelection>

const what = {
  act: Type.Enum(BULK_ACTS),
  /** Of every act but `assign-group` and `send-command`. */
  reason: optional(Type.Enum(REASONS)),
  /** Of `assign-group`; `none` takes devices out of their group. */
  groupId: optional(Type.String({ pattern: `^(?:none|${UUID_PATTERN})$` })),
  /** Of `send-command`. */
  command: optional(CommandToGive),
  /** Of `send-command`: for so long the device may obey. */
  lifeHours: optional(
    Type.Integer({ minimum: 1, maximum: LONGEST_LIFE_HOURS, default: DEFAULT_LIFE_HOURS }),
  ),
  /** Of `rotate-key`: hours to spread the rotations over; the server takes more where the HSM needs more. */
  withinHours: optional(Type.Integer({ minimum: 0, maximum: 720 })),
}

export interface BulkActTerms {
  readonly act: BulkActName
  readonly reason?: (typeof REASONS)[number]
  readonly groupId?: string
  readonly command?: CommandToGive
  readonly lifeHours?: number
  readonly withinHours?: number
}

export const BulkActPreviewBody = Type.Object({ ...what, selection: DeviceSelection }, closed)
export type BulkActPreviewBody = BulkActTerms & { readonly selection: DeviceSelection }

export const NewBulkAct = Type.Object(
  {
    /** The sender’s choice: the same request again makes no second one. */
    bulkActId: Uuid,
    ...what,
    selection: DeviceSelection,
    /** For colleagues; kept beside the record, not in it. */
    note: optional(Type.String({ minLength: 1, maxLength: 280, pattern: '^[^\\p{C}]+$' })),
  },
  closed,
)
/** Typed by hand: the union of commands is made in a loop. */
export type NewBulkAct = BulkActPreviewBody & {
  readonly bulkActId: string
  readonly note?: string
}

const NEEDED: Record<BulkActName, keyof BulkActTerms> = {
  suspend: 'reason',
  resume: 'reason',
  deregister: 'reason',
  block: 'reason',
  'assign-group': 'groupId',
  'rotate-key': 'reason',
  'send-command': 'command',
}

const ALSO: Partial<Record<BulkActName, readonly (keyof BulkActTerms)[]>> = {
  'rotate-key': ['withinHours'],
  'send-command': ['lifeHours'],
}

const TERMS = ['reason', 'groupId', 'command', 'lifeHours', 'withinHours'] as const

/** @throws SanadError `request.malformed` for an act without what it needs, or with what is another’s */
export function requireTerms(terms: BulkActTerms): void {
  const { act } = terms
  if (terms[NEEDED[act]] === undefined)
    throw new SanadError('request.malformed', `body/${NEEDED[act]}: ${act} needs it`)
  const stray = TERMS.find(
    (name) =>
      terms[name] !== undefined && name !== NEEDED[act] && ALSO[act]?.includes(name) !== true,
  )
  if (stray !== undefined)
    throw new SanadError('request.malformed', `body/${stray}: ${act} has none`)
}

const PERMISSION: Record<Exclude<BulkActName, 'send-command'>, Permission> = {
  suspend: 'device:suspend',
  resume: 'device:resume',
  deregister: 'device:deregister',
  block: 'device:block',
  'assign-group': 'group:manage',
  'rotate-key': 'key:rotate',
}

/** What a person needs for an act, besides what the route asks for: as for one device, and more for an end. */
export function permissionsForBulkAct({
  act,
  command,
}: Pick<BulkActTerms, 'act' | 'command'>): readonly Permission[] {
  const ends = act === 'deregister' || act === 'block' || command?.type === 'deregister'
  const ofEnd: readonly Permission[] = ends ? ['bulk-act:end-trust'] : []
  if (act !== 'send-command') return [PERMISSION[act], ...ofEnd]
  const ofCommand: readonly Permission[] =
    command === undefined ? [] : [permissionForCommand(command)]
  return ['command:send', ...ofCommand, ...ofEnd]
}

export const mayDoInBulk = (role: Role, terms: Pick<BulkActTerms, 'act' | 'command'>): boolean =>
  permissionsForBulkAct(terms).every((permission) => isPermitted(role, permission))

// ── Before it is ordered ───────────────────────────────────────────────────────────────────────────

export const BulkActPreview = Type.Object(
  {
    devices: Count,
    /** Of these, those that hold a live channel now. */
    connected: Count,
    states: StateCounts,
    /** The most frequent; `devices` of the others together. */
    models: Type.Array(
      Type.Object(
        { modelId: Uuid, make: Type.String(), model: Type.String(), devices: Count },
        closed,
      ),
    ),
    otherModels: Count,
    /** By the market of their group; null for those without. */
    markets: Type.Array(
      Type.Object(
        { country: nullable(Country), environment: nullable(Environment), devices: Count },
        closed,
      ),
    ),
    /** What the act will do, as far as can be known now. */
    willChange: Count,
    willRefuse: Type.Array(
      Type.Object(
        {
          code: Type.String(),
          state: nullable(Type.Enum(DEVICE_STATES)),
          reason: Type.String(),
          devices: Count,
        },
        closed,
      ),
    ),
    /** In that group already. */
    unchanged: Count,
  },
  closed,
)
export type BulkActPreview = Static<typeof BulkActPreview>

// ── What was ordered ───────────────────────────────────────────────────────────────────────────────

export const BulkActView = Type.Object(
  {
    bulkActId: Uuid,
    act: Type.Enum(BULK_ACTS),
    reason: nullable(Type.Enum(REASONS)),
    /** Of `assign-group`: the group, null for out of any. */
    group: nullable(Type.Object({ groupId: Uuid, name: Type.String() }, closed)),
    commandType: nullable(Type.Enum(COMMAND_TYPES)),
    note: nullable(Type.String()),
    /** Null where devices were named one by one. */
    filter: nullable(DeviceFilter),
    state: Type.Enum(BULK_ACT_STATES),
    /** As counted when it was ordered; devices that came or went since make `done` differ. */
    devices: Count,
    done: Count,
    changed: Count,
    failed: Count,
    createdAt: Instant,
    createdBy: Type.String(),
    startedAt: nullable(Instant),
    finishedAt: nullable(Instant),
    /** Why the whole act ended before its end. */
    failureCode: nullable(Type.String()),
  },
  closed,
)
export type BulkActView = Static<typeof BulkActView>

export const BulkActQuery = Type.Object(
  {
    state: optional(Type.Array(Type.Enum(BULK_ACT_STATES), { maxItems: 5, uniqueItems: true })),
    after: optional(Cursor),
    limit: optional(PageLimit),
  },
  closed,
)
export type BulkActQuery = Static<typeof BulkActQuery>

export const BulkActPage = Type.Object(
  { items: Type.Array(BulkActView), next: nullable(Cursor) },
  closed,
)
export type BulkActPage = Static<typeof BulkActPage>

export const BulkActFailure = Type.Object(
  {
    deviceId: nullable(Uuid),
    serialNo: Type.String(),
    code: Type.String(),
    detail: nullable(Type.String()),
  },
  closed,
)
export type BulkActFailure = Static<typeof BulkActFailure>

export const BulkActFailureQuery = Type.Object(
  { after: optional(Cursor), limit: optional(PageLimit) },
  closed,
)
export type BulkActFailureQuery = Static<typeof BulkActFailureQuery>

export const BulkActFailurePage = Type.Object(
  { items: Type.Array(BulkActFailure), next: nullable(Cursor) },
  closed,
)
export type BulkActFailurePage = Static<typeof BulkActFailurePage>
