import { type KeyObject, hash } from 'node:crypto'
import { type DigitalId, deviceSubject } from '@sanad/protocol/domain/digital-id'
import { importSpki } from '@sanad/protocol/wire/envelope/certificates'
import { type KnownDigitalId, readKnownDigitalId } from '@sanad/protocol/wire/envelope/digital-id'
import {
  type ReceivedRequest,
  type VerifiedRequest,
  verifyRequest,
} from '@sanad/protocol/wire/envelope/request'
import { LONG_LIVED } from '@sanad/protocol/wire/messages'
import { SanadError } from '@sanad/protocol/text/problems'
import { parseSeconds } from '@sanad/protocol/text/timestamps'
import { readSpki } from '@sanad/protocol/asn1/x509'
import { digestProof } from './digital-id-proof.ts'
import type { SenderRecord } from './senders.ts'

/** Is this message from the device that its certificate was issued to? Everything but replay. */

export interface MessageExpectations {
  readonly audience: string
  /** The server's time, milliseconds since the epoch. */
  readonly now: number
  /** Milliseconds. */
  readonly window: number
}

export interface AuthenticRequest extends VerifiedRequest {
  /** Of a digital ID that was proven now, see {@link digestProof}; null where it was known. */
  readonly newDigitalIdProof: Buffer | null
}

/** @throws SanadError `message.*` with the precise reason, which stays inside */
export function authenticateRequest(
  received: ReceivedRequest,
  sender: SenderRecord,
  expected: MessageExpectations,
): AuthenticRequest {
  const key = importSpki(readSpki(sender.der))
  const request = verifyRequest(received, { ...expected, key })
  requireCertificateInForce(sender, request, expected.now)
  const { sub, digitalId } = request.envelope
  if (sub !== deviceSubject(sender)) throw new SanadError('message.wrong-sender')
  const proof = digestProof(digitalId, sender)
  if (sender.digitalIdProof?.equals(proof) === true) return { ...request, newDigitalIdProof: null }
  proveDigitalId(digitalId, sender, key, expected)
  return { ...request, newDigitalIdProof: proof }
}

function proveDigitalId(
  text: string,
  sender: SenderRecord,
  deviceKey: KeyObject,
  expected: MessageExpectations,
): void {
  const signed = readKnownDigitalId(text)
  // PN §0, 4: whose key signs the digital ID follows from the registered level, not from the message.
  signed.verifyWith(sender.level === 'L1' ? importChipKey(signed, sender) : deviceKey)
  requireSameDevice(signed.digitalId, sender)
  requireNotFuture(signed.digitalId, expected)
}

/**
 * A device whose trust was ended is heard once more, only to be told so: MDS 0.9.5 › Management Server
 * Functionalities and Interactions, 4.1 has the server tell it to give up its keys. What its key signed last may
 * arrive when it is registered again; that changes nothing of what it is by then.
 */
const ENDED: ReadonlySet<SenderRecord['state']> = new Set(['deregistered', 'blocked'])

function requireCertificateInForce(
  sender: SenderRecord,
  { type, at }: VerifiedRequest,
  now: number,
): void {
  const { certificateStatus: status, state, notBefore, notAfter } = sender
  const isHeard = ENDED.has(state) || LONG_LIVED.has(type)
  // A pending certificate counts from this, its first use on.
  const isUsable = status === 'active' || status === 'pending'
  const isInForce = isUsable || (status === 'revoked' && isHeard)
  // What its key signed last is judged by when it was signed: there is no key any more to sign it again.
  const judgedAt = LONG_LIVED.has(type) ? at : now
  if (isInForce && judgedAt >= notBefore && judgedAt <= notAfter) return
  throw new SanadError('message.certificate-not-valid', status)
}

/** The chip that vouched at registration, known by its pinned certificate. */
function importChipKey({ certificates }: KnownDigitalId, sender: SenderRecord) {
  const [chip] = certificates
  const isOnRecord =
    chip !== undefined &&
    sender.ftmCertificateSha256?.equals(hash('sha256', chip, 'buffer')) === true
  if (!isOnRecord) throw new SanadError('message.digital-id-invalid', 'not the chip on record')
  // Read in full when it was pinned.
  return importSpki(readSpki(chip))
}

function requireSameDevice(digitalId: DigitalId, sender: SenderRecord): void {
  if (
    digitalId.serialNo !== sender.serialNo ||
    digitalId.make !== sender.make ||
    digitalId.model !== sender.model
  ) {
    throw new SanadError('message.digital-id-mismatch')
  }
}

/** A digital ID may be old (it is made when the SBI starts), but not from the future. */
export function requireNotFuture(
  digitalId: DigitalId,
  { now, window }: Pick<MessageExpectations, 'now' | 'window'>,
): void {
  if (parseSeconds(digitalId.dateTime) > now + window)
    throw new SanadError('message.digital-id-invalid', 'from the future')
}
