import { randomBytes } from 'node:crypto'
import { type AnswerBody, type AnswerType, isAnswerType, readAnswerBody } from '../messages.ts'
import { type AnswerEnvelope, type RequestEnvelope, readAnswerEnvelope } from '../envelopes.ts'
import { OID } from '../../asn1/object-identifiers.ts'
import { SanadError } from '../../text/problems.ts'
import { parseStrictJsonObject } from '../../text/strict-json.ts'
import { formatTimestamp, parseTimestamp } from '../../text/timestamps.ts'
import type { Certificate } from '../../asn1/x509.ts'
import { requirePath } from './certificate-path.ts'
import { encodeCertificateChain, importSpki, readCertificateChain } from './certificates.ts'
import { encodeJson, parseCompactJws, requireHeaderMembers } from './compact.ts'
import { decryptWith, encryptTo } from './encryption.ts'
import { toBase64url } from './octets.ts'
import type { SentRequest } from './request.ts'
import { type SignInput, makeJwsWithHeader, verifyJws } from './signing.ts'

/** The management server's answer: signed by its response key, encrypted to the request's one-time key. */

export const ANSWER_TYP = 'sanad-answer+jws'

export interface NewAnswer<T extends AnswerType> {
  readonly type: T
  readonly body: AnswerBody<T>
  readonly request: RequestEnvelope
  readonly issuer: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

export interface AnswerSigner {
  /** DER, the response key's certificate first, the management root not included. */
  readonly certificateChain: readonly Uint8Array[]
  readonly signInput: SignInput
}

export async function makeAnswer<T extends AnswerType>(
  answer: NewAnswer<T>,
  signer: AnswerSigner,
): Promise<string> {
  const { request } = answer
  const payload: AnswerEnvelope = {
    v: 1,
    mid: toBase64url(randomBytes(16)),
    ts: formatTimestamp(answer.at),
    iss: answer.issuer,
    aud: request.sub,
    inReplyTo: request.mid,
    // MDS 0.9.5 › Management Client, 2.4: back and forth, so the answer carries it too, under our signature.
    digitalId: request.digitalId,
    type: answer.type,
    body: answer.body,
  }
  const jws = await makeJwsWithHeader(encodedHeaderOf(signer), payload, signer.signInput)
  // The one-time key needs no name: there is one.
  return encryptTo({ kid: request.mid, x: request.replyTo.x }, jws)
}

/** All answers of a response key have one header, with its certificates: encoded once, kept while the key is. */
const encodedHeaders = new WeakMap<AnswerSigner, string>()

function encodedHeaderOf(signer: AnswerSigner): string {
  const known = encodedHeaders.get(signer)
  if (known !== undefined) return known
  const x5c = encodeCertificateChain(signer.certificateChain)
  const encoded = encodeJson({ alg: 'EdDSA', typ: ANSWER_TYP, x5c })
  encodedHeaders.set(signer, encoded)
  return encoded
}

export interface AnswerExpectations {
  /** MDS 0.9.5 › Management Client, 6: the pinned root that tells the right server from any other. */
  readonly managementRoots: readonly Certificate[]
  readonly issuer: string
  /** The device's trusted time, milliseconds since the epoch. */
  readonly now: number
  readonly window: number
}

export type ReceivedAnswer = {
  [T in AnswerType]: { readonly type: T; readonly body: AnswerBody<T>; readonly at: number }
}[AnswerType]

/**
 * Accepts only the answer of the pinned server to this very request.
 *
 * @throws SanadError `client.wrong-server`, `message.*`
 */
export function openAnswer(
  text: string,
  sent: SentRequest,
  expected: AnswerExpectations,
): ReceivedAnswer {
  const jws = parseCompactJws(
    decryptWith((kid) => (kid === sent.mid ? sent.replyKey : undefined), text),
  )
  const envelope = readAnswerEnvelope(
    parseStrictJsonObject(verifyServerJws(jws, ANSWER_TYP, expected)),
  )
  if (envelope.iss !== expected.issuer) throw new SanadError('client.wrong-server', 'issuer')
  if (envelope.aud !== sent.subject) throw new SanadError('message.wrong-audience')
  if (envelope.inReplyTo !== sent.mid || envelope.digitalId !== sent.signedDigitalId)
    throw new SanadError('message.not-an-answer-to-this')
  const at = parseTimestamp(envelope.ts)
  if (Math.abs(at - expected.now) > expected.window)
    throw new SanadError('message.time-outside-window')
  if (!isAnswerType(envelope.type)) throw new SanadError('message.wrong-type')
  const body = readAnswerBody(envelope.type, envelope.body)
  return { type: envelope.type, body, at } as ReceivedAnswer
}

/** What a key of the management server signs: answers and statements, or commands. */
export interface ServerKeyUse {
  /** Extended key usage: what one key signed is nothing that the other says. */
  readonly purpose: string
  readonly algorithm: 'EdDSA' | 'RS256'
}

const RESPONSE_KEY: ServerKeyUse = { purpose: OID.managementResponse, algorithm: 'EdDSA' }
export const COMMAND_KEY: ServerKeyUse = { purpose: OID.managementCommand, algorithm: 'RS256' }

/** The payload of a JWS that the management server signed. @throws SanadError `client.wrong-server`, `message.*` */
export function verifyServerJws(
  jws: ReturnType<typeof parseCompactJws>,
  typ: string,
  expected: Pick<AnswerExpectations, 'managementRoots' | 'now'>,
  { purpose, algorithm }: ServerKeyUse = RESPONSE_KEY,
): Uint8Array {
  requireHeaderMembers(jws.header, ['alg', 'typ', 'x5c'])
  // RFC 8725 §3.11.
  if (jws.header['typ'] !== typ) throw new SanadError('message.wrong-type', 'typ')
  const chain = readCertificateChain(jws.header['x5c'])
  requirePath(
    chain,
    { anchors: expected.managementRoots, at: expected.now, purpose },
    'client.wrong-server',
  )
  const [leaf] = chain
  if (leaf === undefined) throw new SanadError('client.wrong-server')
  verifyJws(jws, importSpki(leaf.spki), algorithm)
  return jws.payload
}
