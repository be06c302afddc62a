import { equalBytes } from '@sanad/protocol/asn1/bytes'
import { OID, namesPurpose } from '@sanad/protocol/asn1/object-identifiers'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import type { HsmKey } from '../../hsm.ts'
import { idOfSpki } from '../key-objects.ts'
import type { KeyRing } from '../key-ring.ts'
import { refuse } from './refusal.ts'
import {
  readBasicConstraints,
  readExtendedKeyUsage,
  readKeyUsage,
  readTbsCertificate,
  type TbsCertificate,
} from './tbs-certificate.ts'

/** Who signs, which keys the token holds besides, and what the agent was told when it opened the token. */
export interface Signatory {
  readonly key: HsmKey
  readonly keys: Pick<KeyRing, 'has' | 'holds'>
  readonly limits: StatementLimits
}

export interface StatementLimits {
  /** Of a device certificate, milliseconds. */
  readonly longestCertificateMs: number
  /** No certificate begins later, milliseconds since the epoch; undefined where clocks are not this machine’s. */
  readonly latestStart: () => number | undefined
}

/** RFC 5280 §4.2.1.3 */
const KEY_USAGE = { digitalSignature: 0, keyCertSign: 5, crlSign: 6 } as const
const RESPONSE_KEY_LIFE_MS = 25 * HOUR_MS
const TLS_KEY_LIFE_MS = 90 * DAY_MS
/** The most that a ceremony’s plan may say, and a day for what is dated back. */
const COMMAND_KEY_LIFE_MS = (10 * 366 + 1) * DAY_MS
const ROOT_LIFE_MS = (20 * 366 + 1) * DAY_MS
const MIN_RSA_BITS = 2048

/** RFC 5280 §4.2: what an end-entity certificate of ours may carry; the rest could widen what it is good for. */
const LEAF_EXTENSIONS: ReadonlySet<string> = new Set([
  OID.subjectKeyIdentifier,
  OID.authorityKeyIdentifier,
  OID.keyUsage,
  OID.extendedKeyUsage,
  OID.basicConstraints,
  OID.subjectAlternativeName,
  OID.crlDistributionPoints,
  // certificatePolicies
  '2.5.29.32',
])

/** MF §2.4c: all that a device certificate carries. Names or policies could make it pass for something else. */
const DEVICE_EXTENSIONS: ReadonlySet<string> = new Set([
  OID.basicConstraints,
  OID.keyUsage,
  OID.extendedKeyUsage,
  OID.subjectKeyIdentifier,
  OID.authorityKeyIdentifier,
  OID.crlDistributionPoints,
])

export function checkDeviceCertificate(bytes: Uint8Array, { keys, limits }: Signatory): void {
  const certificate = readLeaf(bytes, limits)
  requireStrongRsa(certificate)
  requireForeignKey(certificate, keys)
  // A device’s certificate must never pass for the server’s; without the extension it is good for anything.
  requireOnlyUsage(certificate, OID.mosipDeviceSigning)
  for (const identifier of certificate.extensions.keys()) {
    if (!DEVICE_EXTENSIONS.has(identifier))
      refuse(`the extension ${identifier} has no place in a device certificate`)
  }
  // Else nobody would ever see that it is revoked.
  if (!certificate.extensions.has(OID.crlDistributionPoints)) refuse('no revocation list is named')
  requireLife(certificate, limits.longestCertificateMs)
}

export function checkResponseKey(bytes: Uint8Array, { limits }: Signatory): void {
  const certificate = readLeaf(bytes, limits)
  if (certificate.publicKey.algorithm !== OID.ed25519) refuse('a response key is Ed25519')
  requireOnlyUsage(certificate, OID.managementResponse)
  requireLife(certificate, RESPONSE_KEY_LIFE_MS)
}

export function checkTlsKey(bytes: Uint8Array, { keys, limits }: Signatory): void {
  const certificate = readLeaf(bytes, limits)
  if (certificate.publicKey.algorithm === 'RSA') requireStrongRsa(certificate)
  requireForeignKey(certificate, keys)
  requireOnlyUsage(certificate, OID.serverAuthentication)
  requireLife(certificate, TLS_KEY_LIFE_MS)
}

export function checkCommandKey(bytes: Uint8Array, { keys, limits }: Signatory): void {
  const certificate = readLeaf(bytes, limits)
  if (!keys.has('command', idOfSpki(certificate.spki))) {
    refuse('a command key is one that this token holds for commands')
  }
  requireOnlyUsage(certificate, OID.managementCommand)
  requireLife(certificate, COMMAND_KEY_LIFE_MS)
}

export function checkManagementRoot(bytes: Uint8Array, { key }: Signatory): void {
  const root = readTbsCertificate(bytes)
  if (!equalBytes(root.spki, key.spki)) refuse('the root does not certify the key that signs it')
  if (!equalBytes(root.issuer, root.subject)) refuse('the root is not self-issued')
  const constraints = root.extensions.get(OID.basicConstraints)
  if (constraints === undefined || !readBasicConstraints(constraints.value).isCa) {
    refuse('the root is not a CA')
  }
  if (!constraints.isCritical) refuse('the basic constraints of a CA are critical')
  const usage = keyUsageOf(root)
  const allowed: readonly number[] = Object.values(KEY_USAGE)
  if (!usage.includes(KEY_USAGE.keyCertSign) || usage.some((bit) => !allowed.includes(bit))) {
    refuse('the key usage is not that of a CA')
  }
  if (root.extensions.has(OID.extendedKeyUsage)) refuse('the root has an extended key usage')
  requireLife(root, ROOT_LIFE_MS)
}

/** What device, response, TLS and command certificates share: an end entity that signs and nothing else. */
function readLeaf(bytes: Uint8Array, { latestStart }: StatementLimits): TbsCertificate {
  const certificate = readTbsCertificate(bytes)
  // A row of certificates that begin one after the other would be a certificate for ever.
  if (certificate.notBefore > (latestStart() ?? Number.POSITIVE_INFINITY))
    refuse('the certificate begins in the future')
  for (const identifier of certificate.extensions.keys()) {
    if (!LEAF_EXTENSIONS.has(identifier)) refuse(`the extension ${identifier} has no place here`)
  }
  const constraints = certificate.extensions.get(OID.basicConstraints)
  if (constraints !== undefined) {
    const { isCa, hasPathLength } = readBasicConstraints(constraints.value)
    if (isCa || hasPathLength) refuse('the certificate is that of a CA')
  }
  const usage = keyUsageOf(certificate)
  if (usage.length !== 1 || usage[0] !== KEY_USAGE.digitalSignature) {
    refuse('the key usage is not digitalSignature alone')
  }
  return certificate
}

function keyUsageOf(certificate: TbsCertificate): number[] {
  const extension = certificate.extensions.get(OID.keyUsage)
  if (extension === undefined) refuse('there is no key usage')
  return readKeyUsage(extension.value)
}

function extendedKeyUsagesOf(certificate: TbsCertificate): string[] {
  const extension = certificate.extensions.get(OID.extendedKeyUsage)
  return extension === undefined ? [] : readExtendedKeyUsage(extension.value)
}

function requireOnlyUsage(certificate: TbsCertificate, wanted: string): void {
  const usages = extendedKeyUsagesOf(certificate)
  // In either form (docs/adr/0010): clients from before the change read only the former one.
  if (usages.length !== 1 || !namesPurpose(usages, wanted))
    refuse(`the extended key usage is not ${wanted} alone`)
}

function requireLife({ notBefore, notAfter }: TbsCertificate, longestMs: number): void {
  if (notAfter - notBefore > longestMs) refuse('the certificate lives too long')
}

/** MOSIP approves RSA of 2048 bits and more. RFC 8017 §3.1: modulus and exponent are odd. */
function requireStrongRsa({ publicKey }: TbsCertificate): void {
  if (!('modulus' in publicKey)) refuse('the key is not RSA')
  const { modulus, exponent } = publicKey
  const bits = modulus.length * 8 - (Math.clz32(modulus[0] ?? 0) - 24)
  if (bits < MIN_RSA_BITS || bits > 8192) refuse(`an RSA key of ${bits} bits`)
  if (((modulus.at(-1) ?? 0) & 1) === 0) refuse('the modulus is even')
  const isSmall = exponent.length < 3
  if (isSmall || exponent.length > 8 || ((exponent.at(-1) ?? 0) & 1) === 0)
    refuse('an unsound exponent')
}

/** A key of this token has its own purpose and never gets a second one by a certificate. */
function requireForeignKey({ spki }: TbsCertificate, keys: Signatory['keys']): void {
  if (keys.holds(idOfSpki(spki))) refuse('the certificate is for a key of this token')
}
