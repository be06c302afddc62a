import type { DeviceIdentity } from '../digital-id.ts'

/** MDS 0.9.5 › Device Info: where a device may be used once it is registered. */
export type Environment = 'Staging' | 'Developer' | 'Pre-Production' | 'Production'
export type Purpose = 'Auth' | 'Registration'

/** All that a simulated device says about itself. */
export interface DeviceProfile extends DeviceIdentity {
  readonly level: 'L0' | 'L1'
  readonly purpose: Purpose
  readonly env: Environment
  readonly serviceVersion: string
  /** On L0 there is no firmware apart from the service: the same version. */
  readonly firmware: string
  readonly deviceSubId: readonly string[]
  /** What it names in MOSIPDISC and MOSIPDINFO. */
  readonly specVersion: readonly string[]
}
