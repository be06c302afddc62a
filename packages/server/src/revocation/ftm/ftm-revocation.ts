import { createHash } from 'node:crypto'
import {
  DEFAULT_REVOCATION_POLICY,
  type FtmListView,
  type FtmRevocationView,
  type SetFtmRevocation,
} from '@sanad/protocol/operator-api/ftm-revocation'
import type { Actor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { type Selectable, sql } from 'kysely'
import { recordEvents } from '../../record/record-events.ts'
import { instant, instantOrNull } from '../../platform/instant.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database.ts'
import type { AddressGuard } from '../../webhooks/address-guard.ts'
import { STALE_AFTER_MS } from './chip-standing.ts'
import { requireListUrl } from './fetch-list.ts'
import type { FtmRevocationListTable } from './ftm-revocation-tables.ts'
import { type GivenList, takeList } from './take-list.ts'

/**
 * The revocation lists of FTM providers, and what is done where there is none.
 *
 * MDS 0.9.5 names no way for an FTM provider to take its word on a chip back; a chip lives for twenty years.
 */
export class FtmRevocation {
  readonly #database: Database
  readonly #clock: Clock
  readonly #guard: AddressGuard

  constructor(options: { database: Database; clock: Clock; guard: AddressGuard }) {
    this.#database = options.database
    this.#clock = options.clock
    this.#guard = options.guard
  }

  /** @throws SanadError `ftm-provider.not-found`, `ftm-revocation-list.*` */
  take(given: GivenList): Promise<void> {
    return takeList(this.#database, given, this.#clock())
  }

  /** @throws SanadError `ftm-provider.not-found`, `ftm-revocation-list.url-refused` */
  async set(ftmProviderId: string, set: SetFtmRevocation, actor: Actor): Promise<void> {
    const { revocationPolicy, url } = set
    if (url !== null) requireListUrl(url, this.#guard)
    await this.#database.transaction().execute(async (tx) => {
      const provider = await tx
        .selectFrom('ftm_provider')
        .select('name')
        .where('ftm_provider_id', '=', ftmProviderId)
        .executeTakeFirst()
      if (provider === undefined) throw new SanadError('ftm-provider.not-found')
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('ftm_revocation_terms')
        .values({ ftm_provider_id: ftmProviderId, revocation_policy: revocationPolicy, url })
        .onConflict((conflict) =>
          conflict
            .column('ftm_provider_id')
            .doUpdateSet({
              revocation_policy: revocationPolicy,
              url,
              // What was found at the former address says nothing of this one.
              ...forgetUnlessSame(url),
            })
            .where(
              sql<boolean>`(ftm_revocation_terms.revocation_policy, ftm_revocation_terms.url)
                is distinct from (${revocationPolicy}::text, ${url}::text)`,
            ),
        )
        .executeTakeFirst()
      if (numInsertedOrUpdatedRows === 0n) return
      const data = {
        ftmProviderId,
        name: provider.name,
        revocationPolicy,
        ...(url !== null && describeUrl(url)),
      }
      await recordEvents(tx, [{ type: 'ftm-provider.revocation-policy-set', actor, data }])
    })
  }

  /** @throws SanadError `ftm-provider.not-found` */
  async describe(ftmProviderId: string): Promise<FtmRevocationView> {
    const database = this.#database
    const terms = await database
      .selectFrom('ftm_provider as p')
      .leftJoin('ftm_revocation_terms as t', 't.ftm_provider_id', 'p.ftm_provider_id')
      .select(['t.revocation_policy', 't.url', 't.fetched_at', 't.failed_at', 't.failure_code'])
      .select('t.failure_detail')
      .where('p.ftm_provider_id', '=', ftmProviderId)
      .executeTakeFirst()
    if (terms === undefined) throw new SanadError('ftm-provider.not-found')
    const lists = await database
      .selectFrom('ftm_revocation_list')
      .selectAll()
      .where('ftm_provider_id', '=', ftmProviderId)
      .orderBy('issuer')
      .execute()
    const without = await issuersWithoutList(database, ftmProviderId)
    const { failed_at: failedAt, failure_code: code } = terms
    return {
      revocationPolicy: terms.revocation_policy ?? DEFAULT_REVOCATION_POLICY,
      ...statusOf(lists, without, this.#clock()),
      issuersWithoutList: [...without],
      lists: await Promise.all(lists.map((list) => describeList(database, list))),
      url: terms.url,
      fetchedAt: instantOrNull(terms.fetched_at),
      failure:
        failedAt === null || code === null
          ? null
          : { at: instant(failedAt), code, detail: terms.failure_detail },
    }
  }
}

/** The record keeps no long texts: where an address leads, and which it was. */
const describeUrl = (url: string) => ({
  host: new URL(url).host.slice(0, 128),
  urlSha256: createHash('sha256').update(url).digest('hex'),
})

const forgetUnlessSame = (url: string | null) => {
  const unless = <T>(column: string) =>
    sql<T | null>`case when ftm_revocation_terms.url is not distinct from ${url}::text
      then ${sql.ref(`ftm_revocation_terms.${column}`)} end`
  return {
    fetched_at: unless<Date>('fetched_at'),
    failed_at: unless<Date>('failed_at'),
    failure_code: unless<string>('failure_code'),
    failure_detail: unless<string>('failure_detail'),
  }
}

type List = Selectable<FtmRevocationListTable>

function statusOf(
  lists: readonly List[],
  without: readonly string[],
  now: number,
): Pick<FtmRevocationView, 'status' | 'until'> {
  const ends = lists.map(({ next_update }) => next_update.getTime())
  if (ends.length === 0) return { status: 'none', until: null }
  const end = Math.min(...ends)
  const until = instant(new Date(end))
  if (without.length > 0) return { status: 'none', until }
  return { status: end + STALE_AFTER_MS < now ? 'stale' : 'current', until }
}

/** Issuers of registered chips, and of the authorities above them, by their names. */
async function issuersWithoutList(
  database: Database,
  ftmProviderId: string,
): Promise<readonly string[]> {
  const { rows } = await sql<{ subject: string }>`
    select distinct coalesce(a.subject, p.subject) as subject
    from ftm_provider p
    cross join lateral (
      select a.subject, a.authority_key as issuer_key from ftm_authority a
        where a.ftm_provider_id = p.ftm_provider_id
      union
      select null, a.issuer_key from ftm_authority a
        where a.ftm_provider_id = p.ftm_provider_id and a.issuer_sha256 is null
    ) a
    left join ftm_revocation_list l on l.ftm_provider_id = p.ftm_provider_id and l.issuer_key = a.issuer_key
    where p.ftm_provider_id = ${ftmProviderId} and l.issuer_key is null
    order by 1`.execute(database)
  return rows.map(({ subject }) => subject)
}

async function describeList(database: Database, list: List): Promise<FtmListView> {
  return {
    issuer: list.issuer,
    sha256: Buffer.from(list.sha256).toString('hex'),
    crlNumber: list.crl_number,
    thisUpdate: instant(list.this_update),
    nextUpdate: instant(list.next_update),
    revoked: list.revoked,
    source: list.source,
    importedBy: await nameOperator(database, list.imported_by),
    url: list.url,
    takenAt: instant(list.taken_at),
  }
}

async function nameOperator(database: Database, id: string | null): Promise<string | null> {
  if (id === null) return null
  const { rows } = await sql<{ name: string }>`
    select name from operator where operator_id = ${id}`.execute(database)
  return rows[0]?.name ?? null
}
