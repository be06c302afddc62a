import type { KeyObject } from 'node:crypto'
import { DerReader } from '../../asn1/read-der.ts'
import { TAG } from '../../asn1/tags.ts'
import { decodeObjectIdentifier } from '../../asn1/decode-der.ts'
import { OID } from '../../asn1/object-identifiers.ts'
import { SanadError } from '../../text/problems.ts'
import { importSpki } from './certificates.ts'

/**
 * Keys that a stranger shows: in the certificates of a message, of a digital ID or of a chain. What one
 * verification with them costs has a highest value, known before it is done.
 *
 * An RSA verification is a power of the exponent: with 65537 it takes 17 multiplications, with an exponent as long
 * as a modulus of 3072 bits it takes thousands, a hundred times as long. MF §2.3 sets the lowest size, FIPS 186-5
 * §5.1 the usual ones; 65537 is what every chip, HSM and library makes.
 */
const RSA_BOUNDS = { leastBits: 2048, mostBits: 4096, exponent: 65_537n } as const

/** SubjectPublicKeyInfo of RSA with 4096 bits has 550 bytes; longer ones are not even imported. */
const LONGEST_SPKI = 560

const ALGORITHMS = new Set<string>([OID.rsaEncryption, OID.ed25519])

/**
 * The one way from a stranger's SubjectPublicKeyInfo to a key that may verify something.
 *
 * @returns RSA of 2048 to 4096 bits with the exponent 65537, or Ed25519
 * @throws SanadError `message.header-refused` for any other key, and for bytes that are none
 */
export function importBoundedKey(spki: Uint8Array): KeyObject {
  const key = importKnownAlgorithm(spki)
  if (!isBounded(key)) throw refuse('the key is out of bounds')
  return key
}

/** MF §2.3: RSA of 2048 bits or more, or Curve 25519; no other curve. */
export function isBounded({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  if (asymmetricKeyType === 'ed25519') return true
  const { modulusLength = 0, publicExponent } = asymmetricKeyDetails ?? {}
  const { leastBits, mostBits, exponent } = RSA_BOUNDS
  return (
    asymmetricKeyType === 'rsa' &&
    modulusLength >= leastBits &&
    modulusLength <= mostBits &&
    publicExponent === exponent
  )
}

/** OpenSSL is not given other algorithms: their parameters (curves, groups) are checked at a cost of their own. */
function importKnownAlgorithm(spki: Uint8Array): KeyObject {
  if (spki.length > LONGEST_SPKI) throw refuse('the key is too long')
  try {
    const algorithm = DerReader.ofSequence(spki).sequence().next(TAG.objectIdentifier)
    if (!ALGORITHMS.has(decodeObjectIdentifier(algorithm))) throw refuse('the algorithm of the key')
    return importSpki(spki)
  } catch (error) {
    throw refuse('the key is not readable', error)
  }
}

const refuse = (detail: string, cause?: unknown): SanadError =>
  new SanadError('message.header-refused', detail, { cause })
