import type { X509Certificate } from 'node:crypto'
import type { DeviceCertificateView } from '@sanad/protocol/operator-api/devices'
import type { NewRotationOrder } from '@sanad/protocol/operator-api/keys'
import { FACE_CAMERA, FINGERPRINT_SLAP } from '../../profiles.ts'
import type { DeviceProfile } from '../../sbi/device-profile.ts'
import type { Demo } from '../demo.ts'
import { type OperatorApi, waitUntil } from '../operator-api.ts'
import { listCertificates } from './check-refusals.ts'
import { findDevice, listEvents, readCertificateInUse, secondsSince } from './devices-in-check.ts'
import { type KeptPromise, type Promises, broken, keptIf, look } from './promise.ts'

/** An operator orders new keys, and the devices change to them; nobody touches them. */
export async function checkRotation(demo: Demo, promises: Promises): Promise<void> {
  const api = await demo.signIn()
  for (const profile of [FINGERPRINT_SLAP, FACE_CAMERA]) {
    await look(
      promises,
      `an operator orders a new key for the ${profile.level} device, and it is in use and confirmed`,
      () => rotate(demo, api, profile),
    )
  }
}

async function rotate(demo: Demo, api: OperatorApi, profile: DeviceProfile): Promise<KeptPromise> {
  const { deviceId } = await findDevice(api, profile)
  const before = await readCertificateInUse(demo, profile)
  if (before === undefined) return broken('not registered before the order')
  const ordered = performance.now()
  const order: NewRotationOrder = { deviceIds: [deviceId], reason: 'policy', withinHours: 0 }
  await api.require('POST', '/rotation-orders', order)
  const replaced = serialOf(before)
  const event = await waitUntil('key.rotated', async () => {
    const rotated = await listEvents(api, deviceId, 'key.rotated')
    return rotated.find(({ data }) => data['replacesSerialNumber'] === replaced)
  })
  const duration = secondsSince(ordered)
  const after = await waitUntil('the new certificate in MOSIPDINFO', async () => {
    const shown = await readCertificateInUse(demo, profile)
    return shown !== undefined && serialOf(shown) !== replaced ? shown : undefined
  })
  const broke = findBrokenRule(before, after)
  if (broke !== undefined) return broken(broke)
  const certificates = await listCertificates(api, await findDevice(api, profile))
  const standing = `${statusOf(certificates, before)}, ${statusOf(certificates, after)}`
  const isRight =
    standing === 'superseded, active' && event.data['serialNumber'] === serialOf(after)
  return keptIf(isRight, `${standing}; ${JSON.stringify(event.data)}`, duration)
}

/** MF §6.5, MOSIP’s KeyRotationValidator: another certificate, another key, and it does not begin earlier. */
function findBrokenRule(before: X509Certificate, after: X509Certificate): string | undefined {
  if (before.fingerprint256 === after.fingerprint256) return 'the same certificate'
  if (before.publicKey.equals(after.publicKey)) return 'the same key'
  return after.validFromDate < before.validFromDate ? 'it begins earlier' : undefined
}

/** As the server writes it: lower case, without leading zeros of a byte more. */
const serialOf = ({ serialNumber }: X509Certificate): string => serialNumber.toLowerCase()

const statusOf = (
  certificates: readonly DeviceCertificateView[],
  certificate: X509Certificate,
): string | undefined =>
  certificates.find(({ serialNumber }) => serialNumber === serialOf(certificate))?.status
