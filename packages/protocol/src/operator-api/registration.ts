import Type, { type Static } from 'typebox'
import { LEVELS } from '../domain/device-kinds.ts'
import {
  Count,
  Cursor,
  Instant,
  PageLimit,
  Uuid,
  SearchText,
  closed,
  nullable,
} from '../text/fields.ts'

/** Claims that were refused or quarantined, and registrations that wait for an operator’s word. */

/** What one check of the evidence found: `ftm-path: no-path`. Codes only, no values of the message. */
export const EvidenceItem = Type.Object({ check: Type.String(), finding: Type.String() }, closed)
export type EvidenceItem = Static<typeof EvidenceItem>

export const RefusalView = Type.Object(
  {
    claimId: Uuid,
    /** What the technician was shown, to be read out over the telephone. */
    supportCode: Type.String(),
    verdict: Type.Enum(['refuse', 'quarantine']),
    /** A problem code: its title says what happened. */
    code: Type.String(),
    /** Which rule of the decision table fired. */
    rule: Type.String(),
    make: Type.String(),
    model: Type.String(),
    serialNo: Type.String(),
    level: Type.Enum(LEVELS),
    deviceId: nullable(Uuid),
    remoteAddress: Type.String(),
    firstAt: Instant,
    lastAt: Instant,
    attempts: Count,
    evidence: Type.Array(EvidenceItem),
    /** What would make it pass, in one sentence. */
    remedy: Type.String(),
    /** The model of an unapproved serial number, when it can be approved from here. */
    approvableModelId: nullable(Uuid),
  },
  closed,
)
export type RefusalView = Static<typeof RefusalView>

export const RefusalQuery = Type.Object(
  {
    deviceId: Type.Optional(Uuid),
    /** Exactly as the technician reads it out, or part of a serial number. */
    search: Type.Optional(SearchText),
    verdict: Type.Optional(Type.Enum(['refuse', 'quarantine'])),
    after: Type.Optional(Cursor),
    limit: Type.Optional(PageLimit),
  },
  closed,
)
export type RefusalQuery = Static<typeof RefusalQuery>

export const RefusalList = Type.Object(
  { items: Type.Array(RefusalView), next: nullable(Cursor) },
  closed,
)
export type RefusalList = Static<typeof RefusalList>

export const ApprovalView = Type.Object(
  {
    requestId: Uuid,
    supportCode: Type.String(),
    deviceId: Uuid,
    serialNo: Type.String(),
    make: Type.String(),
    model: Type.String(),
    /** Its first certificate, or a new one after the end of the last. */
    kind: Type.Enum(['registration', 'recovery']),
    /** Names the key that would be certified: the technician’s client shows the same. Hex. */
    spkiSha256: Type.String(),
    remoteAddress: nullable(Type.String()),
    requestedAt: Instant,
  },
  closed,
)
export type ApprovalView = Static<typeof ApprovalView>

export const ApprovalQuery = Type.Object(
  { after: Type.Optional(Cursor), limit: Type.Optional(PageLimit) },
  closed,
)
export type ApprovalQuery = Static<typeof ApprovalQuery>

export const ApprovalList = Type.Object(
  { items: Type.Array(ApprovalView), next: nullable(Cursor) },
  closed,
)
export type ApprovalList = Static<typeof ApprovalList>

export const ApprovalDecision = Type.Object(
  { decision: Type.Enum(['approved', 'refused']) },
  closed,
)
export type ApprovalDecision = Static<typeof ApprovalDecision>

/** For the line of state on the overview. */
export const RegistrationCounts = Type.Object(
  { approvalsWaiting: Count, refusedLastDay: Count, quarantined: Count },
  closed,
)
export type RegistrationCounts = Static<typeof RegistrationCounts>
