import { sign } from 'node:crypto'
import { makeCertificationRequest } from '@sanad/protocol/wire/envelope/certification-request'
import { signWith } from '@sanad/protocol/wire/envelope/signing'
import { type IdentifierForm, OID, identifierIn } from '@sanad/protocol/asn1/object-identifiers'
import { KEY_USAGE } from '@sanad/protocol/asn1/x509'
import { DAY_MS } from '@sanad/protocol/text/durations'
import {
  attachSignature,
  encodeTbsCertificate,
} from '../../packages/server/src/certificates/der/certificate-structure.ts'
import { encodeName } from '../../packages/server/src/certificates/der/distinguished-name.ts'
import {
  encodeAuthority,
  encodeAuthorityKeyIdentifier,
  encodeEndEntity,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
  encodeSubjectKeyIdentifier,
  keyIdentifierOf,
} from '../../packages/server/src/certificates/der/extensions.ts'
import { type KeyName, draw, keyOf, spkiOf } from './test-keys.ts'

/** The certificates of the vectors, of the day of the vectors. */

const MIDNIGHT = Date.UTC(2026, 10, 24)

interface Wanted {
  readonly name: string
  readonly subject: string
  readonly key: KeyName
  readonly issuer: { readonly subject: string; readonly key: KeyName }
  readonly isAuthority?: boolean
  readonly purpose?: string
  readonly days: number
  /** Days from the day of the vectors. */
  readonly from?: number
}

const nameOf = (commonName: string): Uint8Array =>
  encodeName({ organisation: 'Vector Works', commonName })

function certify({ name, subject, key, issuer, isAuthority, purpose, days, from = 0 }: Wanted) {
  const serialNumber = draw(`serial number of ${name}`, 16)
  serialNumber[0] = ((serialNumber[0] ?? 0) & 0x7f) | 0x40
  const tbs = encodeTbsCertificate({
    serialNumber,
    issuer: nameOf(issuer.subject),
    notBefore: new Date(MIDNIGHT + from * DAY_MS),
    notAfter: new Date(MIDNIGHT + (from + days) * DAY_MS),
    subject: nameOf(subject),
    spki: spkiOf(key),
    extensions: [
      isAuthority === true ? encodeAuthority() : encodeEndEntity(),
      isAuthority === true
        ? encodeKeyUsage(KEY_USAGE.keyCertSign, KEY_USAGE.crlSign)
        : encodeKeyUsage(KEY_USAGE.digitalSignature),
      encodeSubjectKeyIdentifier(keyIdentifierOf(spkiOf(key))),
      encodeAuthorityKeyIdentifier(keyIdentifierOf(spkiOf(issuer.key))),
      ...(purpose === undefined ? [] : [encodeExtendedKeyUsage(purpose)]),
    ],
  })
  return Buffer.from(attachSignature(tbs, sign('sha256', tbs, keyOf(issuer.key))))
}

const ROOT = { subject: 'Vector management root', key: 'management-root' } as const
const COUNTRY = { subject: 'Vector country root', key: 'country-root' } as const
const PROVIDER = { subject: 'Vector provider', key: 'provider' } as const
const FTM = { subject: 'Vector FTM root', key: 'ftm-root' } as const

const authority = (name: string, of: Wanted['issuer'], issuer = of): Buffer =>
  certify({ name, ...of, issuer, isAuthority: true, days: 3650 })

const server = (name: string, key: KeyName, purpose: string, days: number, from = 0): Buffer =>
  certify({ name, subject: name, key, issuer: ROOT, purpose, days, from })

const device = (name: string, key: KeyName, days = 365, from = 0): Buffer =>
  certify({
    name,
    subject: name,
    key,
    issuer: PROVIDER,
    purpose: OID.mosipDeviceSigning,
    days,
    from,
  })

/** A certificate that only carries a key: issued by the key itself. */
const carrier = (name: string, key: KeyName): Buffer =>
  certify({ name, subject: name, key, issuer: { subject: name, key }, days: 1 })

const purposeOf = (form: IdentifierForm, oid: string) => identifierIn(form, oid)

export function makeCertificates() {
  return {
    'management-root': authority('management-root', ROOT),
    'response-key': server('response-key', 'response-key', OID.managementResponse, 1),
    'response-key-former': server(
      'response-key-former',
      'response-key',
      purposeOf('former', OID.managementResponse),
      1,
    ),
    'response-key-ended': server(
      'response-key-ended',
      'response-key',
      OID.managementResponse,
      1,
      -2,
    ),
    'response-key-of-another-root': certify({
      name: 'response-key-of-another-root',
      subject: 'response-key',
      key: 'response-key',
      issuer: COUNTRY,
      purpose: OID.managementResponse,
      days: 1,
    }),
    'command-key': server('command-key', 'command-key', OID.managementCommand, 365),
    'country-root': authority('country-root', COUNTRY),
    provider: authority('provider', PROVIDER, COUNTRY),
    'ftm-root': authority('ftm-root', FTM),
    'l1-chip': certify({
      name: 'l1-chip',
      subject: 'Vector chip',
      key: 'l1-chip',
      issuer: FTM,
      days: 3650,
    }),
    'l1-device': device('l1-device', 'l1-device'),
    'l1-new-device': device('l1-new-device', 'l1-new-device'),
    'l1-ended-device': device('l1-ended-device', 'l1-device', 365, -400),
    'l1-recovered-device': device('l1-recovered-device', 'l1-recovered-device'),
    'l0-device': device('l0-device', 'l0-device'),
    'l0-new-device': device('l0-new-device', 'l0-new-device'),
    'l0-ended-device': device('l0-ended-device', 'l0-device', 365, -400),
    'l0-recovered-device': device('l0-recovered-device', 'l0-recovered-device'),
    'l0-carrier': carrier('l0-carrier', 'l0-device'),
    'l0-recovered-carrier': carrier('l0-recovered-carrier', 'l0-recovered-device'),
  }
}
export type Certificates = ReturnType<typeof makeCertificates>
export type CertificateName = keyof Certificates

/** @returns base64url of the PKCS#10 request */
export async function makeCsr(
  key: KeyName,
  challenge: string,
  signer: KeyName = key,
): Promise<string> {
  const request = { commonName: 'VECTOR', spki: spkiOf(key), challenge }
  const der = await makeCertificationRequest(request, signWith(keyOf(signer), 'RS256'))
  return Buffer.from(der).toString('base64url')
}
