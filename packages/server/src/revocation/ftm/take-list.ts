import { createHash } from 'node:crypto'
import type { Actor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Certificate } from '@sanad/protocol/asn1/x509'
import { sql } from 'kysely'
import { recordEvents } from '../../record/record-events.ts'
import { instant } from '../../platform/instant.ts'
import type { Database, DatabaseTransaction } from '../../platform/database.ts'
import { findAuthorities, keepAuthorities, subjectOf } from './authority-store.ts'
import './ftm-revocation-tables.ts'
import { type Issuer, digestKey, readAuthority } from './issuers.ts'
import { readListFile } from './list-file.ts'
import { type FormerList, chooseIssuer, requireList } from './list-requirements.ts'
import { type ForeignList, readForeignList } from './read-list.ts'

/** Where a list came from. */
export type ListSource =
  | { readonly source: 'imported'; readonly operatorId: string }
  | { readonly source: 'fetched'; readonly url: string }

export interface GivenList {
  readonly ftmProviderId: string
  readonly file: Uint8Array
  readonly from: ListSource
  readonly actor: Actor
}

interface Provider {
  readonly name: string
  readonly anchor: Certificate
}

/**
 * Reads, verifies and keeps a list, in one transaction with its event. A list that is kept already changes nothing.
 *
 * @throws SanadError `ftm-provider.not-found`, `ftm-revocation-list.*`; then the former list stays
 */
export async function takeList(
  database: Database,
  { ftmProviderId, file, from, actor }: GivenList,
  now: number,
): Promise<void> {
  const { list: der, certificates } = readListFile(file)
  const shown = certificates.map(readAuthority)
  const list = await readForeignList(der)
  const sha256 = createHash('sha256').update(der).digest()
  await database.transaction().execute(async (tx) => {
    const provider = await lockProvider(tx, ftmProviderId)
    const { name, anchor } = provider
    const authorities = [...shown, ...(await findAuthorities(tx, ftmProviderId))]
    const issuer = chooseIssuer(list, anchor, authorities)
    const former = issuer && (await findFormer(tx, ftmProviderId, digestKey(issuer.certificate)))
    requireList(list, { anchor, issuer, now, former })
    if (issuer === undefined) throw new SanadError('ftm-revocation-list.issuer-unknown')
    if (former?.sha256.equals(sha256) === true) return
    await keepAuthorities(tx, pathOf(ftmProviderId, issuer, anchor))
    await keepList(tx, { ftmProviderId, list, issuer, sha256, from, now })
    const data = {
      ftmProviderId,
      name,
      sha256: sha256.toString('hex'),
      crlNumber: `${list.number}`,
      nextUpdate: instant(new Date(list.nextUpdate)),
      revoked: list.entries.length,
      source: from.source,
    }
    await recordEvents(tx, [{ type: 'ftm-provider.revocation-list-taken', actor, data }])
  })
}

/** Two lists of one provider are taken one after the other, so that the older one is seen to be older. */
async function lockProvider(tx: DatabaseTransaction, ftmProviderId: string): Promise<Provider> {
  await sql`select pg_advisory_xact_lock(${LOCK}, hashtext(${ftmProviderId}))`.execute(tx)
  const row = await tx
    .selectFrom('ftm_provider')
    .select(['name', 'certificate'])
    .where('ftm_provider_id', '=', ftmProviderId)
    .executeTakeFirst()
  if (row === undefined) throw new SanadError('ftm-provider.not-found')
  return { name: row.name, anchor: readAuthority(row.certificate) }
}

const LOCK = 7_340_125

async function findFormer(
  tx: DatabaseTransaction,
  ftmProviderId: string,
  issuerKey: Buffer,
): Promise<(FormerList & { readonly sha256: Buffer }) | undefined> {
  const row = await tx
    .selectFrom('ftm_revocation_list')
    .select(['crl_number', 'this_update', 'sha256'])
    .where('ftm_provider_id', '=', ftmProviderId)
    .where('issuer_key', '=', issuerKey)
    .executeTakeFirst()
  return (
    row && {
      number: BigInt(row.crl_number),
      thisUpdate: row.this_update.getTime(),
      sha256: Buffer.from(row.sha256),
    }
  )
}

/** The issuer and those above it, each with its own issuer. */
function pathOf(ftmProviderId: string, { certificate, above }: Issuer, anchor: Certificate) {
  const path = [certificate, ...above, anchor]
  return path
    .slice(0, -1)
    .filter((one) => one !== anchor)
    .map((one, index) => ({
      ftmProviderId,
      certificate: one,
      issuer: path[index + 1] as Certificate,
      anchor,
    }))
}

interface VerifiedList {
  readonly ftmProviderId: string
  readonly list: ForeignList
  readonly issuer: Issuer
  readonly sha256: Buffer
  readonly from: ListSource
  readonly now: number
}

/** Until the transaction ends, registrations ask the former list. */
async function keepList(
  tx: DatabaseTransaction,
  { ftmProviderId, list, issuer: { certificate }, sha256, from, now }: VerifiedList,
): Promise<void> {
  const key = { ftm_provider_id: ftmProviderId, issuer_key: digestKey(certificate) }
  const terms = {
    issuer: subjectOf(certificate),
    crl_number: `${list.number}`,
    this_update: new Date(list.thisUpdate),
    next_update: new Date(list.nextUpdate),
    revoked: list.entries.length,
    sha256,
    source: from.source,
    imported_by: from.source === 'imported' ? from.operatorId : null,
    url: from.source === 'fetched' ? from.url : null,
    taken_at: new Date(now),
  }
  await tx
    .insertInto('ftm_revocation_list')
    .values({ ...key, ...terms })
    .onConflict((conflict) =>
      conflict.columns(['ftm_provider_id', 'issuer_key']).doUpdateSet(terms),
    )
    .execute()
  await tx
    .deleteFrom('ftm_revoked_certificate')
    .where('ftm_provider_id', '=', ftmProviderId)
    .where('issuer_key', '=', key.issuer_key)
    .execute()
  for (let at = 0; at < list.entries.length; at += ROWS_AT_ONCE) {
    const some = list.entries.slice(at, at + ROWS_AT_ONCE)
    await sql`
      insert into ftm_revoked_certificate (ftm_provider_id, issuer_key, serial_number, revoked_at, reason)
      select ${ftmProviderId}::uuid, ${key.issuer_key}::bytea, serial_number, revoked_at, reason
      from unnest(
        ${some.map(({ serialNumber }) => Buffer.from(serialNumber))}::bytea[],
        ${some.map(({ revokedAt }) => new Date(revokedAt))}::timestamptz[],
        ${some.map(({ reason = null }) => reason)}::smallint[]
      ) as entry (serial_number, revoked_at, reason)`.execute(tx)
  }
}

/** Keeps the text of one statement below a megabyte. */
const ROWS_AT_ONCE = 5000
