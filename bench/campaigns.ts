import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { BulkActView } from '@sanad/protocol/operator-api/bulk-acts'
import type { CampaignView } from '@sanad/protocol/operator-api/campaigns'
import type { Filling } from '@sanad/protocol/operator-api/filling'
import type { GroupView } from '@sanad/protocol/operator-api/groups'
import type { RotationOrderView } from '@sanad/protocol/operator-api/keys'
import type { OperatorApi } from '../packages/simulator/src/demo/operator-api.ts'
import type { Finding } from './figures.ts'
import { quantile, time } from './latencies.ts'
import { makeCountry, postponeDailyWork } from './million.ts'
import { ALL_CORES } from './processes.ts'
import type { Site } from './site.ts'

/**
 * Campaigns, orders to rotate and groups over a country’s fleet: how long their requests take, how fast they are
 * filled, and how long another request waits meanwhile.
 */

const DEVICES = 1_000_000
/** What the design asks for, of each request. */
const TARGET_MS = 1_000
const EVERY_REGISTERED = { filter: { state: ['registered'] } }

export async function measureCampaigns(site: Site): Promise<readonly Finding[]> {
  await makeCountry(site, DEVICES)
  await postponeDailyWork(site.database.pool)
  return site.withServer(ALL_CORES, async () => {
    const api = await site.signIn()
    const alone = await measureOther(api, () => Promise.resolve(true))
    return [
      { name: 'another request, alone', figures: alone },
      { name: 'campaign', figures: await measureCampaign(api) },
      { name: 'campaign of rotations', figures: await measureRotations(api) },
      { name: 'order to rotate', figures: await measureOrder(api) },
      { name: 'group filled by a filter', figures: await measureGroup(api) },
    ]
  })
}

async function measureCampaign(api: OperatorApi): Promise<Record<string, number>> {
  const campaignId = randomUUID()
  const body = {
    campaignId,
    name: 'Every device',
    ...EVERY_REGISTERED,
    command: { type: 'collect-information', body: {} },
    perMinute: 60_000,
    phases: [{ devices: 10, soakMinutes: 60 }, { percent: 5 }, {}],
    abort: { failedPercent: 10, ofAtLeast: 20 },
  }
  const path = `/campaigns/${campaignId}`
  const [created, view] = await time(() => api.require<CampaignView>('POST', '/campaigns', body))
  const read = () => api.require<CampaignView>('GET', path)
  const filling = await measureFilling(api, Infinity, async () => (await read()).filling)
  const [shown] = await time(read)
  const [stopped] = await time(() => api.require('POST', `${path}/stop`, {}))
  return {
    devices: view.filling?.devices ?? view.devices,
    'created, ms': created,
    'to reach, ms': TARGET_MS,
    ...filling,
    'shown with its progress, ms': shown,
    'stopped, ms': stopped,
  }
}

/** Filled as the campaign before it: only its requests are measured. */
async function measureRotations(api: OperatorApi): Promise<Record<string, number>> {
  const campaignId = randomUUID()
  const kind = { kind: 'rotation' }
  const [previewed] = await time(() =>
    api.require('POST', '/campaigns/preview', { ...EVERY_REGISTERED, ...kind }),
  )
  const body = {
    campaignId,
    name: 'Every key',
    ...EVERY_REGISTERED,
    rotation: { reason: 'policy' },
    perMinute: 60,
    abort: { failedPercent: 10, ofAtLeast: 20 },
  }
  const [created, view] = await time(() => api.require<CampaignView>('POST', '/campaigns', body))
  const [listed] = await time(() => api.require('GET', `/campaigns/${campaignId}/devices`))
  await api.require('POST', `/campaigns/${campaignId}/stop`, {})
  return {
    devices: view.filling?.devices ?? view.devices,
    'previewed, ms': previewed,
    'created, ms': created,
    'to reach, ms': TARGET_MS,
    'its devices listed, ms': listed,
  }
}

async function measureOrder(api: OperatorApi): Promise<Record<string, number>> {
  const orderId = randomUUID()
  const body = { orderId, ...EVERY_REGISTERED, reason: 'policy', withinHours: 720 }
  const path = `/rotation-orders/${orderId}`
  const [given, view] = await time(() =>
    api.require<RotationOrderView>('POST', '/rotation-orders', body),
  )
  const read = () => api.require<RotationOrderView>('GET', path)
  const filling = await measureFilling(api, SOME_SECONDS, async () => (await read()).filling)
  const [cancelled] = await time(() => api.require('POST', `${path}/cancel`, {}))
  const begin = performance.now()
  const other = await measureOther(api, async () => (await read()).cancelling === null)
  return {
    devices: view.devices,
    'given, ms': given,
    'to reach, ms': TARGET_MS,
    ...filling,
    'cancelled, ms': cancelled,
    'seconds until its last device was let go': (performance.now() - begin) / 1000,
    'another request meanwhile, p99, ms': other['p99, ms'] ?? 0,
  }
}

async function measureGroup(api: OperatorApi): Promise<Record<string, number>> {
  const { groupId } = await api.require<GroupView>('POST', '/groups', { name: 'Every device' })
  const bulkActId = randomUUID()
  const [ordered, view] = await time(() =>
    api.require<BulkActView>('POST', `/groups/${groupId}/devices`, {
      ...EVERY_REGISTERED,
      bulkActId,
    }),
  )
  const read = () => api.require<BulkActView>('GET', `/bulk-acts/${bulkActId}`)
  const filling = await measureFilling(api, SOME_SECONDS, async () => {
    const { finishedAt, done, devices } = await read()
    return finishedAt === null ? { done, devices } : null
  })
  await api.require('POST', `/bulk-acts/${bulkActId}/cancel`, {})
  return { devices: view.devices, 'ordered, ms': ordered, 'to reach, ms': TARGET_MS, ...filling }
}

/** What is gathered at the same rate to its end is followed for this long. */
const SOME_SECONDS = 30

async function measureFilling(
  api: OperatorApi,
  mostSeconds: number,
  read: () => Promise<Filling | null>,
): Promise<Record<string, number>> {
  const begin = performance.now()
  let gathered = DEVICES
  const seconds = () => (performance.now() - begin) / 1000
  const other = await measureOther(api, async () => {
    const filling = await read()
    gathered = filling?.done ?? DEVICES
    return filling === null || seconds() > mostSeconds
  })
  return {
    'devices gathered': gathered,
    'devices gathered a second': gathered / seconds(),
    'another request meanwhile, p50, ms': other['p50, ms'] ?? 0,
    'another request meanwhile, p99, ms': other['p99, ms'] ?? 0,
  }
}

const LEAST_REQUESTS = 100
const REQUESTS_BETWEEN = 5

/** A page of devices straight from an index, over and over, until the work is done. */
async function measureOther(
  api: OperatorApi,
  isDone: () => Promise<boolean>,
): Promise<Record<string, number>> {
  const took: number[] = []
  for (let round = 0; took.length < LEAST_REQUESTS || !(await isDone()); round++) {
    for (let index = 0; index < REQUESTS_BETWEEN; index++) {
      const [ms] = await time(() => api.require('GET', '/devices?sort=serialNo&limit=20'))
      took.push(ms)
      await wait(20)
    }
  }
  return { 'p50, ms': quantile(took, 0.5), 'p99, ms': quantile(took, 0.99) }
}
