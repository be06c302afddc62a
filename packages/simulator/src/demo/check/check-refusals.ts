import type {
  DeviceCertificateView,
  DeviceList,
  DeviceListItem,
} from '@sanad/protocol/operator-api/devices'
import type { RefusalList, RefusalView } from '@sanad/protocol/operator-api/registration'
import type { Fault } from '../../faults.ts'
import { FINGERPRINT_SLAP } from '../../profiles.ts'
import type { DeviceProfile } from '../../sbi/device-profile.ts'
import type { Demo } from '../demo.ts'
import type { OperatorApi } from '../operator-api.ts'
import { type KeptPromise, type Promises, broken, keptIf, look } from './promise.ts'
import { visit } from './visitor.ts'

/** What is not genuine gets nothing, is told one sentence, and leaves the reason with the operator. */
export async function checkRefusals(demo: Demo, promises: Promises): Promise<void> {
  const api = await demo.signIn()
  await demo.stopClient()

  const unapproved: DeviceProfile = { ...FINGERPRINT_SLAP, serialNo: 'EXS442A2699999' }
  await look(
    promises,
    'a device that nobody approved is refused, with the rule and a support code',
    () =>
      expectRefusal(demo, api, {
        name: 'unapproved',
        profile: unapproved,
        rule: 'R01-device-approved',
        verdict: 'refuse',
      }),
  )

  const approved: DeviceProfile = { ...FINGERPRINT_SLAP, serialNo: 'EXS442A2600018' }
  await approve(api, approved)
  await look(promises, 'a chip of another FTM provider is refused', () =>
    expectRefusal(demo, api, {
      name: 'wrong-chip',
      profile: approved,
      fault: { kind: 'wrong-chip' },
      rule: 'R05-ftm-chain',
      verdict: 'refuse',
    }),
  )
  await look(promises, 'a digital ID that was changed after it was signed is refused', () =>
    expectNothing(demo, api, approved),
  )
  await look(
    promises,
    'a second chip on a registered serial number is quarantined, and the first is untouched',
    () => expectQuarantine(demo, api),
  )
  await look(promises, 'and the same approved device with its own chip registers', async () => {
    const { report } = await visit(demo, 'genuine', approved)
    const { items } = await api.require<DeviceList>('GET', `/devices?search=${approved.serialNo}`)
    return keptIf(items[0]?.state === 'registered', JSON.stringify(report.devices))
  })
  demo.startClient()
}

interface Refusal {
  readonly name: string
  readonly profile: DeviceProfile
  readonly fault?: Fault
  readonly rule: string
  readonly verdict: RefusalView['verdict']
}

async function expectRefusal(
  demo: Demo,
  api: OperatorApi,
  { name, profile, fault, rule, verdict }: Refusal,
): Promise<KeptPromise> {
  const { report } = await visit(demo, name, profile, fault && { fault })
  const [seen] = report.devices
  const refusal = await findRefusal(api, profile.serialNo, rule)
  if (refusal === undefined) return broken(`no refusal by ${rule}: ${JSON.stringify(seen)}`)
  const isTold = seen?.supportCode === refusal.supportCode && seen.sentence !== ''
  return keptIf(
    isTold && refusal.verdict === verdict && refusal.remedy !== '',
    JSON.stringify({ seen, refusal }),
    `${rule} ${refusal.supportCode}`,
  )
}

async function findRefusal(
  api: OperatorApi,
  serialNo: string,
  rule: string,
): Promise<RefusalView | undefined> {
  const { items } = await api.require<RefusalList>('GET', `/refusals?search=${serialNo}`)
  return items.find((refusal) => refusal.rule === rule)
}

/** Either side may notice first, the client or the server; the device stays unregistered. */
async function expectNothing(
  demo: Demo,
  api: OperatorApi,
  profile: DeviceProfile,
): Promise<KeptPromise> {
  await visit(demo, 'tampered', profile, { fault: { kind: 'tampered-digital-id' } })
  const { items } = await api.require<DeviceList>('GET', `/devices?search=${profile.serialNo}`)
  return keptIf(items[0]?.state === 'approved', `state is ${items[0]?.state}`)
}

async function expectQuarantine(demo: Demo, api: OperatorApi): Promise<KeptPromise> {
  const before = await describe(api, FINGERPRINT_SLAP.serialNo)
  const kept = await expectRefusal(demo, api, {
    name: 'clone',
    profile: FINGERPRINT_SLAP,
    fault: { kind: 'cloned-serial' },
    rule: 'R14-ftm-certificate-pinned',
    verdict: 'quarantine',
  })
  const after = await describe(api, FINGERPRINT_SLAP.serialNo)
  return kept.holds && before !== after ? broken(`the record changed: ${before} → ${after}`) : kept
}

async function describe(api: OperatorApi, serialNo: string): Promise<string> {
  const { items } = await api.require<DeviceList>('GET', `/devices?search=${serialNo}`)
  const [device] = items
  const certificates = await listCertificates(api, device)
  return JSON.stringify([
    device?.state,
    certificates.map(({ serialNumber, status }) => [serialNumber, status]),
  ])
}

export async function listCertificates(
  api: OperatorApi,
  device: DeviceListItem | undefined,
): Promise<readonly DeviceCertificateView[]> {
  if (device === undefined) return []
  const { items } = await api.require<{ items: DeviceCertificateView[] }>(
    'GET',
    `/devices/${device.deviceId}/certificates`,
  )
  return items
}

export async function approve(api: OperatorApi, profile: DeviceProfile): Promise<void> {
  const { items } = await api.require<{ items: { modelId: string; model: string }[] }>(
    'GET',
    '/models',
  )
  const model = items.find(({ model: name }) => name === profile.model)
  await api.require('POST', '/devices', { modelId: model?.modelId, serialNo: profile.serialNo })
}
