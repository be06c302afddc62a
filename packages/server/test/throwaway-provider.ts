import { type KeyObject, generateKeyPairSync, sign } from 'node:crypto'
import { type Certificate, KEY_USAGE, parseCertificate } from '@sanad/protocol/asn1/x509'
import { DAY_MS } from '@sanad/protocol/text/durations'
import {
  type TbsFields,
  attachSignature,
  encodeTbsCertificate,
  makeSerialNumber,
  wholeSeconds,
} from '../src/certificates/der/certificate-structure.ts'
import { type DistinguishedName, encodeName } from '../src/certificates/der/distinguished-name.ts'
import {
  encodeAuthority,
  encodeKeyUsage,
  encodeSubjectKeyIdentifier,
  keyIdentifierOf,
} from '../src/certificates/der/extensions.ts'

/** An authority of a test, with its key in memory: for certificates that no real authority would make. */
export interface ThrowawayAuthority {
  readonly certificate: Certificate
  readonly privateKey: KeyObject
  readonly spki: Uint8Array
}

export const spkiOf = (key: KeyObject): Uint8Array => key.export({ type: 'spki', format: 'der' })

export function signTbs(tbs: Uint8Array, key: KeyObject): Uint8Array {
  return attachSignature(tbs, sign('sha256', tbs, key))
}

export interface AuthorityTerms {
  readonly name: DistinguishedName
  readonly pathLength?: number
  readonly issuer?: ThrowawayAuthority
  readonly keys?: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }
  /** Whatever is to be different from a sound authority. */
  readonly changes?: Partial<TbsFields>
}

export function makeAuthority({
  name,
  pathLength,
  issuer,
  keys = generateKeyPairSync('rsa', { modulusLength: 2048 }),
  changes,
}: AuthorityTerms): ThrowawayAuthority {
  const spki = spkiOf(keys.publicKey)
  const now = Date.now()
  const subject = encodeName(name)
  const tbs = encodeTbsCertificate({
    serialNumber: makeSerialNumber(),
    issuer: issuer?.certificate.subject ?? subject,
    notBefore: wholeSeconds(now - DAY_MS),
    notAfter: wholeSeconds(now + 365 * DAY_MS),
    subject,
    spki,
    extensions: [
      encodeAuthority(pathLength),
      encodeKeyUsage(KEY_USAGE.digitalSignature, KEY_USAGE.keyCertSign),
      encodeSubjectKeyIdentifier(keyIdentifierOf(spki)),
    ],
    ...changes,
  })
  const certificate = parseCertificate(signTbs(tbs, issuer?.privateKey ?? keys.privateKey))
  return { certificate, privateKey: keys.privateKey, spki }
}
