import { isProblemCode } from '@sanad/protocol/text/problems'
import type { DeviceState } from '../state/device-state.ts'
import type { StoredDevice } from '../state/device-state-store.ts'
import type { SeenDevice } from './last-seen.ts'
import { wordsForKey } from './key-state-words.ts'
import type { Light } from './advice.ts'
import type { ConnectionReport } from './connection-report.ts'
import {
  type LiveView,
  UNPLUGGED,
  adviseOn,
  adviseOnProblem,
  daysTooLongOffline,
} from './device-light.ts'
import type { SbiRemark, SbiReport } from './sbi-report.ts'

/** The state of the client and its devices, as `status --json` prints it. */

export interface DeviceReport {
  readonly serialNo: string
  readonly make: string
  readonly model: string
  readonly level: string
  readonly light: Light
  readonly sentence: string
  readonly progress: string
  readonly isPluggedIn?: boolean
  readonly port?: number
  readonly deviceStatus?: string
  readonly presentsCertificate?: boolean
  readonly problem?: string
  readonly supportCode?: string
  readonly keyId?: string
  /** In words for a technician. */
  readonly keyState?: string
  readonly nextRotationAt?: string
  readonly rotationReason?: string
  readonly certificateNotAfter?: string
  /** Longer than the server allows: the device is not to be used. */
  readonly offlineTooLong?: boolean
  /** Of a device that is not there now, or of a client that does not run. */
  readonly lastSeenAt?: string
  readonly lastCheckInAt?: string
  readonly nextCheckInAt?: string
  /** What its SBI writes in another form than the specification has, and the client understood. */
  readonly sbiRemarks?: readonly SbiRemark[]
}

export interface StatusReport {
  readonly isRunning: boolean
  readonly clientVersion: string
  readonly serverId: string
  /** Left out by clients from before it was there. */
  readonly connection?: ConnectionReport
  readonly devices: readonly DeviceReport[]
  /** SBIs, and devices in them, that the running client cannot read. */
  readonly sbis?: readonly SbiReport[]
}

export interface LiveDevice extends LiveView {
  readonly port: number | undefined
}

/** The client runs, every device that it knows is there and well, and it can read every SBI. */
export const isWell = ({ isRunning, devices, sbis = [] }: StatusReport): boolean =>
  isRunning && sbis.length === 0 && devices.every(({ light }) => light === 'green')

export function reportDevice(
  state: DeviceState,
  live: LiveDevice | undefined,
  now: number,
): DeviceReport {
  const { serialNo, make, model } = state.identity
  const { light, sentence } = adviseOn(state, live, now)
  return {
    serialNo,
    make,
    model,
    level: state.level,
    light,
    sentence,
    progress: state.progress,
    ...present({
      isPluggedIn: live?.isPluggedIn,
      port: live?.port,
      deviceStatus: live?.deviceStatus,
      presentsCertificate: live?.presentsCertificate,
      problem: live?.problem,
      supportCode: state.hold?.supportCode ?? state.rotation?.trouble?.supportCode,
      keyId: state.key?.keyId,
      keyState: wordsForKey(state),
      nextRotationAt: toText(state.rotation?.at),
      rotationReason: state.rotation?.reason,
      certificateNotAfter: toText(state.certificateNotAfter),
      offlineTooLong:
        state.progress === 'registered' ? daysTooLongOffline(state, now) !== undefined : undefined,
      lastCheckInAt: toText(state.lastCheckInAt),
      nextCheckInAt: toText(state.nextCheckInAt),
    }),
  }
}

/** A device with a damaged file is shown, not hidden. */
export function reportDamaged(file: string): DeviceReport {
  const serialNo = file.replace(/-[0-9a-f]{16}\.state$/, '')
  return {
    serialNo,
    make: '',
    model: '',
    level: '',
    ...adviseOnProblem('client.state-damaged'),
    progress: 'damaged',
    problem: 'client.state-damaged',
  }
}

/** Of a client that does not run: what is stored, in the light of what it saw last. */
export function reportStored(
  { file, state }: StoredDevice,
  seen: SeenDevice | undefined,
  now: number,
): DeviceReport {
  if (state === undefined) return reportDamaged(file)
  const { isPluggedIn: _, ...report } = reportDevice(state, seen && recall(seen), now)
  const { light, sentence } = report
  return {
    ...report,
    light: light === 'green' ? 'amber' : light,
    sentence: light === 'green' ? 'The device was well when the client last ran.' : sentence,
    ...present({ lastSeenAt: toText(seen?.at) }),
  }
}

/** Of a running client: a device that it has not seen since it started. */
export function reportAbsent(
  { file, state }: StoredDevice,
  seen: SeenDevice | undefined,
  now: number,
): DeviceReport {
  if (state === undefined) return { ...reportDamaged(file), isPluggedIn: false }
  const report = reportDevice(state, { ...NOT_THERE, port: seen?.port }, now)
  return { ...report, ...present({ lastSeenAt: toText(seen?.at) }) }
}

const NOT_THERE = {
  isPluggedIn: false,
  deviceStatus: undefined,
  presentsCertificate: true,
  problem: undefined,
} as const

/** Of a device that was there until then. "Do not use it" is more important than "not plugged in". */
export const reportUnplugged = (report: DeviceReport, lastSeenAt: number): DeviceReport => ({
  ...report,
  isPluggedIn: false,
  lastSeenAt: new Date(lastSeenAt).toISOString(),
  ...(report.offlineTooLong !== true && UNPLUGGED),
})

const recall = ({ port, deviceStatus, presentsCertificate, problem }: SeenDevice): LiveDevice => ({
  isPluggedIn: true,
  port,
  deviceStatus,
  presentsCertificate,
  problem: problem !== undefined && isProblemCode(problem) ? problem : undefined,
})

const toText = (at: number | undefined): string | undefined =>
  at === undefined ? undefined : new Date(at).toISOString()

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

function present<T extends object>(members: T): Present<T> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Present<T>
}
