import { encodeInteger, encodeSequence, encodeTagged } from '@sanad/protocol/asn1/write-der'
import { contextTag } from '@sanad/protocol/asn1/tags'
import { type IdentifierForm, OID, identifierIn } from '@sanad/protocol/asn1/object-identifiers'
import {
  KEY_USAGE,
  type Certificate,
  readName,
  readSubjectKeyIdentifier,
} from '@sanad/protocol/asn1/x509'
import { DAY_MS, MINUTE_MS } from '@sanad/protocol/text/durations'
import {
  encodeTbsCertificate,
  makeSerialNumber,
  wholeSeconds,
} from './der/certificate-structure.ts'
import { type DistinguishedName, encodeName } from './der/distinguished-name.ts'
import {
  type AlternativeNames,
  encodeAlternativeNames,
  encodeAuthority,
  encodeAuthorityKeyIdentifier,
  encodeEndEntity,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
  encodeSubjectKeyIdentifier,
  keyIdentifierOf,
} from './der/extensions.ts'

/**
 * Certificates of the management server itself: its root, which clients pin, and the keys below it.
 *
 * None of them is ever seen by MOSIP; devices are certified under the provider's key instead.
 */

/** A device's clock may be a little behind; the same allowance for every certificate. */
export const BACKDATED_MS = 5 * MINUTE_MS
export const RESPONSE_KEY_LIFE_MS = DAY_MS
const TLS_KEY_LIFE_MS = 90 * DAY_MS

export interface Validity {
  readonly notBefore: Date
  readonly notAfter: Date
}

export function encodeManagementRoot(
  name: DistinguishedName,
  spki: Uint8Array,
  { notBefore, notAfter }: Validity,
): Uint8Array {
  const subject = encodeName(name)
  return encodeTbsCertificate({
    serialNumber: makeSerialNumber(),
    issuer: subject,
    notBefore,
    notAfter,
    subject,
    spki,
    extensions: [
      // It certifies keys and no further authorities.
      encodeAuthority(0),
      // digitalSignature, because it also signs transcripts (RFC 5280 §4.2.1.3).
      encodeKeyUsage(KEY_USAGE.digitalSignature, KEY_USAGE.keyCertSign, KEY_USAGE.crlSign),
      encodeSubjectKeyIdentifier(keyIdentifierOf(spki)),
    ],
  })
}

interface Purpose {
  readonly commonName: string
  readonly extendedKeyUsage: string
  readonly lifeMs: number
  readonly names?: AlternativeNames
}

export const encodeResponseKeyCertificate = (
  root: Certificate,
  spki: Uint8Array,
  now: number,
  form: IdentifierForm = 'current',
): Uint8Array =>
  encodeManagementLeaf(root, spki, now, {
    commonName: 'Management response key',
    extendedKeyUsage: identifierIn(form, OID.managementResponse),
    lifeMs: RESPONSE_KEY_LIFE_MS,
  })

export function encodeTlsCertificate(
  root: Certificate,
  spki: Uint8Array,
  names: AlternativeNames,
  now: number,
): Uint8Array {
  return encodeManagementLeaf(root, spki, now, {
    commonName: 'Management server',
    extendedKeyUsage: OID.serverAuthentication,
    // The agent counts the backdating too.
    lifeMs: TLS_KEY_LIFE_MS - BACKDATED_MS,
    names,
  })
}

export const encodeCommandKeyCertificate = (
  root: Certificate,
  spki: Uint8Array,
  commonName: string,
  lifeMs: number,
  now: number,
  form: IdentifierForm = 'current',
): Uint8Array =>
  encodeManagementLeaf(root, spki, now, {
    commonName,
    extendedKeyUsage: identifierIn(form, OID.managementCommand),
    lifeMs,
  })

function encodeManagementLeaf(
  root: Certificate,
  spki: Uint8Array,
  now: number,
  purpose: Purpose,
): Uint8Array {
  const [organisation = ''] = readName(root.subject, OID.organisation)
  return encodeTbsCertificate({
    serialNumber: makeSerialNumber(),
    issuer: root.subject,
    notBefore: wholeSeconds(Math.max(now - BACKDATED_MS, root.notBefore)),
    notAfter: wholeSeconds(Math.min(now + purpose.lifeMs, root.notAfter)),
    subject: encodeName({ organisation, commonName: purpose.commonName }),
    spki,
    extensions: [
      encodeEndEntity(),
      encodeKeyUsage(KEY_USAGE.digitalSignature),
      encodeSubjectKeyIdentifier(keyIdentifierOf(spki)),
      encodeAuthorityKeyIdentifier(readSubjectKeyIdentifier(root) ?? keyIdentifierOf(root.spki)),
      encodeExtendedKeyUsage(purpose.extendedKeyUsage),
      ...(purpose.names === undefined ? [] : [encodeAlternativeNames(purpose.names)]),
    ],
  })
}

/** RFC 2986 §4.1: what the provider asks its country to certify. No attributes: MOSIP sets every extension. */
export const encodeProviderRequest = (name: DistinguishedName, spki: Uint8Array): Uint8Array =>
  encodeSequence(encodeInteger(0), encodeName(name), spki, encodeTagged(contextTag(0)))
