import { createPublicKey } from 'node:crypto'
import type { Lint } from '../lint.ts'

export const keySize: Lint = {
  id: 'mosip.key-size',
  source: 'MF §2.3',
  requirement: 'Biometric signatures are made with RSA of 2048 bits or more, or Curve 25519.',
  // Stricter: RSA alone, since MOSIP’s validators take only RS256 from a device.
  check({ certificate }) {
    const key = createPublicKey({
      key: Buffer.from(certificate.spki),
      format: 'der',
      type: 'spki',
    })
    if (key.asymmetricKeyType !== 'rsa') return `a key of type ${key.asymmetricKeyType}`
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    return bits < 2048 ? `${bits} bits` : undefined
  },
}
