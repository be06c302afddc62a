import Type, { type Static } from 'typebox'
import { REASONS } from '../events.ts'
import { Count, Instant, Uuid, closed } from './fields.ts'

/** An order to set the clock of one device back: for a client that was led into the future. */

export const NewClockReset = Type.Object(
  {
    reason: Type.Enum(REASONS),
    /** The earliest time that the device shall believe; not after now, which is the default. */
    floor: Type.Optional(Instant),
    /** For colleagues; kept beside the record, not in it. */
    note: Type.Optional(Type.String({ minLength: 1, maxLength: 280 })),
  },
  closed,
)
export type NewClockReset = Static<typeof NewClockReset>

export const ClockResetView = Type.Object(
  { commandId: Uuid, number: Count, floor: Instant, notAfter: Instant },
  closed,
)
export type ClockResetView = Static<typeof ClockResetView>
