import type { DeviceCertificateView } from '@sanad/protocol/operator-api/devices'
import type { ApprovalList, ApprovalView } from '@sanad/protocol/operator-api/registration'
import { DOUBLE_IRIS, FACE_CAMERA, FINGERPRINT_SLAP } from '../../profiles.ts'
import type { DeviceProfile } from '../../sbi/device-profile.ts'
import type { Demo } from '../demo.ts'
import { type OperatorApi, waitUntil } from '../operator-api.ts'
import { listCertificates } from './check-refusals.ts'
import { findDevice, listEvents, secondsSince } from './devices-in-check.ts'
import { type KeptPromise, type Promises, broken, keptIf, look } from './promise.ts'
import { askSbi } from './sbi-info.ts'

/** Certificates last 40 days, and 14 of grace follow. */
const DAYS_AWAY = 45
/** A device whose approval is pending asks again every minute. */
const PATIENCE_MS = 120_000

/**
 * Devices that were in a drawer for longer than their certificates lasted.
 *
 * The last part of the check: server and devices have a clock that is ahead from here on, and time does not run
 * back. The client keeps the machine’s, which it does not trust anyway.
 */
export async function checkRecovery(demo: Demo, promises: Promises): Promise<void> {
  await demo.stopClient()
  await demo.stopServer()
  await demo.startServer({ hours: DAYS_AWAY * 24 })
  const api = await demo.signIn()
  await look(promises, `after ${DAYS_AWAY} days in a drawer every SBI says Not Registered`, () =>
    checkExpired(demo),
  )
  const started = performance.now()
  demo.startClient()
  await look(
    promises,
    'the L1 devices come back by their chips, with new keys, and nobody has to come',
    () => recoverByChip(demo, api, started),
  )
  await look(promises, 'the L0 device waits for an operator’s word, and comes back by it', () =>
    recoverByApproval(demo, api),
  )
}

async function checkExpired(demo: Demo): Promise<KeptPromise> {
  const { devices } = demo.simulation
  const answers = await Promise.all(devices.map(({ port }) => askSbi(port ?? 0)))
  const statuses = answers.map(({ deviceStatus }) => deviceStatus)
  return keptIf(
    statuses.every((status) => status === 'Not Registered'),
    statuses.join(),
    `${statuses.length} SBIs`,
  )
}

async function recoverByChip(demo: Demo, api: OperatorApi, started: number): Promise<KeptPromise> {
  for (const profile of [FINGERPRINT_SLAP, DOUBLE_IRIS]) {
    const wrong = await findWrong(demo, api, profile, 'ftm')
    if (wrong !== undefined) return broken(`${profile.serialNo}: ${wrong}`)
  }
  return keptIf(true, '', `${secondsSince(started)} from the client’s start`)
}

async function recoverByApproval(demo: Demo, api: OperatorApi): Promise<KeptPromise> {
  const approval = await waitUntil('a request for approval', async () => {
    const { items } = await api.require<ApprovalList>('GET', '/approvals')
    return items.find(({ serialNo }) => serialNo === FACE_CAMERA.serialNo)
  })
  const tooEarly = await listEvents(api, approval.deviceId, 'key.recovered')
  if (tooEarly.length > 0) return broken('it came back before anybody said so')
  if (!(await isShownToTechnician(demo, approval))) return broken('the client shows another code')
  const approved = performance.now()
  await api.require('POST', `/approvals/${approval.requestId}/decide`, { decision: 'approved' })
  const wrong = await findWrong(demo, api, FACE_CAMERA, 'operator-approval')
  return keptIf(
    wrong === undefined && approval.kind === 'recovery',
    `${approval.kind}: ${wrong}`,
    `${secondsSince(approved)} from the approval`,
  )
}

async function isShownToTechnician(demo: Demo, { supportCode }: ApprovalView): Promise<boolean> {
  const { devices } = await demo.readClientStatus()
  const shown = devices.find(({ serialNo }) => serialNo === FACE_CAMERA.serialNo)
  return shown?.supportCode === supportCode
}

/** Waits until the device is back. @returns what is not as it should be */
async function findWrong(
  demo: Demo,
  api: OperatorApi,
  profile: DeviceProfile,
  proof: string,
): Promise<string | undefined> {
  const device = await findDevice(api, profile)
  const event = await waitUntil(
    `key.recovered of ${profile.serialNo}`,
    async () => {
      const [newest] = await listEvents(api, device.deviceId, 'key.recovered')
      return newest
    },
    PATIENCE_MS,
  )
  await waitUntil('the SBI is Ready', async () => {
    const { deviceStatus } = await askSbi(demo.simulation.find(profile.serialNo)?.port ?? 0)
    return deviceStatus === 'Ready' ? true : undefined
  })
  const { state } = await findDevice(api, profile)
  const certificates = await listCertificates(api, device)
  const statusOf = (field: string): string | undefined =>
    findStatus(certificates, String(event.data[field]))
  const standing = `${statusOf('replacesSerialNumber')}, ${statusOf('serialNumber')}`
  const isRight =
    event.data['proof'] === proof && state === 'registered' && standing === 'expired, active'
  return isRight ? undefined : JSON.stringify({ ...event.data, state, standing })
}

const findStatus = (
  certificates: readonly DeviceCertificateView[],
  serial: string,
): string | undefined => certificates.find(({ serialNumber }) => serialNumber === serial)?.status
