import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { DerReader } from '@sanad/protocol/asn1/read-der'
import { decodeObjectIdentifier, decodeSmallInteger } from '@sanad/protocol/asn1/decode-der'
import { encodeNull } from '@sanad/protocol/asn1/write-der'
import { equalBytes } from '@sanad/protocol/asn1/bytes'
import { TAG } from '@sanad/protocol/asn1/tags'
import { ChipRefusal } from './chip-refusal.ts'

/**
 * What a chip is willing to sign.
 *
 * A host that is taken over can talk to the chip. These rules keep the chip from becoming an oracle that
 * signs captures, digital IDs or registrations of foreign keys for it.
 */

const REGISTRATION = 'sanad-registration+jws'
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

interface SigningInput {
  readonly header: Record<string, unknown>
  readonly payload: Record<string, unknown>
}

/** A device key signs messages of this protocol, or a request for a certificate of that very key. */
export function checkDeviceKeyInput(input: Buffer, ownSpki: Buffer): void {
  if (!COMPACT.test(input.toString('latin1'))) return checkCertificationRequest(input, ownSpki)
  const typ = readSigningInput(input).header['typ']
  if (typeof typ !== 'string' || !typ.startsWith('sanad-'))
    throw refused('typ is not of this protocol')
}

/** The permanent key signs registrations; a request for a certificate inside must be of a key made here. */
export function checkRegistrationInput(input: Buffer, holdsKey: (spki: Buffer) => boolean): void {
  if (!COMPACT.test(input.toString('latin1'))) throw refused('not a JWS signing input')
  const { header, payload } = readSigningInput(input)
  if (header['typ'] !== REGISTRATION) throw refused('typ is not that of a registration')
  const body = payload['body']
  if (!isRecord(body) || body['csr'] === undefined) return
  // MDS 0.9.5 › Keys: device keys are created inside the FTM. The signature says so, hence the check.
  if (!holdsKey(readRequestedKey(body['csr']))) throw refused('the key was not made in this chip')
}

function readSigningInput(input: Buffer): SigningInput {
  const [header = '', payload = ''] = input.toString('latin1').split('.')
  const read = { header: readJson(header), payload: readJson(payload) }
  if (read.header['alg'] !== 'RS256') throw refused('alg is not RS256')
  // RFC 7515 §4.1.11, RFC 7797 §3: extensions change what the signature means.
  if ('crit' in read.header || 'b64' in read.header) throw refused('a critical extension')
  return read
}

/** One text, one meaning: no repeated members, no spaces, nothing that two readers could see differently. */
function readJson(encoded: string): Record<string, unknown> {
  const text = Buffer.from(encoded, 'base64url').toString('utf8')
  const value = parse(text)
  if (!isRecord(value) || JSON.stringify(value) !== text) throw refused('not canonical JSON')
  if (Buffer.from(text).toString('base64url') !== encoded) throw refused('not canonical base64url')
  return value
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw refused('not JSON', { cause })
  }
}

/** CertificationRequestInfo (RFC 2986 §4.1): version, subject, subjectPKInfo, attributes. */
function checkCertificationRequest(input: Buffer, ownSpki: Buffer): void {
  try {
    if (!equalBytes(readSubjectKey(DerReader.ofSequence(input)), ownSpki))
      throw refused('a key of another')
  } catch (cause) {
    throw cause instanceof ChipRefusal
      ? cause
      : refused('not a request for a certificate', { cause })
  }
}

function readRequestedKey(csr: unknown): Buffer {
  if (typeof csr !== 'string') throw refused('csr is not a text')
  try {
    const request = DerReader.ofSequence(Buffer.from(csr, 'base64url'))
    return readSubjectKey(request.sequence())
  } catch (cause) {
    throw cause instanceof ChipRefusal ? cause : refused('csr is not PKCS#10', { cause })
  }
}

function readSubjectKey(info: DerReader): Buffer {
  if (decodeSmallInteger(info.next(TAG.integer)) !== 0) throw refused('a version other than v1')
  info.next(TAG.sequence)
  const spki = info.next(TAG.sequence).bytes
  info.optional(0xa0)
  info.end()
  requireRsa(spki)
  return Buffer.from(spki)
}

function requireRsa(spki: Uint8Array): void {
  const algorithm = DerReader.ofSequence(spki).sequence()
  const isRsa = decodeObjectIdentifier(algorithm.next(TAG.objectIdentifier)) === OID.rsaEncryption
  if (!isRsa || !equalBytes(algorithm.nextOfAny().bytes, encodeNull()))
    throw refused('not an RSA key')
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const refused = (detail: string, options?: ErrorOptions): ChipRefusal =>
  new ChipRefusal('chip.signing-refused', detail, options)
