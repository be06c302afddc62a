import type { DeviceList } from '@sanad/protocol/api/devices'
import type { FindingCounts, FindingPage } from '@sanad/protocol/api/findings'
import type { Forecast } from '@sanad/protocol/api/keys'
import type { PolicyList, PolicyPreview } from '@sanad/protocol/api/policies'
import type { Demo } from '../demo.ts'
import { type OperatorApi, waitUntil } from '../operator-api.ts'
import { type KeptPromise, type Promises, broken, keptIf, look } from './promise.ts'

/** What an operator sees before it hurts: what a policy would change, what will end, what is wrong. */
export async function checkForesight(demo: Demo, promises: Promises): Promise<void> {
  const api = await demo.signIn()
  const { items } = await api.require<DeviceList>('GET', '/devices?state=registered')
  await look(
    promises,
    'a change of policy shows whom it would touch, and changes nothing by that',
    () => previewPolicy(api, items.length),
  )
  await look(promises, 'the forecast counts every registered device, and none will fail', () =>
    checkForecast(api, items.length),
  )
  await look(promises, 'the audit runs when asked, and finds nothing', () => audit(api))
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

async function checkForecast(api: OperatorApi, devices: number): Promise<KeptPromise> {
  // It is counted anew within seconds of whatever changes it.
  const forecast = await waitUntil('a forecast of all devices', async () => {
    const read = await api.require<Forecast>('GET', '/forecast?days=60')
    return read.devices === devices ? read : undefined
  })
  const ending = forecast.days.reduce((sum, day) => sum + day.ending, 0)
  const { in30Days } = forecast.willFail
  return keptIf(
    forecast.failedAlready === 0 && in30Days === 0 && ending === devices,
    JSON.stringify({ ...forecast, days: ending }),
    `${ending} certificates end within 60 days`,
  )
}

async function audit(api: OperatorApi): Promise<KeptPromise> {
  const { auditedAt: before } = await api.require<FindingCounts>('GET', '/findings/counts')
  await api.require('POST', '/findings/audit')
  const { checks } = await waitUntil('an audit', async () => {
    const counts = await api.require<FindingCounts>('GET', '/findings/counts')
    return counts.auditedAt !== null && counts.auditedAt !== before ? counts : undefined
  })
  const { items } = await api.require<FindingPage>('GET', '/findings')
  const found = items.map(({ check, device }) => `${check} ${device?.serialNo ?? ''}`)
  return keptIf(items.length === 0, found.join(', '), `${checks.length} checks`)
}
