import Type, { type Static } from 'typebox'
import { Count, Instant, Label, closed, nullable } from '../text/fields.ts'

/** What takes the events of the record one after the other, and how far each has come. docs/record.md */

/** `stopped`: its owner’s time for retries has passed; it waits until an operator resumes it. */
const FOLLOWER_STATES = ['active', 'failing', 'stopped'] as const

const FollowerFailure = Type.Object(
  {
    /** A problem code, `HTTP` with a status, or the name of an error. */
    code: Type.String(),
    /** In English. */
    sentence: Type.String(),
  },
  closed,
)

export const FollowerView = Type.Object(
  {
    /** Stable: `webhook:` with its id. */
    name: Type.String(),
    /** As an operator named it; null: nobody did. */
    label: nullable(Label),
    state: Type.Enum(FOLLOWER_STATES),
    /** Every event up to this number was taken, or was none that is wanted. */
    place: Count,
    /** How many events of the record come after that, wanted or not. */
    behind: Count,
    lastSuccessAt: nullable(Instant),
    /** Attempts since the last success. */
    failures: Count,
    failingSince: nullable(Instant),
    lastFailure: nullable(FollowerFailure),
    nextAttemptAt: nullable(Instant),
  },
  closed,
)
export type FollowerView = Static<typeof FollowerView>

export const FollowerList = Type.Object(
  {
    /** The number of the last event. */
    head: Count,
    items: Type.Array(FollowerView),
  },
  closed,
)
export type FollowerList = Static<typeof FollowerList>
