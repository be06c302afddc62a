import { SanadError } from '@sanad/protocol/text/problems'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import type { Validity } from './management-profiles.ts'
import { BACKDATED_MS } from './management-profiles.ts'
import { wholeSeconds } from './der/certificate-structure.ts'

/** How long device certificates live, and where their revocation is told. */
export interface IssuancePolicy {
  /** MDS 0.9.5 › Keys: 30 days recommended. */
  readonly rotationDays: number
  /** MF §6.4: a packet is judged when it is processed, so a certificate outlives the use of its key. */
  readonly overlapDays: number
  /** No certificate lives longer, whatever the two above add up to. */
  readonly maximumCertificateDays?: number
  /** `https://server`, without a slash at the end. */
  readonly crlBaseUrl: string
  /** Power of two, so that every shard gets the same share of random serial numbers. */
  readonly crlShards: number
}

/** What a device's policy in force says of the life of its certificates. */
type Lifetimes = Pick<IssuancePolicy, 'rotationDays' | 'overlapDays' | 'maximumCertificateDays'>

/** The terms of one certificate: where revocation is told is the server's, the lifetimes the device's. */
export function withLifetimes(
  terms: IssuancePolicy,
  { rotationDays, overlapDays, maximumCertificateDays }: Required<Lifetimes>,
): IssuancePolicy {
  return { ...terms, rotationDays, overlapDays, maximumCertificateDays }
}

export const DEFAULT_ISSUANCE_POLICY = {
  rotationDays: 30,
  overlapDays: 10,
  crlShards: 128,
} as const

/** A certificate of less than this is of no use to a device; then the issuer is at its end. */
const SHORTEST_LIFE_MS = HOUR_MS

export interface IssuerPeriod {
  readonly notBefore: number
  readonly notAfter: number
}

/**
 * Backdated for clocks that are behind, but never before the device's previous certificate: MOSIP's
 * Compliance Toolkit demands that of a rotated key (MF §6.5). Never past the issuer (MF §2.4c).
 *
 * @throws SanadError `certificate.no-issuer`
 */
export function decideValidity(
  policy: Lifetimes,
  issuer: IssuerPeriod,
  now: number,
  previousNotBefore: number | undefined,
): Validity {
  const { rotationDays, overlapDays, maximumCertificateDays = Number.POSITIVE_INFINITY } = policy
  const life = Math.min(rotationDays + overlapDays, maximumCertificateDays) * DAY_MS
  const notAfter = Math.min(now + life, issuer.notAfter)
  if (notAfter - now < SHORTEST_LIFE_MS) {
    throw new SanadError('certificate.no-issuer', 'the provider certificate is at its end')
  }
  const notBefore = Math.max(now - BACKDATED_MS, issuer.notBefore, previousNotBefore ?? 0)
  return { notBefore: wholeSeconds(notBefore), notAfter: wholeSeconds(notAfter) }
}

/** The shard is fixed for the life of the certificate, because its URL is inside. */
export function crlShardOf(serialNumber: Uint8Array, shards: number): number {
  const [low = 0, high = 0] = [serialNumber.at(-1), serialNumber.at(-2)]
  return (high * 256 + low) % shards
}

export const crlUrlOf = (baseUrl: string, crlName: string, shard: number): string =>
  `${baseUrl}/crl/${crlName}/${shard}.crl`
