import { createPublicKey, type KeyObject } from 'node:crypto'
import { generateRsaKey } from '../../simulator/src/key-file.ts'
import {
  exportSpki,
  signCertificate,
  writeSubject,
} from '../../simulator/src/software-authority.ts'

/** Keys of devices under test. */

export interface KeyPair {
  readonly privateKey: KeyObject
  readonly spki: Buffer
}

export async function makeKey(bits = 2048): Promise<KeyPair> {
  const { privateKey, publicKey } = await generateRsaKey(bits)
  return { privateKey, spki: exportSpki(publicKey) }
}

/** Vouches for nothing: it only carries a key. */
export async function certifySelf(key: KeyPair, now: number): Promise<Buffer> {
  const subject = writeSubject({ country: 'ET', organisation: 'Device', commonName: 'device key' })
  const certificate = await signCertificate(
    {
      subject,
      publicKey: createPublicKey(key.privateKey),
      notBefore: new Date(now - 3_600_000),
      notAfter: new Date(now + 86_400_000),
      extensions: [],
    },
    subject,
    key.privateKey,
  )
  return Buffer.from(certificate.rawData)
}
