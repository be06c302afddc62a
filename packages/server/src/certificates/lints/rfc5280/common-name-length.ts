import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { readName } from '@sanad/protocol/asn1/x509'
import type { Lint } from '../lint.ts'

export const commonNameLength: Lint = {
  id: 'rfc5280.common-name-length',
  source: 'RFC 5280 Appendix A.1',
  requirement: 'A common name has at most 64 characters (ub-common-name).',
  check: ({ certificate }) =>
    readName(certificate.subject, OID.commonName).every((name) => Array.from(name).length <= 64)
      ? undefined
      : 'the common name is too long',
}
