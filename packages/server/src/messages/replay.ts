import { hash } from 'node:crypto'
import type { VerifiedRequest } from '@sanad/protocol/envelope/request'
import { SanadError } from '@sanad/protocol/problems'
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

/** @throws SanadError `message.replayed`, `message.sequence-fork` */
export function placeInSequence(
  request: VerifiedRequest,
  sender: Pick<SenderRecord, 'lastSeq' | 'lastMid' | 'lastPayloadSha256'>,
): Place {
  const { seq, mid } = request.envelope
  if (seq > sender.lastSeq) return 'new'
  if (seq < sender.lastSeq) throw new SanadError('message.replayed')
  const isSame =
    mid === sender.lastMid && sender.lastPayloadSha256?.equals(digestPayload(request)) === true
  if (isSame) return 'repeated'
  // Two messages with one number: the device's state was copied, or set back.
  throw new SanadError('message.sequence-fork')
}
