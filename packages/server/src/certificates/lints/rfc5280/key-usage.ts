import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { KEY_USAGE, readKeyUsage } from '@sanad/protocol/asn1/x509'
import type { Lint } from '../lint.ts'

export const keyUsage: Lint = {
  id: 'rfc5280.key-usage',
  source: 'RFC 5280 §4.2.1.3',
  requirement: 'Key usage restricts what the key is for; it should be critical.',
  check({ certificate }) {
    const bits = readKeyUsage(certificate)
    if (certificate.extensions.get(OID.keyUsage)?.isCritical !== true) {
      return 'missing or not critical'
    }
    const isRight = bits?.length === 1 && bits[0] === KEY_USAGE.digitalSignature
    return isRight ? undefined : 'not digitalSignature alone'
  },
}
