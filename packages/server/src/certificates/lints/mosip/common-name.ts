import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { readName } from '@sanad/protocol/asn1/x509'
import type { Lint } from '../lint.ts'

export const commonName: Lint = {
  id: 'mosip.common-name',
  source: 'MF §2.4c',
  requirement: 'CN is the serial number and model of the device.',
  check({ certificate, commonName: expected }) {
    const names = readName(certificate.subject, OID.commonName)
    return names.length === 1 && names[0] === expected ? undefined : 'not that of the device'
  },
}
