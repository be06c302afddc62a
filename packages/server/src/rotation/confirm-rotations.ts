import type { NewEvent } from '@sanad/protocol/events'
import { type Successor, confirmSuccessors, holdSuccessors } from '../certificates/successors.ts'
import type { Confirmations } from '../messages/check-ins.ts'
import type { Clock } from '../platform/clock.ts'
import type { DatabaseTransaction } from '../platform/database.ts'

/** A rotation is over with the first message under the new key; so is the order that asked for it. */
export const confirmRotations = (clock: Clock): Confirmations => ({
  hold: holdSuccessors,
  async confirm(
    tx: DatabaseTransaction,
    successors: readonly Successor[],
  ): Promise<readonly NewEvent[]> {
    const confirmed = await confirmSuccessors(tx, successors, clock())
    return confirmed.map(({ event }) => event)
  },
})
