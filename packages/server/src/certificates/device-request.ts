import { createPublicKey, verify } from 'node:crypto'
import { DerReader, readChildren, type DerValue } from '@sanad/protocol/asn1/read-der'
import { TAG, contextTag } from '@sanad/protocol/asn1/tags'
import { compareBytes, equalBytes } from '@sanad/protocol/asn1/bytes'
import {
  decodeBitString,
  decodeObjectIdentifier,
  decodeSmallInteger,
  decodeText,
} from '@sanad/protocol/asn1/decode-der'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import { SHA256_WITH_RSA } from './der/certificate-structure.ts'
import { readRsaPublicKey } from './der/rsa-public-key.ts'
import { findWeakness } from './rsa-key-strength.ts'

/** What a device's PKCS#10 request is good for: a public key whose possession it proves, and the challenge. */
export interface DeviceRequest {
  /** SubjectPublicKeyInfo in its one canonical encoding, so that its digest names the key. */
  readonly spki: Uint8Array
  readonly challengePassword: string | undefined
}

const LARGEST_REQUEST = 4096

/**
 * Reads and verifies a certification request (RFC 2986 §4). Subject and requested extensions are ignored:
 * what a certificate says about a device comes from the registry.
 *
 * @throws SanadError `certificate.request-invalid`, `registration.key-weak`, `registration.possession-not-proven`
 */
export function verifyDeviceRequest(der: Uint8Array): DeviceRequest {
  if (der.length > LARGEST_REQUEST) throw invalid('too large')
  const request = DerReader.ofSequence(der)
  const info = request.next(TAG.sequence)
  const algorithm = request.next(TAG.sequence)
  const signature = decodeBitString(request.next(TAG.bitString))
  request.end()
  const { spki, challengePassword } = readRequestInfo(info)
  requireStrongKey(spki)
  if (!equalBytes(algorithm.bytes, SHA256_WITH_RSA)) {
    throw invalid('not signed with SHA-256 and RSA')
  }
  if (!isSignedBy(spki, info.bytes, signature)) {
    throw new SanadError('registration.possession-not-proven', 'the request is not self-signed')
  }
  return { spki, challengePassword }
}

function readRequestInfo(info: DerValue): DeviceRequest {
  const fields = new DerReader(info)
  if (decodeSmallInteger(fields.next(TAG.integer)) !== 0) throw invalid('not version 1')
  fields.next(TAG.sequence)
  const spki = fields.next(TAG.sequence).bytes
  const attributes = readChildren(fields.next(contextTag(0)))
  fields.end()
  return { spki, challengePassword: readChallenge(attributes) }
}

function readChallenge(attributes: readonly DerValue[]): string | undefined {
  let challenge: string | undefined
  let previous: DerValue | undefined
  for (const attribute of attributes) {
    // X.690 §11.6: the members of a SET OF are in the order of their bytes.
    if (previous !== undefined && compareBytes(previous.bytes, attribute.bytes) > 0) {
      throw invalid('attributes out of order')
    }
    previous = attribute
    const fields = new DerReader(attribute)
    const type = decodeObjectIdentifier(fields.next(TAG.objectIdentifier))
    const values = readChildren(fields.next(TAG.set))
    fields.end()
    if (type !== OID.challengePassword) continue
    if (challenge !== undefined) throw invalid('two challenge passwords')
    challenge = readChallengeValue(values)
  }
  return challenge
}

/** RFC 2985 §5.4.1: one DirectoryString. */
function readChallengeValue(values: readonly DerValue[]): string {
  const [value, second] = values
  if (value === undefined || second !== undefined) throw invalid('not one challenge password')
  if (value.tag !== TAG.printableString && value.tag !== TAG.utf8String) {
    throw invalid('the challenge password is not a PrintableString or UTF8String')
  }
  try {
    return decodeText(value)
  } catch (error) {
    throw invalid('the challenge password is not UTF-8', error)
  }
}

function requireStrongKey(spki: Uint8Array): void {
  const key = readRsaPublicKey(spki)
  const weakness = key === undefined ? 'not RSA' : findWeakness(key)
  if (weakness !== undefined) throw new SanadError('registration.key-weak', weakness)
}

function isSignedBy(spki: Uint8Array, info: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
    return verify('sha256', info, key, signature)
  } catch {
    return false
  }
}

function invalid(detail: string, cause?: unknown): SanadError {
  return new SanadError('certificate.request-invalid', detail, { cause })
}
