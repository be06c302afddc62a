import Type, { type Static } from 'typebox'
import { REASONS } from '../domain/reasons.ts'
import { Count, Instant, Uuid, Note, closed, nullable } from '../text/fields.ts'

/** An order to set the clock of one device back: for a client that was led into the future. */

export const NewClockReset = Type.Object(
  {
    reason: Type.Enum(REASONS),
    /** The earliest time that the device shall believe; not after now, which is the default. */
    floor: Type.Optional(Instant),
    /** For colleagues; kept beside the record, not in it. */
    note: Type.Optional(Note),
  },
  closed,
)
export type NewClockReset = Static<typeof NewClockReset>

export const ClockResetView = Type.Object(
  { commandId: Uuid, number: Count, floor: Instant, notAfter: Instant },
  closed,
)
export type ClockResetView = Static<typeof ClockResetView>

/**
 * `waiting`: signed, and nobody asked for it. `sent`: somebody who named the device asked for it; that question is
 * not signed. `done`: after that the device checked in, which it can only with the right time. `expired`: over
 * before that.
 */
const CLOCK_RESET_STATES = ['waiting', 'sent', 'done', 'expired'] as const

/** How far the last order of a device has come. */
export const ClockResetProgress = Type.Object(
  {
    ...ClockResetView.properties,
    state: Type.Enum(CLOCK_RESET_STATES),
    orderedAt: Instant,
    /** The operator’s name. */
    orderedBy: Type.String(),
    sentAt: nullable(Instant),
    /** The check-in that showed it. */
    doneAt: nullable(Instant),
  },
  closed,
)
export type ClockResetProgress = Static<typeof ClockResetProgress>

export const LastClockReset = Type.Object({ reset: nullable(ClockResetProgress) }, closed)
export type LastClockReset = Static<typeof LastClockReset>
