import { createHash } from 'node:crypto'
import { type ProblemCode, SanadError } from '@sanad/protocol/text/problems'
import { wholeSeconds } from '../certificates/der/certificate-structure.ts'
import {
  type RevokedEntry,
  encodeTbsCertList,
  parseRevocationList,
} from '../certificates/der/revocation-list.ts'
import { attachVerifiedSignature } from '../certificates/der/verified-signature.ts'
import { DEFAULT_ISSUANCE_POLICY, crlUrlOf } from '../certificates/device-validity.ts'
import type { ProviderCertificates } from '../certificates/provider-certificates.ts'
import type { Hsm } from '../hsm/hsm.ts'
import type { Clock } from '../platform/clock.ts'
import { type Database, translateDatabaseError } from '../platform/database.ts'
import type { Logger } from '../platform/log.ts'
import type { Job } from '../platform/schedule.ts'
import { type ListIssuer, findListIssuers, keyIdOf } from './issuers.ts'
import { type ListFacts, requireSoundList } from './list-lints.ts'
import {
  type DueList,
  type FormerList,
  type MadeList,
  findDueLists,
  keepProblem,
  publishLists,
  readFormerLists,
  recordPublished,
} from './list-store.ts'
import { LIST_LIFE_MS } from './list-terms.ts'
import { findEndsOf, findRevoked } from './revoked-certificates.ts'
import './revocation-tables.ts'

/** Keeps the revocation lists of every issuer: made ahead, signed by the HSM, stored as they are served. */

export interface RevocationListsOptions {
  readonly database: Database
  readonly hsm: Pick<Hsm, 'signRevocationList'>
  readonly providers: ProviderCertificates
  readonly clock: Clock
  readonly log: Logger
  /** As baked into certificates: `https://server`, without a slash at the end. */
  readonly baseUrl: string
  readonly shards?: number
}

/** Lists in memory and at the HSM at a time; each batch is one transaction. */
const BATCH = 16

export const REVOCATION_JOB = 'revocation-lists'
/** What is revoked while a pass runs waits for the next: that is how much the work of many is put together. */
const PASS_EVERY_MS = 2_000

export interface Pass {
  readonly published: number
  readonly problem: ProblemCode | null
}

export class RevocationLists {
  readonly #database: Database
  readonly #hsm: RevocationListsOptions['hsm']
  readonly #providers: ProviderCertificates
  readonly #clock: Clock
  readonly #log: Logger
  readonly #baseUrl: string
  readonly #shards: number

  constructor(options: RevocationListsOptions) {
    this.#database = options.database
    this.#hsm = options.hsm
    this.#providers = options.providers
    this.#clock = options.clock
    this.#log = options.log
    this.#baseUrl = options.baseUrl
    this.#shards = options.shards ?? DEFAULT_ISSUANCE_POLICY.crlShards
  }

  job(): Job {
    const run = async (signal: AbortSignal): Promise<void> => void (await this.publishDue(signal))
    return { name: REVOCATION_JOB, everyMs: PASS_EVERY_MS, run }
  }

  /** One pass: whatever is due now. Lists that cannot be made stay as they are and are tried again. */
  async publishDue(signal?: AbortSignal): Promise<Pass> {
    // An import by another process may have brought a new issuer.
    await this.#providers.refresh()
    const passes: Pass[] = []
    for (const issuer of findListIssuers(this.#providers.list(), this.#clock())) {
      passes.push(await this.#publishIssuer(issuer, signal))
    }
    const problem = passes.find((pass) => pass.problem !== null)?.problem ?? null
    await keepProblem(this.#database, problem)
    return { published: passes.reduce((sum, pass) => sum + pass.published, 0), problem }
  }

  async #publishIssuer(issuer: ListIssuer, signal?: AbortSignal): Promise<Pass> {
    const { crlName } = issuer
    const due = await findDueLists(this.#database, crlName, this.#shards, this.#clock())
    let published = 0
    let problem: ProblemCode | null = null
    for (let at = 0; at < due.length && signal?.aborted !== true; at += BATCH) {
      const made = await this.#makeBatch(issuer, due.slice(at, at + BATCH))
      published += await publishLists(this.#database, made.lists)
      problem ??= made.problem
      // No use in asking for the rest now.
      if (made.problem?.startsWith('hsm.') === true) break
    }
    // Also what a pass that was cut off had published.
    await recordPublished(this.#database, crlName)
    return { published, problem }
  }

  async #makeBatch(
    issuer: ListIssuer,
    due: readonly DueList[],
  ): Promise<{ lists: readonly MadeList[]; problem: ProblemCode | null }> {
    const shards = due.map(({ shard }) => shard)
    const now = this.#clock()
    const former = await readFormerLists(this.#database, issuer.crlName, shards)
    const revoked = await findRevoked(this.#database, issuer, shards, now)
    const made = await Promise.allSettled(
      due.map((one) =>
        this.#make(issuer, one, former.get(one.shard), revoked.get(one.shard) ?? [], now),
      ),
    )
    const failed = made.find((one) => one.status === 'rejected')
    return {
      lists: made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
      problem: failed === undefined ? null : this.#describe(failed.reason),
    }
  }

  /** @throws SanadError `revocation-list.refused`, `hsm.*` */
  async #make(
    { crlName, signer }: ListIssuer,
    { shard, touches }: DueList,
    former: FormerList | undefined,
    entries: readonly RevokedEntry[],
    now: number,
  ): Promise<MadeList> {
    const before = serialNumbersOf(former)
    const gone = missingFrom(entries, before)
    const list = draftList({
      issuer: signer.certificate.subject,
      keyId: keyIdOf(signer),
      url: crlUrlOf(this.#baseUrl, crlName, shard),
      entries,
      now,
      former: former && { number: former.number, serialNumbers: before },
      endOf: await findEndsOf(this.#database, gone),
    })
    const signature = await this.#hsm.signRevocationList(signer.hsmKeyId, list.tbs)
    const der = Buffer.from(attachVerifiedSignature(list.tbs, signature, signer.publicKey))
    return {
      crl_name: crlName,
      shard,
      number: list.number,
      follows: former?.number ?? null,
      this_update: list.thisUpdate,
      next_update: list.nextUpdate,
      entries: entries.length,
      der,
      sha256: createHash('sha256').update(der).digest('hex'),
      provider_certificate_id: signer.id,
      is_recorded: former !== undefined && gone.length === 0 && entries.length === before.length,
      touches,
    }
  }

  #describe(error: unknown): ProblemCode {
    const known = translateDatabaseError(error)
    // A database that is away fails the pass, and the schedule tries again.
    if (!(known instanceof SanadError) || known.code === 'database.unavailable') throw known
    this.#log.warn({ err: known, code: known.code }, 'a revocation list could not be made')
    return known.code
  }
}

/** Every byte that is signed, linted. @throws SanadError `revocation-list.refused` */
function draftList(facts: ListFacts & { readonly entries: readonly RevokedEntry[] }) {
  const { now, former } = facts
  const thisUpdate = wholeSeconds(now)
  const nextUpdate = new Date(thisUpdate.getTime() + LIST_LIFE_MS)
  // The clock names the number, so that a database put back to an earlier day goes on above what was
  // published; and the list before is a floor under the clock.
  const number = Math.max(Math.floor(now), (former?.number ?? 0) + 1)
  const tbs = encodeTbsCertList({ ...facts, thisUpdate, nextUpdate, number })
  requireSoundList(tbs, facts)
  return { tbs, thisUpdate, nextUpdate, number }
}

const serialNumbersOf = (former: FormerList | undefined): readonly string[] =>
  former === undefined
    ? []
    : parseRevocationList(former.der).entries.map(({ serialNumber }) => serialNumber)

function missingFrom(
  entries: readonly RevokedEntry[],
  before: readonly string[],
): readonly string[] {
  const listed = new Set(entries.map(({ serialNumber }) => serialNumber))
  return before.filter((serialNumber) => !listed.has(serialNumber))
}
