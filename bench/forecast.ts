import type { Forecast } from '@sanad/protocol/operator-api/keys'
import type { PolicyList } from '@sanad/protocol/operator-api/policies'
import { runCheck } from '../packages/server/src/findings/audit.ts'
import { ALL_CHECKS } from '../packages/server/src/findings/checks.ts'
import { refreshForecast } from '../packages/server/src/foresight/forecast-refresh.ts'
import type { OperatorApi } from '../packages/simulator/src/demo/operator-api.ts'
import type { Finding } from './figures.ts'
import { quantile, time } from './latencies.ts'
import { makeCountry, postponeDailyWork } from './million.ts'
import { ALL_CORES } from './processes.ts'
import type { Site } from './site.ts'

/** A country’s fleet: how long the forecast of all of it takes, and its daily audit. */

const DEVICES = 1_000_000
const TIMES = 200
const REFRESHES = 3
/** What the design asks for. */
const TARGET_MS = 100

export async function measureForecast(site: Site): Promise<readonly Finding[]> {
  const { database, pool } = site.database
  await makeCountry(site, DEVICES)
  const refreshes: number[] = []
  while (refreshes.length < REFRESHES)
    refreshes.push((await time(() => refreshForecast(database, Date.now())))[0])
  const cells = await countRows(site, 'forecast_cell')
  await postponeDailyWork(pool)
  const answers = await site.withServer(ALL_CORES, async () => measureAnswers(await site.signIn()))
  return [
    {
      name: 'forecast',
      figures: {
        'registered devices': DEVICES,
        'to reach, ms': TARGET_MS,
        'a new count of the fleet, median, ms': quantile(refreshes, 0.5),
        'rows that it leaves': cells,
        ...answers,
      },
    },
    { name: 'audit', figures: await measureAudit(site) },
  ]
}

async function measureAnswers(api: OperatorApi): Promise<Record<string, number>> {
  const { items } = await api.require<PolicyList>('GET', '/policies')
  const [policy] = items
  if (policy === undefined) throw new Error('the fleet has no policy')
  const settings = { ...policy.settings, rotationDays: 20, checkInSeconds: 3600 }
  const whatIf = { policyId: policy.policyId, settings }
  const forecast = await api.require<Forecast>('GET', '/forecast')
  if (forecast.devices < DEVICES) throw new Error(`${forecast.devices} devices in the forecast`)
  return {
    ...(await measureAnswer('forecast by model', () => api.require('GET', '/forecast?by=model'))),
    ...(await measureAnswer('forecast by group', () => api.require('GET', '/forecast?by=group'))),
    ...(await measureAnswer('what-if of the whole fleet', () =>
      api.require('POST', '/forecast/what-if', whatIf),
    )),
  }
}

async function measureAnswer(
  name: string,
  ask: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const took: number[] = []
  while (took.length < TIMES) took.push((await time(ask))[0])
  return {
    [`${name}, p50, ms`]: quantile(took, 0.5),
    [`${name}, p99, ms`]: quantile(took, 0.99),
  }
}

/** Each check as the schedule does it. The second time is a day like the first, with nothing new. */
async function measureAudit(site: Site): Promise<Record<string, number>> {
  const before = process.memoryUsage().rss
  const first = await auditOnce(site)
  const second = await auditOnce(site)
  const [slowest] = [...second].toSorted(([, a], [, b]) => b - a)
  return {
    'first audit, every finding new, s': sumOf(first) / 1000,
    'next audit, s': sumOf(second) / 1000,
    [`its slowest check (${slowest?.[0]}), s`]: (slowest?.[1] ?? 0) / 1000,
    'open findings': await countRows(site, 'finding'),
    'memory that the process grew by, MB':
      Math.max(process.memoryUsage().rss - before, 0) / 2 ** 20,
  }
}

async function auditOnce({ database: { database } }: Site): Promise<readonly [string, number][]> {
  const facts = { now: new Date(), hsm: { state: 'ready', since: Date.now() } } as const
  const took: [string, number][] = []
  for (const check of ALL_CHECKS)
    took.push([check.name, (await time(() => runCheck(database, check, facts)))[0]])
  return took
}

const sumOf = (took: readonly (readonly [string, number])[]): number =>
  took.reduce((sum, [, ms]) => sum + ms, 0)

async function countRows({ database: { pool } }: Site, table: string): Promise<number> {
  const { rows } = await pool.query<{ rows: number }>(`select count(*) as rows from ${table}`)
  return rows[0]?.rows ?? 0
}
