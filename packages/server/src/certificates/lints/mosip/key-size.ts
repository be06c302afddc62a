import { modulusBits, readRsaPublicKey } from '../../der/rsa-public-key.ts'
import type { Lint } from '../lint.ts'

export const keySize: Lint = {
  id: 'mosip.key-size',
  source: 'MF §2.3',
  requirement: 'Biometric signatures are made with RSA of 2048 bits or more, or Curve 25519.',
  // Stricter: RSA alone, since MOSIP’s validators take only RS256 from a device.
  check({ certificate }) {
    const key = readRsaPublicKey(certificate.spki)
    if (key === undefined) return 'not RSA'
    const bits = modulusBits(key)
    return bits < 2048 ? `${bits} bits` : undefined
  },
}
