import { Buffer } from 'node:buffer'
import { type KeyObject, createHash, createPublicKey } from 'node:crypto'
import { equalBytes } from '../../asn1/bytes.ts'
import { SanadError } from '../../text/problems.ts'
import type { JsonValue } from '../../text/strict-json.ts'
import { type Certificate, parseCertificate, readSpki } from '../../asn1/x509.ts'
import { toBase64, toBase64url } from './octets.ts'

/** RFC 7515 §4.1.8: base64url of the SHA-256 of the DER. */
export const thumbprintOf = (der: Uint8Array): string =>
  toBase64url(createHash('sha256').update(der).digest())

/** As PEM: Node first takes any other input for a key object, and fails at that, at thrice the cost. */
export const importSpki = (spki: Uint8Array): KeyObject =>
  createPublicKey(`-----BEGIN PUBLIC KEY-----\n${toBase64(spki)}\n-----END PUBLIC KEY-----\n`)

const LONGEST_CHAIN = 4
const LARGEST_CERTIFICATE = 4096

/**
 * The certificates of an `x5c` header, leaf first (RFC 7515 §4.1.6: standard base64 of DER).
 *
 * They are read, not believed: trust comes from a path to a pinned root.
 *
 * @throws SanadError `message.header-refused`
 */
export const readCertificateChain = (x5c: JsonValue | undefined): Certificate[] =>
  decodeCertificateChain(x5c).map(readCertificate)

/**
 * The certificates of a claim. Whatever they are, the claim gets a verdict; so only as much must be readable as it
 * takes to verify the claim: the key of the first.
 */
export interface ShownCertificates {
  /** DER, the signer's first. */
  readonly certificates: readonly Uint8Array[]
  /** SubjectPublicKeyInfo of the signer. */
  readonly signerSpki: Uint8Array
  /** Leaf first; undefined where one of them is not a certificate as RFC 5280 writes it. */
  readonly chain: readonly Certificate[] | undefined
}

/** @throws SanadError `message.header-refused` where there is no key to verify with */
export function readShownCertificates(x5c: JsonValue | undefined): ShownCertificates {
  const certificates = decodeCertificateChain(x5c)
  return { certificates, signerSpki: readSignerSpki(certificates[0]), chain: tryRead(certificates) }
}

function readSignerSpki(der: Uint8Array | undefined): Uint8Array {
  try {
    if (der !== undefined) return readSpki(der)
  } catch (error) {
    throw new SanadError('message.header-refused', 'x5c has no key', { cause: error })
  }
  throw new SanadError('message.header-refused', 'x5c')
}

function tryRead(certificates: readonly Uint8Array[]): readonly Certificate[] | undefined {
  try {
    return certificates.map(parseCertificate)
  } catch (error) {
    if (error instanceof SanadError) return undefined
    throw error
  }
}

/** The same certificates as bytes, not read. @throws SanadError `message.header-refused` */
export function decodeCertificateChain(x5c: JsonValue | undefined): Buffer[] {
  if (!Array.isArray(x5c) || x5c.length === 0 || x5c.length > LONGEST_CHAIN) {
    throw new SanadError('message.header-refused', 'x5c')
  }
  return x5c.map(decodeCertificate)
}

function decodeCertificate(text: JsonValue): Buffer {
  if (typeof text !== 'string' || text.length > LARGEST_CERTIFICATE)
    throw new SanadError('message.header-refused', 'x5c')
  const der = Buffer.from(text, 'base64')
  if (der.toString('base64') !== text)
    throw new SanadError('message.header-refused', 'x5c is not base64')
  return der
}

/** @throws SanadError `message.header-refused` */
export function readCertificate(der: Uint8Array): Certificate {
  try {
    return parseCertificate(der)
  } catch (error) {
    throw new SanadError('message.header-refused', 'x5c is not a certificate', { cause: error })
  }
}

export const encodeCertificateChain = (chain: readonly Uint8Array[]): string[] =>
  chain.map(toBase64)

/** A certificate that only carries a key: issued by itself, for itself. */
export const isSelfIssued = (certificate: Certificate): boolean =>
  equalBytes(certificate.issuer, certificate.subject)
