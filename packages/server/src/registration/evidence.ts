import { createHash } from 'node:crypto'
import { equalBytes } from '@sanad/protocol/asn1/bytes'
import { validatePath } from '@sanad/protocol/wire/envelope/certificate-path'
import { hasSoundExtensions } from '@sanad/protocol/asn1/extension-forms'
import { SanadError } from '@sanad/protocol/text/problems'
import { type Certificate, parseCertificate } from '@sanad/protocol/asn1/x509'
import { findAuthorityWeakness, findKeyWeakness } from '../certificates/chain-strength.ts'
import { type NewKey, digestOf } from '../certificates/new-key.ts'
import type { ApprovedDevice } from './approved-devices.ts'
import type { ChipPath } from '../revocation/ftm/chip-standing.ts'
import type { Claim } from './claim.ts'
import type { Evidence } from './facts.ts'

/** L0: the message is signed by the very key that asks for a certificate. L1: the chip speaks for the key. */
export function possessionOf({ signer }: Claim, key: NewKey): Evidence['possession'] {
  const isOwnKey = signer.kind === 'ftm-chip' || digestOf(key) === signer.sha256
  const isProven = 'fault' in key ? key.fault === 'registration.key-weak' : key.isProven
  return isOwnKey && isProven ? 'proven' : 'not-proven'
}

/** A policy may ask for more bits than every key must have. */
export function strengthOf(key: NewKey, minimumBits: number): Evidence['key'] {
  if ('fault' in key) return key.fault === 'registration.key-weak' ? 'weak' : 'not-readable'
  return key.bits < minimumBits ? 'weak' : 'strong'
}

/** Whether the certificates of a claim are what RFC 5280 calls so, whatever they vouch for. */
export const checkCertificates = ({ chain }: Claim): Evidence['certificates'] =>
  chain?.every(hasSoundExtensions) === true ? 'sound' : 'malformed'

/** MF §2.2: the digital ID of an L1 device is vouched for by the FTM provider that its model names. */
export function checkFtmPath(
  { signer, chain }: Claim,
  approved: ApprovedDevice | undefined,
  now: number,
): Evidence['ftmPath'] {
  if (signer.kind !== 'ftm-chip' || approved?.ftmAnchor === undefined) return 'not-applicable'
  if (chain === undefined) return 'malformed'
  const anchor = readAnchor(approved.ftmAnchor)
  if (anchor === undefined) return 'malformed'
  const result = validatePath(chain, { anchors: [anchor], at: now })
  return result.isValid ? 'valid' : result.problem
}

/** It was read when it was added; a reader that became stricter since refuses its chips, and nothing else. */
function readAnchor(der: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(der)
  } catch (error) {
    if (error instanceof SanadError) return undefined
    throw error
  }
}

/**
 * The keys of chip, provider and what stands between them, by the tests that device keys have. Only for a path
 * that holds: what nobody vouches for is not worth the arithmetic.
 */
export function checkFtmKeys(
  { chain }: Claim,
  approved: ApprovedDevice | undefined,
  path: Evidence['ftmPath'],
): Evidence['ftmKeys'] {
  const [chip, ...authorities] = chain ?? []
  if (path !== 'valid' || chip === undefined || approved?.ftmAnchor === undefined)
    return 'not-applicable'
  const weakness =
    findKeyWeakness(chip) ??
    [...authorities, parseCertificate(approved.ftmAnchor)]
      .map(findAuthorityWeakness)
      .find((one) => one !== undefined)
  return weakness === undefined ? 'strong' : 'weak'
}

/** Of a path that holds: what the revocation lists of its FTM provider are asked. */
export function chipPathOf(
  { chain = [] }: Claim,
  approved: ApprovedDevice | undefined,
  path: Evidence['ftmPath'],
): ChipPath | undefined {
  const { ftmAnchor, ftmProviderId } = approved ?? {}
  if (path !== 'valid' || ftmAnchor === undefined || ftmProviderId === undefined) return undefined
  const last = chain.at(-1)
  const isComplete = last !== undefined && equalBytes(last.der, ftmAnchor)
  const certificates = isComplete ? chain : [...chain, parseCertificate(ftmAnchor)]
  return { ftmProviderId, certificates }
}

export function ftmCertificateOf({ signer, certificates }: Claim): string | undefined {
  const [leaf] = certificates
  if (signer.kind !== 'ftm-chip' || leaf === undefined) return undefined
  return createHash('sha256').update(leaf).digest('hex')
}

/** What each check found, as codes: shown beside a refusal, and free of the message’s values. */
export function describeEvidence(evidence: Evidence): { check: string; finding: string }[] {
  return [
    { check: 'claimed-level', finding: evidence.claimedLevel },
    { check: 'signer', finding: evidence.signer.kind },
    {
      check: 'digital-id-signature',
      finding: evidence.signer.signedDigitalId ? 'by-the-signer' : 'by-another-key',
    },
    { check: 'certificates', finding: evidence.certificates },
    { check: 'ftm-path', finding: evidence.ftmPath },
    { check: 'ftm-keys', finding: evidence.ftmKeys },
    { check: 'ftm-revocation', finding: evidence.ftmRevocation },
    { check: 'challenge', finding: evidence.challenge },
    { check: 'possession', finding: evidence.possession },
    { check: 'key', finding: evidence.key },
    { check: 'enrolment-secret', finding: evidence.enrolmentSecret },
  ]
}
