import { SanadError } from '@sanad/protocol/text/problems'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database.ts'
import type { Job } from '../../platform/schedule.ts'
import { type FetchOptions, fetchList } from './fetch-list.ts'
import './ftm-revocation-tables.ts'
import { takeList } from './take-list.ts'

/** Its name in the database, for an operator who set an address. */
export const FTM_LISTS_JOB = 'ftm-revocation-lists'

/** Lists live for days; what was revoked is known within the hour. No device can make this happen sooner. */
const EVERY_MS = HOUR_MS
/** Characters: enough for the line of a list that is wrong. */
const LONGEST_DETAIL = 128

export interface FetchJobOptions {
  readonly database: Database
  readonly clock: Clock
  readonly fetch: Pick<FetchOptions, 'guard' | 'ca' | 'proxy' | 'timeoutMs'>
}

export const ftmListsJob = (options: FetchJobOptions): Job => ({
  name: FTM_LISTS_JOB,
  everyMs: EVERY_MS,
  run: (signal) => fetchAll(options, signal),
})

/** One after the other: a provider that does not answer delays the next by a minute at most. */
export async function fetchAll(options: FetchJobOptions, signal?: AbortSignal): Promise<void> {
  const { database } = options
  const rows = await database
    .selectFrom('ftm_revocation_terms')
    .innerJoin('ftm_provider as p', 'p.ftm_provider_id', 'ftm_revocation_terms.ftm_provider_id')
    .select(['p.ftm_provider_id', 'url'])
    .where('url', 'is not', null)
    .where('p.state', '=', 'trusted')
    .execute()
  for (const { ftm_provider_id: ftmProviderId, url } of rows) {
    if (signal?.aborted === true) return
    if (url !== null) await fetchOne(options, { ftmProviderId, url }, signal)
  }
}

/** A list that cannot be had or is refused is no failure of the job: it stands beside the provider's name. */
async function fetchOne(
  { database, clock, fetch }: FetchJobOptions,
  { ftmProviderId, url }: { ftmProviderId: string; url: string },
  signal: AbortSignal | undefined,
): Promise<void> {
  const note = (outcome: object): Promise<unknown> =>
    database
      .updateTable('ftm_revocation_terms')
      .set(outcome)
      .where('ftm_provider_id', '=', ftmProviderId)
      .where('url', '=', url)
      .execute()
  try {
    const file = await fetchList(url, { ...fetch, ...(signal !== undefined && { signal }) })
    const from = { source: 'fetched', url } as const
    await takeList(database, { ftmProviderId, file, from, actor: 'server' }, clock())
    const fetchedAt = new Date(clock())
    await note({ fetched_at: fetchedAt, failed_at: null, failure_code: null, failure_detail: null })
  } catch (error) {
    if (!(error instanceof SanadError) || !error.code.startsWith('ftm-revocation-list.'))
      throw error
    await note({
      failed_at: new Date(clock()),
      failure_code: error.code,
      failure_detail: error.detail?.slice(0, LONGEST_DETAIL) ?? null,
    })
  }
}
