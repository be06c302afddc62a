import { createCipheriv, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import {
  encodeInteger,
  encodeNull,
  encodeObjectIdentifier,
  encodeOctetString,
  encodeSequence,
} from '@sanad/protocol/asn1/write-der'
import { PURPOSE, derivePasswordKey } from './pkcs12-password-key.ts'

/** The two ways a PKCS#12 file is encrypted and its MAC is made. */

export type Pkcs12Form = 'modern' | 'legacy'

export interface Encrypted {
  /** AlgorithmIdentifier. */
  readonly algorithm: Uint8Array
  readonly ciphertext: Uint8Array
}

export interface FormRules {
  readonly digest: 'sha1' | 'sha256'
  readonly digestIdentifier: string
  readonly iterations: number
  readonly encrypt: (plaintext: Uint8Array, password: string) => Promise<Encrypted>
}

const OID = {
  sha1: '1.3.14.3.2.26',
  sha256: '2.16.840.1.101.3.4.2.1',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacWithSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
  pbeWithSha1And3Des: '1.2.840.113549.1.12.1.3',
} as const

/**
 * Java 17 and OpenSSL 3 write 10 000 and 2048. More would not help: what protects the key is who can read the file,
 * and a password that is in a file beside it.
 */
const MODERN_ITERATIONS = 10_000
const LEGACY_ITERATIONS = 2048

export const FORMS: Readonly<Record<Pkcs12Form, FormRules>> = {
  /** OpenSSL 1.1 and later, Java from 8u301 on. */
  modern: {
    digest: 'sha256',
    digestIdentifier: OID.sha256,
    iterations: MODERN_ITERATIONS,
    encrypt: encryptModern,
  },
  /** Every Java, old Android, Windows before 2019; OpenSSL 3 too, without its legacy provider. */
  legacy: {
    digest: 'sha1',
    digestIdentifier: OID.sha1,
    iterations: LEGACY_ITERATIONS,
    encrypt: encryptLegacy,
  },
}

const derive = promisify(pbkdf2)

/** RFC 8018 §6.2: PBES2, with PBKDF2 over HMAC-SHA-256, and AES-256 in CBC mode. */
async function encryptModern(plaintext: Uint8Array, password: string): Promise<Encrypted> {
  const salt = randomBytes(16)
  const iv = randomBytes(16)
  const key = await derive(password, salt, MODERN_ITERATIONS, 32, 'sha256')
  const derivation = encodeSequence(
    encodeObjectIdentifier(OID.pbkdf2),
    encodeSequence(
      encodeOctetString(salt),
      encodeInteger(MODERN_ITERATIONS),
      encodeSequence(encodeObjectIdentifier(OID.hmacWithSha256), encodeNull()),
    ),
  )
  const cipher = encodeSequence(encodeObjectIdentifier(OID.aes256Cbc), encodeOctetString(iv))
  return {
    algorithm: encodeSequence(
      encodeObjectIdentifier(OID.pbes2),
      encodeSequence(derivation, cipher),
    ),
    ciphertext: encryptWith('aes-256-cbc', key, iv, plaintext),
  }
}

/** RFC 7292 Appendix C: pbeWithSHAAnd3-KeyTripleDES-CBC, which MOSIP’s own sample files use for the key (MF §7.1). */
function encryptLegacy(plaintext: Uint8Array, password: string): Promise<Encrypted> {
  const salt = randomBytes(8)
  const common = { digest: 'sha1', password, salt, iterations: LEGACY_ITERATIONS } as const
  const key = derivePasswordKey({ ...common, purpose: PURPOSE.encryptionKey, length: 24 })
  const iv = derivePasswordKey({ ...common, purpose: PURPOSE.iv, length: 8 })
  const parameters = encodeSequence(encodeOctetString(salt), encodeInteger(LEGACY_ITERATIONS))
  return Promise.resolve({
    algorithm: encodeSequence(encodeObjectIdentifier(OID.pbeWithSha1And3Des), parameters),
    ciphertext: encryptWith('des-ede3-cbc', key, iv, plaintext),
  })
}

function encryptWith(
  name: 'aes-256-cbc' | 'des-ede3-cbc',
  key: Buffer,
  iv: Buffer,
  plaintext: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv(name, key, iv)
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  key.fill(0)
  return ciphertext
}
