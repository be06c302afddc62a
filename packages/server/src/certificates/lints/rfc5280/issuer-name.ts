import { equalBytes } from '@sanad/protocol/asn1/bytes'
import type { Lint } from '../lint.ts'

export const issuerName: Lint = {
  id: 'rfc5280.issuer-name',
  source: 'RFC 5280 §4.1.2.4',
  requirement: 'The issuer name is the subject name of the certificate that issued it.',
  // Stricter: byte for byte. MF §2.4c: Java's PKIX refuses the provider's name from before MOSIP signed it.
  check: ({ certificate, provider }) =>
    equalBytes(certificate.issuer, provider.subject) ? undefined : 'the issuer is another name',
}
