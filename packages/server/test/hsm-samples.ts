import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { KEY_USAGE } from '@sanad/protocol/asn1/x509'
import { DAY_MS } from '@sanad/protocol/text/durations'
import {
  encodeTbsCertificate,
  makeSerialNumber,
} from '../src/certificates/der/certificate-structure.ts'
import { encodeName } from '../src/certificates/der/distinguished-name.ts'
import {
  encodeCrlDistributionPoint,
  encodeEndEntity,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
} from '../src/certificates/der/extensions.ts'
import type { HsmKey } from '../src/hsm/hsm.ts'

/** Statements that a token signs, and how a test verifies a signature. */

export const NOW = Date.now()

const name = encodeName({ organisation: 'Acme', commonName: 'Acme Provider' })

export const device = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
  type: 'spki',
  format: 'der',
})

export const ed25519 = generateKeyPairSync('ed25519').publicKey.export({
  type: 'spki',
  format: 'der',
})

export const deviceTbs = (
  change: { spki?: Uint8Array; extensions?: Uint8Array[]; days?: number } = {},
): Uint8Array =>
  encodeTbsCertificate({
    serialNumber: makeSerialNumber(),
    issuer: name,
    notBefore: new Date(NOW - 60_000),
    notAfter: new Date(NOW + (change.days ?? 40) * DAY_MS),
    subject: encodeName({ organisation: 'Acme', commonName: 'SERIAL000001.M' }),
    spki: change.spki ?? device,
    extensions: change.extensions ?? [
      encodeEndEntity(),
      encodeKeyUsage(KEY_USAGE.digitalSignature),
      encodeExtendedKeyUsage(OID.mosipDeviceSigning),
      encodeCrlDistributionPoint('https://server.example/crl/0011223344556677/5.crl'),
    ],
  })

export const isSigned = (key: HsmKey, bytes: Uint8Array, signature: Uint8Array): boolean =>
  verify(
    'sha256',
    bytes,
    createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' }),
    signature,
  )
