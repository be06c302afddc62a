import { type KeyObject, randomBytes } from 'node:crypto'
import { type DigitalId, deviceSubject } from '../../domain/digital-id.ts'
import {
  LONG_LIVED,
  type RequestBody,
  type RequestType,
  isRequestType,
  readRequestBody,
} from '../messages.ts'
import { type RequestEnvelope, readRequestEnvelope } from '../envelopes.ts'
import { SanadError } from '../../text/problems.ts'
import { parseStrictJsonObject } from '../../text/strict-json.ts'
import { formatTimestamp, parseTimestamp } from '../../text/timestamps.ts'
import {
  type ShownCertificates,
  encodeCertificateChain,
  readShownCertificates,
} from './certificates.ts'
import { type CompactJws, joinJws, parseCompactJws, requireHeaderMembers } from './compact.ts'
import {
  type AgreementKey,
  type AgreementPublicKey,
  decryptWith,
  encryptTo,
  generateAgreementKey,
} from './encryption.ts'
import { fromOctets, toBase64url } from './octets.ts'
import { type SignInput, makeJws, verifyJws } from './signing.ts'

/** A device's message to its management server: JWE around JWS. */

/** RFC 8725 §3.11: an explicit type for each kind of message, so that one is never taken for another. */
export const REGISTRATION_TYP = 'sanad-registration+jws'
export const REQUEST_TYP = 'sanad-request+jws'

/** A registration shows its certificates; every later message names the one on record. */
export type Sender =
  | { readonly certificateChain: readonly Uint8Array[] }
  | { readonly thumbprint: string }

export interface NewRequest<T extends RequestType> {
  readonly type: T
  readonly body: RequestBody<T>
  readonly seq: number
  /** The device's own trusted time, milliseconds since the epoch. */
  readonly at: number
  readonly audience: string
  readonly digitalId: DigitalId
  readonly signedDigitalId: string
  readonly sender: Sender
  readonly signInput: SignInput
  readonly recipient: AgreementPublicKey
}

/** A message that was sent, with all that its answer is checked against. */
export interface SentRequest {
  readonly text: string
  readonly mid: string
  readonly type: RequestType
  readonly subject: string
  readonly signedDigitalId: string
  readonly replyKey: AgreementKey
}

/** Signed, and not yet encrypted: may be kept until it is known which key the server has by then. */
export interface SignedRequest extends Omit<SentRequest, 'text'> {
  readonly jws: string
}

export async function makeRequest<T extends RequestType>(
  request: NewRequest<T>,
): Promise<SentRequest> {
  return sealRequest(await signRequest(request), request.recipient)
}

export async function signRequest<T extends RequestType>(
  request: Omit<NewRequest<T>, 'recipient'>,
): Promise<SignedRequest> {
  const replyKey = generateAgreementKey()
  const mid = toBase64url(randomBytes(16))
  const subject = deviceSubject(request.digitalId)
  const payload: RequestEnvelope = {
    v: 1,
    mid,
    seq: request.seq,
    ts: formatTimestamp(request.at),
    aud: request.audience,
    sub: subject,
    digitalId: request.signedDigitalId,
    type: request.type,
    body: request.body,
    replyTo: { kty: 'OKP', crv: 'X25519', x: replyKey.public.x },
  }
  const jws = await makeJws(makeHeader(request.sender), payload, request.signInput)
  const { type, signedDigitalId } = request
  return { jws, mid, type, subject, signedDigitalId, replyKey }
}

/**
 * Signed, then encrypted; sender and recipient stand inside the signature, so that the recipient cannot pass it
 * on to another server as if it were meant for it.
 */
export function sealRequest(
  { jws, ...signed }: SignedRequest,
  recipient: AgreementPublicKey,
): SentRequest {
  return { ...signed, text: encryptTo(recipient, jws) }
}

function makeHeader(sender: Sender): object {
  return 'thumbprint' in sender
    ? { alg: 'RS256', typ: REQUEST_TYP, 'x5t#S256': sender.thumbprint }
    : { alg: 'RS256', typ: REGISTRATION_TYP, x5c: encodeCertificateChain(sender.certificateChain) }
}

/** Decrypted and well formed, but from nobody yet: only the claim of a key. */
export interface ReceivedRequest {
  readonly jws: CompactJws
  /** The server's encryption key that the sender used: `kid` of the JWE. */
  readonly recipient: string
  readonly claim:
    | ({ readonly kind: 'registration' } & ShownCertificates)
    | { readonly kind: 'registered'; readonly thumbprint: string }
}

/** @throws SanadError `message.*` */
export function receiveRequest(
  text: string,
  findKey: (kid: string) => AgreementKey | undefined,
): ReceivedRequest {
  let recipient = ''
  const noteAndFind = (kid: string): AgreementKey | undefined => {
    recipient = kid
    return findKey(kid)
  }
  const jws = parseCompactJws(decryptWith(noteAndFind, text))
  return { jws, recipient, claim: readClaim(jws) }
}

function readClaim({ header }: CompactJws): ReceivedRequest['claim'] {
  if (header['typ'] === REGISTRATION_TYP) {
    requireHeaderMembers(header, ['alg', 'typ', 'x5c'])
    return { kind: 'registration', ...readShownCertificates(header['x5c']) }
  }
  if (header['typ'] !== REQUEST_TYP) throw new SanadError('message.wrong-type', 'typ')
  requireHeaderMembers(header, ['alg', 'typ', 'x5t#S256'])
  const thumbprint = header['x5t#S256']
  if (typeof thumbprint !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(thumbprint))
    throw new SanadError('message.header-refused', 'x5t#S256')
  return { kind: 'registered', thumbprint }
}

export interface VerifiedRequest {
  readonly envelope: RequestEnvelope
  readonly type: RequestType
  /** Milliseconds since the epoch. */
  readonly at: number
  /** The exact bytes that were signed: what replay protection is keyed on. */
  readonly signedPayload: Uint8Array
}

export interface RequestExpectations {
  readonly key: KeyObject
  readonly audience: string
  /** The server's time, milliseconds since the epoch. */
  readonly now: number
  /** How far the message's time may be from the server's, milliseconds. */
  readonly window: number
}

/**
 * Signature, then audience, type and time. What needs the record of the device (digital ID, subject,
 * replay) is the caller's next step.
 *
 * @throws SanadError `message.*`
 */
export function verifyRequest(
  { jws }: ReceivedRequest,
  expected: RequestExpectations,
): VerifiedRequest {
  verifyJws(jws, expected.key, 'RS256')
  const envelope = readRequestEnvelope(parseStrictJsonObject(jws.payload))
  if (envelope.aud !== expected.audience) throw new SanadError('message.wrong-audience')
  if (!isRequestType(envelope.type)) throw new SanadError('message.wrong-type', 'type')
  const at = parseTimestamp(envelope.ts)
  requireInWindow(envelope.type, at, expected)
  return { envelope, type: envelope.type, at, signedPayload: jws.payload }
}

/** What outlives its key may come late, but never from the future. */
function requireInWindow(
  type: RequestType,
  at: number,
  { now, window }: Pick<RequestExpectations, 'now' | 'window'>,
): void {
  const isTooOld = at < now - window && !LONG_LIVED.has(type)
  if (isTooOld || at > now + window) throw new SanadError('message.time-outside-window')
}

/** The signed message as it stood on the wire, without its encryption: for those who must keep it as a proof. */
export const signedTextOf = ({ jws }: ReceivedRequest): string =>
  joinJws(fromOctets(jws.signingInput), jws.signature)

export const readBody = <T extends RequestType>(
  type: T,
  request: VerifiedRequest,
): RequestBody<T> => readRequestBody(type, request.envelope.body)
