import type { SenderRecord } from '../messages/senders.ts'
import type { CommandsAnswer } from './commands-message.ts'

type Sender = Pick<SenderRecord, 'orderStart' | 'lastCheckInAt'>

export const answerWith = (
  sender: Sender,
  now: number,
  commands: string[],
  more: boolean,
): CommandsAnswer => ({
  type: 'commands-answer',
  body: { commands, more, ...(hasOrderToHear(sender, now) && { checkInNow: true }) },
})

/** The window of an order to rotate has begun since the device checked in: it may not know of the order. */
const hasOrderToHear = ({ orderStart, lastCheckInAt }: Sender, now: number): boolean =>
  orderStart !== null &&
  orderStart <= now &&
  (lastCheckInAt === null || lastCheckInAt.getTime() < orderStart)
