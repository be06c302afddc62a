import Type, { type Static } from 'typebox'
import { POLICY_SCOPES } from '../domain/policy-scopes.ts'
import { Count, Instant, Label, Uuid, closed } from '../text/fields.ts'

/** No policy gives a certificate more days; the HSM agent signs none that lives longer. */
export const LONGEST_CERTIFICATE_DAYS = 455

/** How long keys live, how often devices check in, and what happens to those that were away. */

/** What an L1 device may do whose certificate ended while it was offline. */
export const RECOVERIES = ['ftm-proof', 'operator-approval', 'refused'] as const
/** What happens to a device that turns up on another host. */
export const HOST_MOVES = ['recorded', 'suspended'] as const

export const PolicySettings = Type.Object(
  {
    /** MF §1.4, 32: 30 days recommended. */
    rotationDays: Type.Integer({ minimum: 1, maximum: 365 }),
    /** MF §6.4: a packet is judged when it is processed, so a certificate outlives the use of its key. */
    overlapDays: Type.Integer({ minimum: 1, maximum: 90 }),
    /** No certificate lives longer, whatever the two above add up to. */
    maximumCertificateDays: Type.Integer({ minimum: 2, maximum: LONGEST_CERTIFICATE_DAYS }),
    /** The rotation falls in this time before the end of the period, at an instant the device draws. */
    rotationWindowHours: Type.Integer({ minimum: 1, maximum: 720 }),
    /** MF §1.3, 26: at most a day. */
    checkInSeconds: Type.Integer({ minimum: 5, maximum: 86_400 }),
    /** Share of the interval by which a check-in may come early, percent: spreads a fleet. */
    checkInJitterPercent: Type.Integer({ minimum: 0, maximum: 50 }),
    /** Without a check-in for so long, a device is not to be used. */
    longestOfflineDays: Type.Integer({ minimum: 1, maximum: 90 }),
    /** For so long after the end of its certificate a device may recover. */
    graceDays: Type.Integer({ minimum: 0, maximum: 365 }),
    recovery: Type.Enum(RECOVERIES),
    hostMove: Type.Enum(HOST_MOVES),
    /** MF §2.3: RSA alone passes MOSIP’s validators. */
    minimumKeyBits: Type.Enum([2048, 3072, 4096]),
  },
  closed,
)
export type PolicySettings = Static<typeof PolicySettings>

export const DEFAULT_POLICY_SETTINGS: PolicySettings = {
  rotationDays: 30,
  overlapDays: 10,
  maximumCertificateDays: 90,
  rotationWindowHours: 48,
  checkInSeconds: 86_400,
  checkInJitterPercent: 10,
  longestOfflineDays: 7,
  graceDays: 14,
  recovery: 'ftm-proof',
  hostMove: 'recorded',
  minimumKeyBits: 2048,
}

/** What of a policy shortens or lengthens the life of keys, or ends or opens the way back of a device. */
export const KEY_LIFE_SETTINGS = [
  'rotationDays',
  'overlapDays',
  'maximumCertificateDays',
  'graceDays',
  'recovery',
] as const satisfies readonly (keyof PolicySettings)[]

/** Whether keys live as long under the one as under the other. */
export const isSameKeyLife = (one: PolicySettings, other: PolicySettings): boolean =>
  KEY_LIFE_SETTINGS.every((name) => one[name] === other[name])

const PolicyAssignment = Type.Object(
  {
    scope: Type.Enum(POLICY_SCOPES),
    /** None for the whole fleet. */
    targetId: Type.Union([Uuid, Type.Null()]),
    /** Name of the model or group, serial number of the device. */
    name: Type.Union([Type.String(), Type.Null()]),
  },
  closed,
)
export type PolicyAssignment = Static<typeof PolicyAssignment>

export const PolicyVersionView = Type.Object(
  {
    version: Count,
    settings: PolicySettings,
    createdAt: Instant,
    /** The operator’s name; null for the server’s own first version. */
    createdBy: Type.Union([Type.String(), Type.Null()]),
  },
  closed,
)
export type PolicyVersionView = Static<typeof PolicyVersionView>

export const PolicyListItem = Type.Object(
  {
    policyId: Uuid,
    name: Label,
    /** The latest, which is the one in force. */
    version: Count,
    settings: PolicySettings,
    changedAt: Instant,
    assignments: Type.Array(PolicyAssignment),
    /** Devices registered now that follow it. */
    devices: Count,
  },
  closed,
)
export type PolicyListItem = Static<typeof PolicyListItem>

export const PolicyList = Type.Object({ items: Type.Array(PolicyListItem) }, closed)
export type PolicyList = Static<typeof PolicyList>

export const PolicyView = Type.Object(
  {
    ...PolicyListItem.properties,
    /** Newest first. */
    versions: Type.Array(PolicyVersionView),
  },
  closed,
)
export type PolicyView = Static<typeof PolicyView>

export const NewPolicy = Type.Object({ name: Label, settings: PolicySettings }, closed)
export type NewPolicy = Static<typeof NewPolicy>

export const PolicyChange = Type.Object(
  {
    settings: PolicySettings,
    /** The version that was on the screen; a change of another is refused. */
    version: Count,
  },
  closed,
)
export type PolicyChange = Static<typeof PolicyChange>

export const PolicySettingsBody = Type.Object({ settings: PolicySettings }, closed)

/** Whom a change touches, and what would be due or end when: before it is made. */
export const PolicyPreview = Type.Object(
  {
    devices: Count,
    /** Devices whose key would be due for rotation at once. */
    dueAtOnce: Count,
    /** Hours that the HSM needs to sign for those that would be due at once, at the pace the server keeps. */
    pacedHours: Type.Number({ minimum: 0 }),
    /** Registered devices that would be away for longer than allowed. */
    offlineTooLong: Count,
    /** Devices past the end of their certificate that could, or could no more, recover. */
    couldRecover: Count,
    couldNotRecover: Count,
    /** By day from today: keys due now, and under the change. */
    days: Type.Array(Type.Object({ day: Type.String(), asItIs: Count, asProposed: Count }, closed)),
    models: Type.Array(Type.Object({ name: Type.String(), devices: Count }, closed)),
    groups: Type.Array(Type.Object({ name: Type.String(), devices: Count }, closed)),
  },
  closed,
)
export type PolicyPreview = Static<typeof PolicyPreview>

export const NewPolicyAssignment = Type.Object(
  { scope: Type.Enum(POLICY_SCOPES), targetId: Type.Optional(Uuid) },
  closed,
)
export type NewPolicyAssignment = Static<typeof NewPolicyAssignment>
