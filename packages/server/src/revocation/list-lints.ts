import { equalBytes } from '@sanad/protocol/asn1/bytes'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import {
  CRL_REASONS,
  type RevocationList,
  encodeDistributionPointValue,
  parseRevocationList,
} from '../certificates/der/revocation-list.ts'
import { attachSignature } from '../certificates/der/certificate-structure.ts'
import { encodeAuthorityKeyIdentifierValue } from '../certificates/der/extensions.ts'
import { KEEP_AFTER_END_MS, LIST_LIFE_MS } from './list-terms.ts'

/** What a list has to be before the HSM is asked to sign it. */

export interface ListFacts {
  /** Subject of the provider certificate. */
  readonly issuer: Uint8Array
  readonly keyId: Uint8Array
  readonly url: string
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly former:
    | { readonly number: number; readonly serialNumbers: readonly string[] }
    | undefined
  /** Of serial numbers that stood on the list before and do not stand on this: the end of the certificate. */
  readonly endOf: ReadonlyMap<string, number>
}

interface ListLint {
  readonly id: string
  readonly source: string
  readonly holds: (list: RevocationList, facts: ListFacts) => boolean
}

const OUR_EXTENSIONS: ReadonlySet<string> = new Set([
  OID.authorityKeyIdentifier,
  OID.crlNumber,
  OID.issuingDistributionPoint,
])
const OUR_REASONS: ReadonlySet<number | undefined> = new Set(Object.values(CRL_REASONS))

export const LIST_LINTS: readonly ListLint[] = [
  {
    id: 'issuer-of-the-certificates',
    source: 'RFC 5280 §6.3.3',
    holds: (list, { issuer }) => equalBytes(list.issuer, issuer),
  },
  {
    id: 'made-now',
    source: 'RFC 5280 §5.1.2.4',
    holds: ({ thisUpdate }, { now }) => thisUpdate <= now && now - thisUpdate < 1000,
  },
  {
    id: 'next-update',
    source: 'RFC 5280 §5.1.2.5',
    holds: ({ thisUpdate, nextUpdate }) => nextUpdate - thisUpdate === LIST_LIFE_MS,
  },
  {
    id: 'number-goes-up',
    source: 'RFC 5280 §5.2.3',
    holds: ({ number }, { former }) => number > (former?.number ?? 0),
  },
  {
    id: 'authority-key-identifier',
    source: 'RFC 5280 §5.2.1',
    holds: ({ extensions }, { keyId }) =>
      isValue(
        extensions.get(OID.authorityKeyIdentifier),
        false,
        encodeAuthorityKeyIdentifierValue(keyId),
      ),
  },
  {
    id: 'number-not-critical',
    source: 'RFC 5280 §5.2.3',
    holds: ({ extensions }) => extensions.get(OID.crlNumber)?.isCritical === false,
  },
  {
    id: 'issuing-distribution-point',
    source: 'RFC 5280 §5.2.5',
    holds: ({ extensions }, { url }) =>
      isValue(
        extensions.get(OID.issuingDistributionPoint),
        true,
        encodeDistributionPointValue(url),
      ),
  },
  {
    id: 'no-other-extension',
    source: 'RFC 5280 §5.2',
    holds: ({ extensions }) => [...extensions.keys()].every((oid) => OUR_EXTENSIONS.has(oid)),
  },
  {
    id: 'reason-codes',
    source: 'RFC 5280 §5.3.1',
    holds: ({ entries }) => entries.every(({ reasonCode }) => OUR_REASONS.has(reasonCode)),
  },
  {
    id: 'each-serial-number-once',
    source: 'RFC 5280 §5.1.2.6',
    holds: ({ entries }) =>
      entries.every(
        ({ serialNumber }, at) => at === 0 || serialNumber > (entries[at - 1]?.serialNumber ?? ''),
      ),
  },
  {
    id: 'never-shrinks',
    source: 'RFC 5280 §3.3',
    holds: ({ entries }, { former, endOf, now }) => {
      const listed = new Set(entries.map(({ serialNumber }) => serialNumber))
      return (former?.serialNumbers ?? []).every(
        (serialNumber) =>
          listed.has(serialNumber) ||
          // A certificate of which nothing is on record may be valid still.
          (endOf.get(serialNumber) ?? Infinity) + KEEP_AFTER_END_MS <= now,
      )
    },
  },
]

function isValue(
  extension: { readonly isCritical: boolean; readonly value: Uint8Array } | undefined,
  isCritical: boolean,
  value: Uint8Array,
): boolean {
  return extension?.isCritical === isCritical && equalBytes(extension.value, value)
}

/** @throws SanadError `revocation-list.refused` naming every lint that fails */
export function requireSoundList(tbs: Uint8Array, facts: ListFacts): void {
  const list = readList(tbs)
  const failed = LIST_LINTS.filter(({ holds }) => !holds(list, facts)).map(({ id }) => id)
  if (failed.length > 0) throw new SanadError('revocation-list.refused', failed.join(', '))
}

function readList(tbs: Uint8Array): RevocationList {
  try {
    return parseRevocationList(attachSignature(tbs, new Uint8Array(0)))
  } catch (cause) {
    throw new SanadError('revocation-list.refused', 'not readable', { cause })
  }
}
