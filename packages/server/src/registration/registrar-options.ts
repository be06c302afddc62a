import type { DeviceCertificateIssuer } from '../certificates/device-certificate-issuer.ts'
import type { IssuancePolicy } from '../certificates/device-validity.ts'
import type { Clock } from '../platform/clock.ts'
import type { Policy } from '../platform/config.ts'
import type { Database } from '../platform/database.ts'
import type { Policies } from './policy-of-device.ts'

export interface RegistrarOptions {
  readonly database: Database
  readonly issuer: DeviceCertificateIssuer
  /** Where revocation is told; the lifetimes are those of each device's policy. */
  readonly issuancePolicy: IssuancePolicy
  readonly policies: Policies
  readonly policy: Policy
  readonly clock: Clock
}
