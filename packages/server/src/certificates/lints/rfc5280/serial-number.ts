import type { Lint } from '../lint.ts'

export const serialNumber: Lint = {
  id: 'rfc5280.serial-number',
  source: 'RFC 5280 §4.1.2.2',
  requirement:
    'The serial number is a positive integer, unique for the issuer, of at most 20 octets.',
  // Stricter: 16 octets, the first not zero and its top bit clear, so that 126 bits are random.
  check({ certificate: { serialNumber: octets } }) {
    const first = octets[0] ?? 0
    if (octets.length !== 16) return `${octets.length} octets`
    return first === 0 || first > 0x7f
      ? 'the first octet is zero or has its top bit set'
      : undefined
  },
}
