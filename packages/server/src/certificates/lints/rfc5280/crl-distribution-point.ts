import { equalBytes } from '@sanad/protocol/asn1/bytes'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { encodeCrlDistributionPointValue } from '../../der/extensions.ts'
import type { Lint } from '../lint.ts'

export const crlDistributionPoint: Lint = {
  id: 'rfc5280.crl-distribution-point',
  source: 'RFC 5280 §4.2.1.13',
  requirement:
    'The distribution point names where the revocation list is; it should not be critical.',
  check({ certificate, crlUrl }) {
    const extension = certificate.extensions.get(OID.crlDistributionPoints)
    if (extension === undefined) return 'missing'
    if (extension.isCritical) return 'critical'
    return equalBytes(extension.value, encodeCrlDistributionPointValue(crlUrl))
      ? undefined
      : 'not the URL of the shard'
  },
}
