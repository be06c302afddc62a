import type { DeviceAct, DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import type { Actor, NewEvent } from '@sanad/protocol/domain/events'
import type { Reason } from '@sanad/protocol/domain/reasons'
import type { DatabaseTransaction } from '../platform/database.ts'

/** What operators may do with a device that is in the repository. */
export type OperatorAct = Exclude<DeviceAct, 'register'>

export const EVENT_OF = {
  approve: 'device.reapproved',
  suspend: 'device.suspended',
  resume: 'device.resumed',
  deregister: 'device.deregistered',
  block: 'device.blocked',
} as const satisfies Record<OperatorAct, NewEvent['type']>

/** MDS 0.9.5 › Management Server Functionalities and Interactions, 4.1: de-registration is that of the device keys. */
export const ENDS_TRUST: ReadonlySet<OperatorAct> = new Set<OperatorAct>(['deregister', 'block'])

/** A device whose trust ends. */
export interface EndedDevice {
  readonly deviceId: string
  /** Before its trust ended. */
  readonly was: DeviceState
}

export interface EndOfTrust {
  readonly reason: Reason
  readonly actor: Actor
  /** Milliseconds since the epoch. */
  readonly at: number
}

/**
 * What else ends with the trust in devices, in the transaction of the act: handed in by the slices above, and by
 * those that know nothing of devices.
 *
 * @returns the events of what followed; they go on record before the act
 */
export type WhenTrustEnds = (
  tx: DatabaseTransaction,
  ended: readonly EndedDevice[],
  why: EndOfTrust,
) => Promise<readonly NewEvent[]>
