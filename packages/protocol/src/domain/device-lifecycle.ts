import { lifecycle, no, to } from './lifecycle.ts'

/**
 * The life of a biometric device, as one total table.
 *
 * Pure: no clock, no database, no HTTP. The server decides with it and the portal greys out buttons with it,
 * with the same sentence.
 *
 * MDS 0.9.5 › Management Server Functionalities and Interactions: the server registers genuine devices, can de-register them,
 * and is the central repository of all approved devices.
 */

export const DEVICE_STATES = [
  'approved',
  'registered',
  'suspended',
  'deregistered',
  'blocked',
] as const
export type DeviceState = (typeof DEVICE_STATES)[number]

export const DEVICE_ACTS = [
  'approve',
  'register',
  'suspend',
  'resume',
  'deregister',
  'block',
] as const
export type DeviceAct = (typeof DEVICE_ACTS)[number]

const BLOCKED = no('This device is blocked. De-register it first if it was found to be genuine.')

export const deviceLife = lifecycle<DeviceState, DeviceAct>('device.transition-refused', {
  approved: {
    approve: no('This device is approved already.'),
    register: to('registered'),
    suspend: no('This device has not registered yet. De-register it instead.'),
    resume: no('This device is not suspended.'),
    deregister: to('deregistered'),
    block: to('blocked'),
  },
  registered: {
    approve: no('This device is registered already.'),
    // A second claim on a registered serial number is a clone until a person says otherwise.
    register: no('This device is registered already. De-register it before it registers again.'),
    suspend: to('suspended'),
    resume: no('This device is not suspended.'),
    deregister: to('deregistered'),
    block: to('blocked'),
  },
  suspended: {
    approve: no('This device is suspended. Resume it, or de-register it first.'),
    register: no('This device is suspended. Resume it first.'),
    suspend: no('This device is suspended already.'),
    resume: to('registered'),
    deregister: to('deregistered'),
    block: to('blocked'),
  },
  // A repaired unit returns by a new approval and with a new key: its old certificate stays revoked.
  deregistered: {
    approve: to('approved'),
    register: no('This device was de-registered. Approve it again first.'),
    suspend: no('This device was de-registered.'),
    resume: no('This device was de-registered. Approve it again first.'),
    deregister: no('This device was de-registered already.'),
    block: to('blocked'),
  },
  // The one way out is de-registration, so that a device blocked in error starts again with a new key.
  blocked: {
    approve: BLOCKED,
    register: BLOCKED,
    suspend: BLOCKED,
    resume: BLOCKED,
    deregister: to('deregistered'),
    block: no('This device is blocked already.'),
  },
})
