import { OID } from '@sanad/protocol/asn1/object-identifiers'
import type { Lint } from '../lint.ts'

export const signatureAlgorithm: Lint = {
  id: 'mosip.signature-algorithm',
  source: 'MF §2.4a, 8',
  requirement: 'Certificates are signed with SHA-224 or SHA-256 and RSA.',
  check: ({ certificate }) =>
    certificate.signatureAlgorithm === OID.sha256WithRsa
      ? undefined
      : `signed with ${certificate.signatureAlgorithm}`,
}
