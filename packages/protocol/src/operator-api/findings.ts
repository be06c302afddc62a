import Type, { type Static } from 'typebox'
import { Count, Cursor, Instant, PageLimit, Uuid, Note, closed } from '../text/fields.ts'

/** What the daily audit found: each with a name, a severity and what to do about it. */

const nullable = <const S extends Type.TSchema>(schema: S) => Type.Union([schema, Type.Null()])

export const SEVERITIES = ['bad', 'attention', 'notice'] as const
export type Severity = (typeof SEVERITIES)[number]

/** What can be done about a finding; the portal turns it into a button or a link. */
export const FINDING_ACTIONS = [
  'rotate',
  'look-at-device',
  'deregister',
  'resume-or-block',
  'renew-provider-certificate',
  'look-at-hsm',
  'look-at-revocation-lists',
  'look-at-record',
  'suspend-or-deregister',
  'look-at-ftm-providers',
] as const
export type FindingAction = (typeof FINDING_ACTIONS)[number]

/** Every check of the audit, by its stable name. */
export const CHECKS = {
  'certificate-ending': { severity: 'attention', action: 'look-at-device' },
  'certificate-ended': { severity: 'bad', action: 'look-at-device' },
  'check-in-late': { severity: 'attention', action: 'look-at-device' },
  'certificate-not-in-use': { severity: 'attention', action: 'look-at-device' },
  'rotation-overdue': { severity: 'attention', action: 'rotate' },
  'key-weak': { severity: 'bad', action: 'rotate' },
  'revoked-but-active': { severity: 'bad', action: 'deregister' },
  'certificate-without-record': { severity: 'bad', action: 'look-at-record' },
  'clone-suspected': { severity: 'bad', action: 'resume-or-block' },
  /** Blocked, and heard since: somebody uses it. */
  'blocked-device-heard': { severity: 'bad', action: 'look-at-device' },
  'host-changed': { severity: 'attention', action: 'look-at-device' },
  'purge-unconfirmed': { severity: 'attention', action: 'look-at-device' },
  'provider-certificate-ending': { severity: 'attention', action: 'renew-provider-certificate' },
  'revocation-list-late': { severity: 'bad', action: 'look-at-revocation-lists' },
  /** Its FTM provider revoked the chip of a registered device. */
  'chip-revoked': { severity: 'bad', action: 'suspend-or-deregister' },
  /** Devices register on chips of which no current list says whether they were revoked. */
  'chip-revocation-unknown': { severity: 'attention', action: 'look-at-ftm-providers' },
  'hsm-unavailable': { severity: 'bad', action: 'look-at-hsm' },
} as const satisfies Record<string, { severity: Severity; action: FindingAction }>
export type CheckName = keyof typeof CHECKS
// Object.keys widens to string; the table is closed.
export const CHECK_NAMES = Object.keys(CHECKS) as CheckName[]

export const FindingView = Type.Object(
  {
    findingId: Uuid,
    check: Type.Enum(CHECK_NAMES),
    severity: Type.Enum(SEVERITIES),
    action: Type.Enum(FINDING_ACTIONS),
    device: nullable(
      Type.Object({ deviceId: Uuid, serialNo: Type.String(), model: Type.String() }, closed),
    ),
    /** What of, where it is not a device: the subject of a provider certificate, the name of a list. */
    subject: nullable(Type.String()),
    /** When it will hurt, or did: the end of a certificate, the last check-in. */
    at: nullable(Instant),
    firstSeenAt: Instant,
    lastSeenAt: Instant,
    suppressedUntil: nullable(Instant),
  },
  closed,
)
export type FindingView = Static<typeof FindingView>

export const FindingQuery = Type.Object(
  {
    check: Type.Optional(Type.Array(Type.Enum(CHECK_NAMES), { maxItems: 20, uniqueItems: true })),
    severity: Type.Optional(Type.Enum(SEVERITIES)),
    deviceId: Type.Optional(Uuid),
    suppressed: Type.Optional(Type.Boolean()),
    after: Type.Optional(Cursor),
    limit: Type.Optional(PageLimit),
  },
  closed,
)
export type FindingQuery = Static<typeof FindingQuery>

export const FindingPage = Type.Object(
  { items: Type.Array(FindingView), next: nullable(Cursor) },
  closed,
)
export type FindingPage = Static<typeof FindingPage>

export const FindingCounts = Type.Object(
  {
    /** When the last audit ended; null before the first. */
    auditedAt: nullable(Instant),
    checks: Type.Array(
      Type.Object(
        {
          check: Type.Enum(CHECK_NAMES),
          severity: Type.Enum(SEVERITIES),
          open: Count,
          suppressed: Count,
        },
        closed,
      ),
    ),
  },
  closed,
)
export type FindingCounts = Static<typeof FindingCounts>

export const FindingIdParams = Type.Object({ findingId: Uuid }, closed)

/** A finding that somebody knows about is silent for a while, never for ever. */
export const SuppressBody = Type.Object(
  {
    days: Type.Integer({ minimum: 1, maximum: 90 }),
    note: Type.Optional(Note),
  },
  closed,
)
export type SuppressBody = Static<typeof SuppressBody>
