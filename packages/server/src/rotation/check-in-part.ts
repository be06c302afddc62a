import type { AnswerBody } from '@sanad/protocol/wire/messages'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { type SenderPart, millisecondsOf } from '../messages/senders.ts'
import type { RotationPlan } from './plan-rotation.ts'

/** What an operator’s order to rotate has to do with the check-in of a device. */

interface Columns {
  /** The window of an order to rotate this very key. Milliseconds since the epoch. */
  readonly orderStart: number | null
  readonly orderEnd: number | null
}

declare module '../messages/senders.ts' {
  interface SenderColumns {
    readonly rotation: Columns
  }
}

export const ORDER_OF_SENDER: SenderPart<Columns> = {
  columns: {
    orderStart: millisecondsOf('o.window_start'),
    orderEnd: millisecondsOf('o.window_end'),
  },
  // An order is about the key in use when it was given, and not about its successor.
  joins: `left join rotation_order_device o
    on o.device_id = d.device_id and o.outcome is null and o.ordered_at > c.issued_at`,
}

/** MDS 0.9.5 › Management Client, 5: every rotation is ordered by the server. */
export const answerRotation = ({
  start,
  end,
  reason,
}: RotationPlan): Pick<AnswerBody<'check-in-answer'>, 'rotation'> => ({
  rotation: { start: formatTimestamp(start), end: formatTimestamp(end), reason },
})
