import Type, { type Static } from 'typebox'
import { Count, Cursor, Instant, PageLimit, Uuid, Note, closed, nullable } from '../text/fields.ts'

import { CHECK_NAMES, FINDING_ACTIONS, SEVERITIES } from './checks.ts'

/** What the daily audit found: each with a name, a severity and what to do about it. */

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

/** A finding that somebody knows about is silent for a while, never for ever. */
export const SuppressBody = Type.Object(
  {
    days: Type.Integer({ minimum: 1, maximum: 90 }),
    note: Type.Optional(Note),
  },
  closed,
)
export type SuppressBody = Static<typeof SuppressBody>
