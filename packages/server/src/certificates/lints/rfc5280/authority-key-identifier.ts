import { equalBytes } from '@sanad/protocol/asn1/bytes'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { readSubjectKeyIdentifier } from '@sanad/protocol/asn1/x509'
import { encodeAuthorityKeyIdentifierValue, keyIdentifierOf } from '../../der/extensions.ts'
import type { Lint } from '../lint.ts'

export const authorityKeyIdentifier: Lint = {
  id: 'rfc5280.authority-key-identifier',
  source: 'RFC 5280 §4.2.1.1',
  requirement: 'The key identifier is the subject key identifier of the issuer; not critical.',
  // Stricter: the key identifier alone. With issuer and serial inside, a renewed provider certificate of
  // the same key would no longer fit every verifier.
  check({ certificate, provider }) {
    const extension = certificate.extensions.get(OID.authorityKeyIdentifier)
    if (extension === undefined) return 'missing'
    if (extension.isCritical) return 'critical'
    const keyId = readSubjectKeyIdentifier(provider) ?? keyIdentifierOf(provider.spki)
    return equalBytes(extension.value, encodeAuthorityKeyIdentifierValue(keyId))
      ? undefined
      : 'not the key identifier of the provider certificate'
  },
}
