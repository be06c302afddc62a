import type { AnswerBody } from '@sanad/protocol/wire/messages'
import { type SenderPart, millisecondsOf } from '../messages/senders.ts'

/** What commands have to do with the check-in of a device. */

interface Columns {
  /** From then on commands wait for it. Milliseconds since the epoch. */
  readonly commandsFrom: number | null
}

declare module '../messages/senders.ts' {
  interface SenderColumns {
    readonly commands: Columns
  }
}

export const COMMANDS_OF_SENDER: SenderPart<Columns> = {
  columns: {
    commandsFrom: `(select ${millisecondsOf('min(greatest(w.not_before, w.retry_after))')} from command w
      where w.device_id = d.device_id and w.state in ('queued', 'sent'))`,
  },
}

export const answerCommands = (
  { commandsFrom }: Columns,
  now: number,
): Pick<AnswerBody<'check-in-answer'>, 'commandsWaiting'> => ({
  commandsWaiting: commandsFrom !== null && commandsFrom <= now,
})
