import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { readName } from '@sanad/protocol/asn1/x509'
import type { Lint } from '../lint.ts'

export const organisation: Lint = {
  id: 'mosip.organisation',
  source: 'MF §2.4c',
  requirement:
    'Subject O of a device certificate equals the partner’s registered organisation name.',
  check({ certificate, provider }) {
    const own = readName(certificate.subject, OID.organisation)
    const [registered] = readName(provider.subject, OID.organisation)
    return own.length === 1 && own[0] === registered ? undefined : 'another organisation'
  },
}
