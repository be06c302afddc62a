import { hash } from 'node:crypto'
import type { VerifiedRequest } from '@sanad/protocol/wire/envelope/request'
import { SanadError } from '@sanad/protocol/text/problems'
import type { SenderRecord } from './senders.ts'

/**
 * Replay protection keyed on what was signed, never on the text of the token, which is malleable.
 *
 * A device numbers its messages for ever and has one on its way at a time, so the last number, name and
 * answer are all that must be kept: nothing grows, and nothing has to be forgotten.
 */
export type Place = 'new' | 'repeated'

export const digestPayload = (request: VerifiedRequest): Buffer =>
  hash('sha256', request.signedPayload, 'buffer')

/**
 * @param window how far two clocks may be apart, milliseconds
 * @throws SanadError `message.replayed`, `message.sequence-fork`
 */
export function placeInSequence(
  request: VerifiedRequest,
  sender: Pick<SenderRecord, 'lastSeq' | 'lastMid' | 'lastPayloadSha256' | 'lastMessageAt'>,
  window: number,
): Place {
  const { seq, mid } = request.envelope
  if (seq > sender.lastSeq) return 'new'
  if (seq < sender.lastSeq) throw new SanadError(codeOfOlder(request, sender, window))
  const isSame =
    mid === sender.lastMid && sender.lastPayloadSha256?.equals(digestPayload(request)) === true
  if (isSame) return 'repeated'
  // Two messages with one number: the device's state was copied, or set back.
  throw new SanadError('message.sequence-fork')
}

/**
 * What comes again was made before the last message. What was made after it and still has an older number comes
 * from a copy that was left behind.
 */
function codeOfOlder(
  { at }: VerifiedRequest,
  { lastMessageAt }: Pick<SenderRecord, 'lastMessageAt'>,
  window: number,
): 'message.sequence-fork' | 'message.replayed' {
  const isLater = lastMessageAt !== null && at > lastMessageAt + window
  return isLater ? 'message.sequence-fork' : 'message.replayed'
}
