import type { DeviceIdentity, DeviceType } from './digital-id.ts'
import type { DeviceProfile } from './sbi/device-profile.ts'

/** Ready devices of a provider that does not exist, and as many more as a test wants. */

export const DEVICE_PROVIDER = {
  deviceProvider: 'Example Biometrics',
  deviceProviderId: 'EXAMPLE.BIOMETRICS',
}
export const FTM_PROVIDER = 'Example Secure Elements'

const SERVICE = {
  purpose: 'Registration',
  env: 'Staging',
  serviceVersion: '2.4.1',
  specVersion: ['0.9.5'],
} as const

export const FINGERPRINT_SLAP: DeviceProfile = {
  ...DEVICE_PROVIDER,
  ...SERVICE,
  serialNo: 'EXS442A2600017',
  make: 'Example',
  model: 'Slap 442',
  type: 'Finger',
  deviceSubType: 'Slap',
  level: 'L1',
  firmware: '7.1.0',
  // MDS 0.9.5 › Device Discovery Response: 1 left slap, 2 right slap, 3 both thumbs.
  deviceSubId: ['1', '2', '3'],
}

export const DOUBLE_IRIS: DeviceProfile = {
  ...DEVICE_PROVIDER,
  ...SERVICE,
  serialNo: 'EXI220A2600008',
  make: 'Example',
  model: 'Iris 220',
  type: 'Iris',
  deviceSubType: 'Double',
  level: 'L1',
  firmware: '3.0.2',
  deviceSubId: ['1', '2', '3'],
}

export const FACE_CAMERA: DeviceProfile = {
  ...DEVICE_PROVIDER,
  ...SERVICE,
  serialNo: 'EXF100A2600031',
  make: 'Example',
  model: 'Face 100',
  type: 'Face',
  deviceSubType: 'Full face',
  level: 'L0',
  // MDS 0.9.5 › Device Info: on L0 the same as the version of the service.
  firmware: SERVICE.serviceVersion,
  deviceSubId: ['0'],
}

export const DEMO_DEVICES: readonly DeviceProfile[] = [FINGERPRINT_SLAP, DOUBLE_IRIS, FACE_CAMERA]

/** The fixed part of a profile, as chips and digital IDs carry it. */
export function identityOf(profile: DeviceIdentity): DeviceIdentity {
  const { serialNo, make, model, type, deviceSubType, deviceProvider, deviceProviderId } = profile
  return { serialNo, make, model, type, deviceSubType, deviceProvider, deviceProviderId }
}

/** The n-th synthetic device; the same for the same number, and no two alike. */
export function makeDeviceProfile(n: number): DeviceProfile {
  const template = DEMO_DEVICES[n % DEMO_DEVICES.length] ?? FINGERPRINT_SLAP
  return { ...template, serialNo: `EX${LETTER[template.type]}${String(n).padStart(12, '0')}` }
}

export function* makeDeviceProfiles(count: number, first = 0): Generator<DeviceProfile> {
  for (let n = first; n < first + count; n++) yield makeDeviceProfile(n)
}

const LETTER: Readonly<Record<DeviceType, string>> = { Finger: 'S', Iris: 'I', Face: 'F' }
