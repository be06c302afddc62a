import { type VerifiedRequest, readBody } from '@sanad/protocol/wire/envelope/request'
import type { RequestBody } from '@sanad/protocol/wire/messages'
import { SanadError } from '@sanad/protocol/text/problems'
import { parseTimestamp } from '@sanad/protocol/text/timestamps'
import type { Answer } from '../messages/answers.ts'
import { requireStorableText } from '../platform/storable-text.ts'

/** The message that brings reports and asks for commands. */

export type CommandsMessage = RequestBody<'commands'>
export type CommandsAnswer = Extract<Answer, { type: 'commands-answer' | 'refusal' }>

/** So far above any honest count that only a damaged device says more; what is signed stays a safe integer. */
const HIGHEST = 2 ** 52

/** @throws SanadError `message.body-refused` */
export function readCommandsMessage(request: VerifiedRequest): CommandsMessage {
  const body = readBody('commands', request)
  if (body.highest > HIGHEST) throw new SanadError('message.body-refused', 'highest')
  requireStorableText(body, 'message.body-refused')
  for (const { at } of body.reports) requireTime(at)
  return body
}

function requireTime(at: string): void {
  try {
    parseTimestamp(at)
  } catch (error) {
    throw new SanadError('message.body-refused', 'time of a report', { cause: error })
  }
}
