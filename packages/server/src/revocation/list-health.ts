import type { RevocationListsView } from '@sanad/protocol/operator-api/keys'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { readName } from '@sanad/protocol/asn1/x509'
import { sql } from 'kysely'
import { DEFAULT_ISSUANCE_POLICY } from '../certificates/device-validity.ts'
import type { ProviderCertificates } from '../certificates/provider-certificates.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { type ListIssuer, findListIssuers } from './issuers.ts'
import { findDueLists } from './list-store.ts'
import './revocation-tables.ts'

export interface ListHealthParts {
  readonly database: Database
  readonly providers: ProviderCertificates
  readonly clock: Clock
  readonly baseUrl: string
}

/** How the lists of every issuer stand. */
export async function describeLists(parts: ListHealthParts): Promise<RevocationListsView> {
  const issuers = findListIssuers(parts.providers.list(), parts.clock())
  const health = await parts.database
    .selectFrom('revocation_health')
    .select('problem')
    .executeTakeFirst()
  return {
    issuers: await Promise.all(issuers.map((issuer) => describeIssuer(parts, issuer))),
    problem: health?.problem ?? null,
  }
}

interface Totals {
  readonly lists: number
  readonly entries: number
  readonly oldest: Date | null
  readonly earliest: Date | null
}

async function describeIssuer(
  { database, clock, baseUrl }: ListHealthParts,
  { crlName, signer }: ListIssuer,
): Promise<RevocationListsView['issuers'][number]> {
  const { rows } = await sql<Totals>`
    select count(*) as lists, coalesce(sum(entries), 0) as entries,
      min(this_update) as oldest, min(next_update) as earliest
    from revocation_list where crl_name = ${crlName}`.execute(database)
  const [
    { lists, entries, oldest, earliest } = { lists: 0, entries: 0, oldest: null, earliest: null },
  ] = rows
  const due = await findDueLists(database, crlName, DEFAULT_ISSUANCE_POLICY.crlShards, clock())
  return {
    crlName,
    subject: describeName(signer.certificate.subject),
    urlPattern: `${baseUrl}/crl/${crlName}/{shard}.crl`,
    lists,
    entries,
    oldestThisUpdate: oldest && formatTimestamp(oldest.getTime()),
    earliestNextUpdate: earliest && formatTimestamp(earliest.getTime()),
    waiting: due.length,
  }
}

const SHOWN = [
  ['C', OID.country],
  ['O', OID.organisation],
  ['CN', OID.commonName],
] as const

const describeName = (name: Uint8Array): string =>
  SHOWN.flatMap(([label, oid]) => readName(name, oid).map((value) => `${label}=${value}`)).join(
    ', ',
  )
