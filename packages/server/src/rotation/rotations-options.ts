import type { RequestBody } from '@sanad/protocol/wire/messages'
import type { DeviceCertificateIssuer } from '../certificates/device-certificate-issuer.ts'
import type { IssuancePolicy } from '../certificates/device-validity.ts'
import type { NewKey } from '../certificates/new-key.ts'
import type { ProviderCertificates } from '../certificates/provider-certificates.ts'
import type { Confirmations } from '../messages/confirmations.ts'
import type { RefusalLedger } from '../messages/refusal-ledger.ts'
import type { TakenMessage } from '../messages/taken-messages.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { PolicyBook, PolicyInForce } from '../policies/policy-book.ts'
import type { RotationPlanner } from './rotation-planner.ts'
import type { SigningPace } from './signing-pace.ts'

export interface RotationsOptions {
  readonly database: Database
  readonly issuer: DeviceCertificateIssuer
  readonly providers: ProviderCertificates
  readonly issuancePolicy: IssuancePolicy
  readonly policies: PolicyBook
  readonly planner: RotationPlanner
  readonly pace: SigningPace
  readonly confirmations: Confirmations
  readonly ledger: RefusalLedger
  readonly clock: Clock
  /** How far a device’s time may be from ours, milliseconds. */
  readonly messageWindow: number
}

export interface RotationSubmission {
  readonly message: TakenMessage
  readonly body: RequestBody<'key-rotation'>
  readonly key: NewKey
  readonly policy: PolicyInForce
}
