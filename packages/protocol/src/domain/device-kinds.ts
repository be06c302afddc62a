/** What kinds of devices there are. Apart from the schemas: a page reads an address without them. */

export const DEVICE_TYPES = ['Finger', 'Iris', 'Face'] as const
export type DeviceType = (typeof DEVICE_TYPES)[number]

/** Sub-types that MOSIP knows, by type. */
export const DEVICE_SUB_TYPES = {
  Finger: ['Slap', 'Single', 'Touchless'],
  Iris: ['Single', 'Double'],
  Face: ['Full face'],
} as const satisfies Record<DeviceType, readonly string[]>

/** The level of the registered model: L1 has a Foundational Trust Module, L0 keeps its key on the host. */
export const LEVELS = ['L0', 'L1'] as const
export type Level = (typeof LEVELS)[number]

// MF §4.3: what an SBI says of its device.
export const DEVICE_STATUSES = ['Ready', 'Busy', 'Not Ready', 'Not Registered'] as const
export type DeviceStatus = (typeof DEVICE_STATUSES)[number]
