import { equalBytes } from '@sanad/protocol/asn1/bytes'
import type { DeviceIdentity } from '@sanad/protocol/domain/digital-id'
import { validatePath } from '@sanad/protocol/wire/envelope/certificate-path'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import {
  type Certificate,
  parseCertificate,
  readBasicConstraints,
  readName,
} from '@sanad/protocol/asn1/x509'

/**
 * Whether the certificate in an authentic answer is the one that was asked for.
 *
 * The server decides who issues it, and the country checks that. This checks, before anything is installed, that
 * the certificate is for this key and this device, and that its chain is whole.
 */

export interface AskedFor {
  readonly spki: Uint8Array
  readonly device: DeviceIdentity
  /** Trusted time, milliseconds since the epoch. */
  readonly now: number
  /** base64 DER: the certificate that the new one takes the place of. */
  readonly replaces?: string
}

/** @returns DER, leaf first. @throws SanadError `client.certificate-refused` */
export function acceptCertificates(encoded: readonly string[], asked: AskedFor): Uint8Array[] {
  const chain = encoded.map(decode)
  const [leaf] = chain
  if (leaf === undefined) throw refused('no certificate')
  if (!equalBytes(leaf.spki, asked.spki)) throw refused('of another key')
  if (!isNamedFor(leaf, asked.device)) throw refused('of another device')
  if (readBasicConstraints(leaf).isCa) throw refused('of a CA')
  if (asked.now < leaf.notBefore || asked.now > leaf.notAfter) throw refused('outside its dates')
  requireLinks(chain, asked.now)
  requireSuccession(leaf, asked.replaces)
  return chain.map(({ der }) => der)
}

/** MF §6.5: MOSIP takes a new certificate of a device only if it differs and does not begin earlier. */
function requireSuccession(leaf: Certificate, replaces: string | undefined): void {
  if (replaces === undefined) return
  const before = decode(replaces)
  if (equalBytes(leaf.der, before.der)) throw refused('the one there is')
  if (leaf.notBefore < before.notBefore) throw refused('it begins before the one it replaces')
}

/** RFC 5280 Appendix A.1: a common name has 64 characters; a pair that is longer is the serial number alone. */
const LONGEST_COMMON_NAME = 64

/** MF §2.4c: `serial.model`. */
export function commonNameOf({ serialNo, model }: DeviceIdentity): string {
  const both = `${serialNo}.${model}`
  return Array.from(both).length <= LONGEST_COMMON_NAME ? both : serialNo
}

function isNamedFor(leaf: Certificate, device: DeviceIdentity): boolean {
  const names = readName(leaf.subject, OID.commonName)
  return names.length === 1 && names[0] === commonNameOf(device)
}

/** Each certificate is signed by the next. */
function requireLinks(chain: readonly Certificate[], at: number): void {
  const last = chain.at(-1)
  if (last === undefined || chain.length === 1) return
  const path = validatePath(chain.slice(0, -1), { anchors: [last], at })
  if (!path.isValid) throw refused(path.problem)
}

function decode(text: string): Certificate {
  const der = Buffer.from(text, 'base64')
  if (der.toString('base64') !== text) throw refused('not base64')
  try {
    return parseCertificate(der)
  } catch (error) {
    throw refused('not readable', error)
  }
}

function refused(detail: string, cause?: unknown): SanadError {
  const options = cause === undefined ? undefined : { cause }
  return new SanadError('client.certificate-refused', detail, options)
}
