import { equalBytes } from '@sanad/protocol/asn1/bytes'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { readSubjectKeyIdentifier } from '@sanad/protocol/asn1/x509'
import { keyIdentifierOf } from '../../der/extensions.ts'
import type { Lint } from '../lint.ts'

export const subjectKeyIdentifier: Lint = {
  id: 'rfc5280.subject-key-identifier',
  source: 'RFC 5280 §4.2.1.2',
  requirement: 'The subject key identifier is derived from the public key and is not critical.',
  check({ certificate }) {
    const keyId = readSubjectKeyIdentifier(certificate)
    if (keyId === undefined) return 'missing'
    if (certificate.extensions.get(OID.subjectKeyIdentifier)?.isCritical === true) return 'critical'
    return equalBytes(keyId, keyIdentifierOf(certificate.spki)) ? undefined : 'of another key'
  },
}
