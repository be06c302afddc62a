import { createHash } from 'node:crypto'
import type { DeviceListItem } from '@sanad/protocol/operator-api/devices'
import type { ModelView } from '@sanad/protocol/operator-api/models'
import { DEVICE_STATES, type DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@sanad/protocol/text/durations'

/** Devices as a nation has them: the same ones at every start, only their times move with the clock. */

export const iso = (at: number): string => new Date(at).toISOString()

/** The same id for the same name, so that addresses stay right between runs. */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export const sha256Of = (text: string | Uint8Array): string =>
  createHash('sha256').update(text).digest('hex')

/** A third of the devices are in none. */
export const GROUPS = ['Northern region', 'Mobile units'].map((name) => ({
  groupId: uuidOf(name),
  name,
}))

export const FTM_PROVIDER = { ftmProviderId: uuidOf('ftm'), name: 'Example Secure Elements' }

const provider = {
  deviceProvider: 'Example Biometrics',
  deviceProviderId: 'example-biometrics',
  state: 'approved' as const,
  retiredAt: null,
}

export function makeModels(now: number): ModelView[] {
  const createdAt = iso(now - 400 * DAY_MS)
  const chip = {
    level: 'L1' as const,
    ftmProvider: FTM_PROVIDER,
    l0Policy: null,
    serialNoForm: null,
    createdAt,
  }
  const host = { level: 'L0' as const, ftmProvider: null, createdAt }
  return [
    {
      ...provider,
      ...chip,
      modelId: uuidOf('slap'),
      make: 'Example',
      model: 'Slap 442',
      deviceType: 'Finger',
      deviceSubType: 'Slap',
    },
    {
      ...provider,
      ...chip,
      modelId: uuidOf('iris'),
      make: 'Example',
      model: 'Iris 220',
      deviceType: 'Iris',
      deviceSubType: 'Double',
    },
    {
      ...provider,
      ...host,
      l0Policy: 'operator-approval',
      serialNoForm: null,
      modelId: uuidOf('face'),
      make: 'Example',
      model: 'Face 100',
      deviceType: 'Face',
      deviceSubType: 'Full face',
    },
  ]
}

/** A number between 0 and 1 that looks random and is always the same for the same place. */
function share(index: number, salt: string): number {
  return createHash('sha256').update(`${salt}${index}`).digest().readUInt32BE(0) / 0xffffffff
}

function stateOf(index: number): DeviceState {
  const at = share(index, 'state')
  if (at < 0.84) return 'registered'
  if (at < 0.93) return 'approved'
  return DEVICE_STATES[2 + Math.floor(share(index, 'other') * 3)] ?? 'suspended'
}

const PREFIX = { Finger: 'EXS442', Iris: 'EXI220', Face: 'EXF100' }

function makeDevice(index: number, models: readonly ModelView[], now: number): DeviceListItem {
  const model = models[Math.floor(share(index, 'model') ** 1.6 * models.length)] ?? models[0]
  if (model === undefined) throw new Error('a device needs a model')
  const serialNo = `${PREFIX[model.deviceType]}A26${String(index + 17).padStart(6, '0')}`
  const state = index === 0 ? 'registered' : stateOf(index)
  const isKnown = state !== 'approved'
  const approvedAt = now - (30 + share(index, 'approved') * 60) * DAY_MS
  const quiet = share(index, 'quiet')
  const lastCheckIn = quiet > 0.96 ? quiet * 9 * DAY_MS : 3 * MINUTE_MS + quiet * 20 * HOUR_MS
  return {
    deviceId: uuidOf(serialNo),
    serialNo,
    make: model.make,
    model: model.model,
    modelId: model.modelId,
    deviceType: model.deviceType,
    deviceSubType: model.deviceSubType,
    level: model.level,
    group: GROUPS[Math.floor(share(index, 'group') * 3)] ?? null,
    state,
    approvedAt: iso(approvedAt),
    registeredAt: isKnown ? iso(approvedAt + DAY_MS) : null,
    presence: isKnown
      ? {
          lastCheckInAt: iso(now - lastCheckIn),
          nextCheckInAt: iso(now - lastCheckIn + DAY_MS),
          silentFrom: iso(now - lastCheckIn + 2 * DAY_MS),
          tooLongSilentFrom: iso(now - lastCheckIn + 7 * DAY_MS),
          deviceStatus: share(index, 'busy') > 0.9 ? 'Not Ready' : 'Ready',
          serviceVersion: share(index, 'version') > 0.2 ? '2.4.1' : '2.3.0',
          firmware: '1.18',
        }
      : null,
    connected: state === 'registered' && share(index, 'channel') > 0.2,
    certificateNotAfter:
      state === 'registered' || state === 'suspended'
        ? iso(now + (share(index, 'key') > 0.92 ? 6 : 20 + share(index, 'left') * 68) * DAY_MS)
        : null,
  }
}

export function makeFleet(
  count: number,
  models: readonly ModelView[],
  now: number,
): DeviceListItem[] {
  return Array.from({ length: count }, (_, index) => makeDevice(index, models, now))
}
