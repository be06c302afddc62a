import { type KeyObject, createPrivateKey, createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AgreementKey, describeAgreementKey } from '../src/wire/envelope/encryption.ts'
import type { SentRequest } from '../src/wire/envelope/request.ts'
import type { RequestType } from '../src/wire/messages.ts'
import { type Certificate, parseCertificate } from '../src/asn1/x509.ts'

/** The published vectors (packages/protocol/src/wire/vectors), as the tests of several packages read them. */

interface SignedVector {
  readonly name: string
  readonly header: string
  readonly payload: string
  readonly jws: string
}
interface RequestVector extends SignedVector {
  readonly type: RequestType
  readonly level: 'L0' | 'L1'
  readonly signer: string
  readonly replyPrivateKey: string
  readonly message: string
}
interface AnswerVector extends SignedVector {
  readonly to: string
  readonly type: string
  readonly message: string
}
interface RefusedText {
  readonly name: string
  readonly code: string
}
interface Messages {
  readonly at: string
  readonly server: string
  readonly subjects: { readonly L1: string; readonly L0: string }
  readonly serverKey: { readonly kid: string; readonly x: string; readonly d: string }
  readonly statementNonce: string
  readonly statementFloor: string
  readonly certificates: Readonly<Record<string, string>>
  readonly requests: readonly RequestVector[]
  readonly answers: readonly AnswerVector[]
  readonly statements: readonly SignedVector[]
  readonly commands: readonly (SignedVector & { readonly type: string })[]
  readonly refused: {
    readonly requests: readonly (RefusedText & {
      readonly by: 'envelope' | 'record' | 'certification-request'
      readonly message: string
    })[]
    readonly answers: readonly (RefusedText & { readonly message: string })[]
    readonly statements: readonly (RefusedText & { readonly jws: string })[]
    readonly commands: readonly (RefusedText & { readonly jws: string })[]
  }
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(join(import.meta.dirname, '..', 'src', 'wire', 'vectors', name), 'utf8'))

// Written by tools/make-vectors.ts, which a test holds to it.
export const vectors = read('messages.json') as Messages
const keys = read('keys.json') as Readonly<Record<string, string>>

export const NOW = Date.parse(vectors.at)
/** Five minutes, as a server has it. */
export const WINDOW = 300_000

export function keyOf(name: string): KeyObject {
  return createPublicKey(keys[name] ?? '')
}

export const certificateOf = (name: string): Buffer =>
  Buffer.from(vectors.certificates[name] ?? '', 'base64')

export const managementRoots: readonly Certificate[] = [
  parseCertificate(certificateOf('management-root')),
]

function agreementKeyOf(d: string, x: string): AgreementKey {
  const privateKey = createPrivateKey({
    key: { kty: 'OKP', crv: 'X25519', d, x },
    format: 'jwk',
  })
  return { privateKey, public: describeAgreementKey(createPublicKey(privateKey)) }
}

const server = agreementKeyOf(vectors.serverKey.d, vectors.serverKey.x)
export const findServerKey = (kid: string): AgreementKey | undefined =>
  kid === server.public.kid ? server : undefined

export function requestOf(name: string): RequestVector {
  const found = vectors.requests.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no request ${name}`)
  return found
}

/** A request as the client that sent it remembers it. */
export function sentRequest(name: string): SentRequest {
  const { message: text, payload, type, level, replyPrivateKey } = requestOf(name)
  const { mid, digitalId, replyTo } = JSON.parse(payload) as {
    mid: string
    digitalId: string
    replyTo: { x: string }
  }
  return {
    text,
    mid,
    type,
    subject: vectors.subjects[level],
    signedDigitalId: digitalId,
    replyKey: agreementKeyOf(replyPrivateKey, replyTo.x),
  }
}
