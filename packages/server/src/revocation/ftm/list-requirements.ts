import { equalBytes } from '@sanad/protocol/asn1/bytes'
import { checkSignature } from '@sanad/protocol/wire/envelope/certificate-path'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { type ProblemCode, SanadError } from '@sanad/protocol/text/problems'
import {
  type Certificate,
  KEY_USAGE,
  readBasicConstraints,
  readKeyUsage,
  readSubjectKeyIdentifier,
} from '@sanad/protocol/asn1/x509'
import { findAuthorityWeakness } from '../../certificates/chain-strength.ts'
import { type Issuer, findIssuers, isUnder } from './issuers.ts'
import type { ForeignList } from './read-list.ts'

/** What a revocation list of an FTM provider has to be before anything is believed of it. */

export interface ListFacts {
  /** The certificate of the FTM provider. */
  readonly anchor: Certificate
  /** The authority whose key signed it; where none did, the first that has the name. */
  readonly issuer: Issuer | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly former: FormerList | undefined
}

/** The list of the same issuer that is kept already. */
export interface FormerList {
  readonly number: bigint
  readonly thisUpdate: number
}

interface Requirement {
  readonly id: string
  readonly code: ProblemCode
  readonly source: string
  readonly holds: (list: ForeignList, facts: ListFacts) => boolean
}

/** Clocks of issuers run ahead a little; more than that is a list of another day. */
const CLOCK_SKEW_MS = 5 * 60_000

/** Of lists. Critical or not, these are read; others count only where they are critical (RFC 5280 §5.2). */
const UNDERSTOOD: ReadonlySet<string> = new Set([
  OID.authorityKeyIdentifier,
  OID.crlNumber,
  OID.issuingDistributionPoint,
  OID.deltaListIndicator,
])

/** Of an issuer that is not there nothing is asked but that. */
const ofIssuer =
  (holds: (issuer: Issuer, list: ForeignList, facts: ListFacts) => boolean) =>
  (list: ForeignList, facts: ListFacts): boolean =>
    facts.issuer === undefined || holds(facts.issuer, list, facts)

/** In order; the first that does not hold names the refusal. */
export const LIST_REQUIREMENTS: readonly Requirement[] = [
  {
    id: 'no-delta',
    code: 'ftm-revocation-list.delta',
    source: 'RFC 5280 §5.2.4',
    holds: ({ scope }) => scope !== 'delta',
  },
  {
    id: 'direct',
    code: 'ftm-revocation-list.indirect',
    source: 'RFC 5280 §5.2.5, §5.3.3',
    holds: ({ scope }) => scope !== 'indirect',
  },
  {
    id: 'complete',
    code: 'ftm-revocation-list.partial',
    source: 'RFC 5280 §5.2.5',
    holds: ({ scope }) => scope !== 'partial',
  },
  {
    id: 'critical-extensions',
    code: 'ftm-revocation-list.critical-extension',
    source: 'RFC 5280 §5.2',
    holds: ({ extensions }) =>
      [...extensions].every(([name, { isCritical }]) => !isCritical || UNDERSTOOD.has(name)),
  },
  {
    id: 'critical-entry-extensions',
    code: 'ftm-revocation-list.critical-extension',
    source: 'RFC 5280 §5.3',
    holds: ({ strangeEntryExtension }) => strangeEntryExtension === undefined,
  },
  {
    id: 'number',
    code: 'ftm-revocation-list.malformed',
    source: 'RFC 5280 §5.2.3',
    holds: ({ number }) => number !== undefined,
  },
  {
    id: 'issuer-name',
    code: 'ftm-revocation-list.issuer-unknown',
    source: 'RFC 5280 §6.3.3 (b)',
    holds: (_, { issuer }) => issuer !== undefined,
  },
  {
    id: 'issuer-path',
    code: 'ftm-revocation-list.issuer-refused',
    source: 'RFC 5280 §6.3.3 (f)',
    holds: ofIssuer(
      (issuer, _, { anchor, now }) =>
        isUnder(issuer, anchor, now) && readBasicConstraints(issuer.certificate).isCa,
    ),
  },
  {
    id: 'issuer-crl-sign',
    code: 'ftm-revocation-list.issuer-refused',
    source: 'RFC 5280 §6.3.3 (f)',
    holds: ofIssuer(
      ({ certificate }) => readKeyUsage(certificate)?.includes(KEY_USAGE.crlSign) !== false,
    ),
  },
  {
    id: 'issuer-key-strength',
    code: 'ftm-revocation-list.issuer-refused',
    source: 'MF §2.3',
    holds: ofIssuer(({ certificate }) => findAuthorityWeakness(certificate) === undefined),
  },
  {
    id: 'issuer-key-identifier',
    code: 'ftm-revocation-list.issuer-unknown',
    source: 'RFC 5280 §5.2.1',
    holds: ofIssuer(({ certificate }, { issuerKeyId }) => {
      const keyId = readSubjectKeyIdentifier(certificate)
      return issuerKeyId === undefined || keyId === undefined || equalBytes(issuerKeyId, keyId)
    }),
  },
  {
    id: 'signature',
    code: 'ftm-revocation-list.signature-invalid',
    source: 'RFC 5280 §6.3.3 (g)',
    holds: ofIssuer(({ certificate }, list) => isSignedBy(list, certificate)),
  },
  {
    id: 'not-of-tomorrow',
    code: 'ftm-revocation-list.outside-dates',
    source: 'RFC 5280 §5.1.2.4',
    holds: ({ thisUpdate }, { now }) => thisUpdate <= now + CLOCK_SKEW_MS,
  },
  {
    id: 'not-over',
    code: 'ftm-revocation-list.outside-dates',
    source: 'RFC 5280 §5.1.2.5',
    holds: ({ nextUpdate }, { now }) => nextUpdate > now,
  },
  {
    id: 'number-not-lower',
    code: 'ftm-revocation-list.rolled-back',
    source: 'RFC 5280 §5.2.3',
    holds: ({ number = -1n }, { former }) => former === undefined || number >= former.number,
  },
  {
    id: 'update-not-older',
    code: 'ftm-revocation-list.rolled-back',
    source: 'RFC 5280 §5.1.2.4',
    holds: ({ thisUpdate }, { former }) => former === undefined || thisUpdate >= former.thisUpdate,
  },
]

/** The ids of all that do not hold. */
export const findBroken = (list: ForeignList, facts: ListFacts): readonly Requirement[] =>
  LIST_REQUIREMENTS.filter(({ holds }) => !holds(list, facts))

/** @throws SanadError `ftm-revocation-list.*`, naming in its detail every requirement that does not hold */
export function requireList(list: ForeignList, facts: ListFacts): void {
  const broken = findBroken(list, facts)
  const [first] = broken
  if (first === undefined) return
  throw new SanadError(first.code, broken.map(({ id }) => id).join(', '))
}

/** After a change of keys two authorities have one name; the signature tells them apart. */
export function chooseIssuer(
  list: ForeignList,
  anchor: Certificate,
  authorities: readonly Certificate[],
): Issuer | undefined {
  const issuers = findIssuers(list.issuer, anchor, authorities)
  if (issuers.length < 2) return issuers[0]
  return issuers.find(({ certificate }) => isSignedBy(list, certificate)) ?? issuers[0]
}

function isSignedBy(list: ForeignList, { spki }: Certificate): boolean {
  try {
    return checkSignature(list, { spki }) === undefined
  } catch (error) {
    // A key that is out of bounds verifies nothing.
    if (error instanceof SanadError) return false
    throw error
  }
}
