import { OID, namesPurpose } from '@sanad/protocol/asn1/object-identifiers'
import { readExtendedKeyUsage } from '@sanad/protocol/asn1/x509'
import type { Lint } from '../lint.ts'

export const extendedKeyUsage: Lint = {
  id: 'rfc5280.extended-key-usage',
  source: 'RFC 5280 §4.2.1.12',
  requirement: 'Extended key usage names the purposes; a certificate is used only for one of them.',
  check({ certificate }) {
    const purposes = readExtendedKeyUsage(certificate)
    // Not critical: a reader that does not know the purpose, as MOSIP, may still use the certificate.
    if (certificate.extensions.get(OID.extendedKeyUsage)?.isCritical !== false) {
      return 'missing or critical'
    }
    // In either form: an issuance that was planned before docs/adr/0010 is finished as it was planned.
    const isRight = purposes?.length === 1 && namesPurpose(purposes, OID.mosipDeviceSigning)
    return isRight ? undefined : 'not device signing alone'
  },
}
