import { setTimeout as wait } from 'node:timers/promises'
import type { DeviceList } from '@sanad/protocol/operator-api/devices'
import type { FindingCounts, FindingPage } from '@sanad/protocol/operator-api/findings'
import type { Forecast } from '@sanad/protocol/operator-api/keys'
import type { PolicyList, PolicyPreview } from '@sanad/protocol/operator-api/policies'
import { FINGERPRINT_SLAP } from '../../profiles.ts'
import type { Demo } from '../demo.ts'
import { type OperatorApi, waitUntil } from '../operator-api.ts'
import { findDevice } from './devices-in-check.ts'
import { type KeptPromise, type Promises, broken, keptIf, look } from './promise.ts'

/** What an operator sees before it hurts: what a policy would change, and what is wrong. */
export async function checkForesight(demo: Demo, promises: Promises): Promise<void> {
  const api = await demo.signIn()
  await look(
    promises,
    'a change of policy shows whom it would touch, and changes nothing by that',
    async () => previewPolicy(api, await countRegistered(api)),
  )
  await look(
    promises,
    'the audit runs when asked, and finds nothing but an FTM provider without a revocation list',
    async () => {
      const found = await audit(api)
      return keptIf(found.join() === 'chip-revocation-unknown ', found.join(', '))
    },
  )
}

/** A count of the fleet serves for three minutes; by the server's clock, this is two hours later. */
export async function checkForecast(demo: Demo, promises: Promises): Promise<void> {
  const api = await demo.signIn()
  await look(
    promises,
    'the forecast counts every registered device and its certificate, and none will fail',
    async () => forecastFleet(api, await countRegistered(api)),
  )
}

/** The visitor of the refusals registered, and its client never ran again. */
const LEFT_BEHIND = 'EXS442A2600018'

/** The last part of the recovery: who did not come back is named. */
export async function checkLeftBehind(demo: Demo, promises: Promises): Promise<void> {
  const api = await demo.signIn()
  await look(
    promises,
    'forecast and audit name the one device that stayed away, and no other, as ended',
    async () => {
      const { failedAlready: failed } = await countAnew(api)
      const ended = (await audit(api)).filter((found) => found.startsWith('certificate-ended'))
      return keptIf(
        failed === 1 && ended.join() === `certificate-ended ${LEFT_BEHIND}`,
        JSON.stringify({ failed, ended }),
        ended.join(),
      )
    },
  )
}

async function countRegistered(api: OperatorApi): Promise<number> {
  return (await api.require<DeviceList>('GET', '/devices?state=registered')).items.length
}

async function previewPolicy(api: OperatorApi, devices: number): Promise<KeptPromise> {
  const before = await api.require<PolicyList>('GET', '/policies')
  const [policy] = before.items
  if (policy === undefined) return broken('no policy')
  const settings = { ...policy.settings, rotationDays: 1, rotationWindowHours: 1, overlapDays: 7 }
  const preview = await api.require<PolicyPreview>('POST', `/policies/${policy.policyId}/preview`, {
    settings,
  })
  const after = await api.require<PolicyList>('GET', '/policies')
  const due = preview.days.slice(0, 3)
  const moved = due.reduce((sum, { asItIs, asProposed }) => sum + asProposed - asItIs, 0)
  const isUnchanged = after.items[0]?.version === policy.version
  return keptIf(
    isUnchanged && preview.devices === devices && moved === devices,
    JSON.stringify({ isUnchanged, devices, preview: { ...preview, days: due } }),
    `${preview.devices} devices, ${moved} keys due by the day after tomorrow`,
  )
}

async function forecastFleet(api: OperatorApi, devices: number): Promise<KeptPromise> {
  const forecast = await countAnew(api)
  const ending = forecast.days.reduce((sum, day) => sum + day.ending, 0)
  return keptIf(
    forecast.devices === devices &&
      forecast.failedAlready === 0 &&
      forecast.willFail.in30Days === 0 &&
      ending === devices,
    JSON.stringify({ ...forecast, days: ending }),
    `${ending} certificates end within 60 days`,
  )
}

/**
 * A count of the fleet serves for three minutes, or until somebody gives devices another policy. Here one is given
 * the policy that it follows already.
 */
async function countAnew(api: OperatorApi): Promise<Forecast> {
  const read = (): Promise<Forecast> => api.require<Forecast>('GET', '/forecast?days=60')
  const before = await read()
  const { items } = await api.require<PolicyList>('GET', '/policies')
  const { deviceId } = await findDevice(api, FINGERPRINT_SLAP)
  await api.require('POST', `/policies/${items[0]?.policyId}/assignments`, {
    scope: 'device',
    targetId: deviceId,
  })
  const counted = await waitUntil('a forecast of now', async () => {
    const forecast = await read()
    return forecast.at === before.at ? undefined : forecast
  })
  await api.require('DELETE', `/policies/${items[0]?.policyId}/assignments/device/${deviceId}`)
  return counted
}

/** @returns what it found: check and device */
const SETTLED_MS = 2_000

async function audit(api: OperatorApi): Promise<readonly string[]> {
  const readAuditedAt = async (): Promise<string | null> =>
    (await api.require<FindingCounts>('GET', '/findings/counts')).auditedAt
  const before = await readAuditedAt()
  await api.require('POST', '/findings/audit')
  await waitUntil('an audit', async () => {
    const auditedAt = await readAuditedAt()
    if (auditedAt === null || auditedAt === before) return undefined
    // It is the time of the oldest check: it moves with each one until all are done.
    await wait(SETTLED_MS)
    return (await readAuditedAt()) === auditedAt ? auditedAt : undefined
  })
  const { items } = await api.require<FindingPage>('GET', '/findings')
  return items.map(({ check, device }) => `${check} ${device?.serialNo ?? ''}`)
}
