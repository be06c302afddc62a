import { OID } from '@sanad/protocol/asn1/object-identifiers'
import type { Lint } from '../lint.ts'

const OURS: ReadonlySet<string> = new Set([
  OID.basicConstraints,
  OID.keyUsage,
  OID.subjectKeyIdentifier,
  OID.authorityKeyIdentifier,
  OID.extendedKeyUsage,
  OID.crlDistributionPoints,
])

export const extensions: Lint = {
  id: 'mosip.extensions',
  source: 'MF §2.4c',
  requirement: 'A leaf with an unknown critical extension is refused.',
  // Stricter: no extension besides those of the profile, critical or not.
  check({ certificate }) {
    const stranger = [...certificate.extensions.keys()].find((oid) => !OURS.has(oid))
    return stranger === undefined ? undefined : `an extension ${stranger}`
  },
}
