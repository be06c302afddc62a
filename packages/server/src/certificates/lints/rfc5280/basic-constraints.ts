import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { readBasicConstraints } from '@sanad/protocol/asn1/x509'
import type { Lint } from '../lint.ts'

export const basicConstraints: Lint = {
  id: 'rfc5280.basic-constraints',
  source: 'RFC 5280 §4.2.1.9',
  requirement: 'Basic constraints say whether the subject is a CA; only a CA has a path length.',
  // Stricter: present and critical in a device's certificate too, since Java accepts a leaf that is a CA.
  check({ certificate }) {
    const { isCa, pathLength } = readBasicConstraints(certificate)
    if (certificate.extensions.get(OID.basicConstraints)?.isCritical !== true) {
      return 'missing or not critical'
    }
    return isCa || pathLength !== undefined ? 'the device would be a CA' : undefined
  },
}
