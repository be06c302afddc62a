import { readBody } from '@sanad/protocol/wire/envelope/request'
import type { RequestBody } from '@sanad/protocol/wire/messages'
import type { DeviceCertificateIssuer } from '../certificates/device-certificate-issuer.ts'
import type { IssuancePolicy } from '../certificates/device-validity.ts'
import type { ProviderCertificates } from '../certificates/provider-certificates.ts'
import type { Answer } from '../messages/answers.ts'
import type { Confirmations } from '../messages/confirmations.ts'
import type { RefusalLedger } from '../messages/refusal-ledger.ts'
import type { RegisteredHandler, TakenMessage } from '../messages/taken-messages.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { PolicyBook, PolicyInForce } from '../policies/policy-book.ts'
import { Groups } from '../platform/group-commit.ts'
import { type SignedRotation, concludeRotations } from './conclude-rotations.ts'
import { type JudgedRotation, judgeRotations } from './judge-rotations.ts'
import { type NewKey, examineNewKey } from './new-key.ts'
import type { RotationPlanner } from './rotation-planner.ts'
import type { SigningPace } from './signing-pace.ts'

/**
 * Gives registered devices a certificate for their next key.
 *
 * MDS 0.9.5 › Management Client, 5. Two transactions with the HSM between them, as a registration has: the first
 * decides and writes down what will be signed, the second makes certificate, number and answer one effect.
 * Requests that come together share their transactions.
 */

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

export class Rotations implements RegisteredHandler {
  readonly #options: RotationsOptions
  readonly #judging: Groups<RotationSubmission, JudgedRotation>
  readonly #concluding: Groups<SignedRotation, Answer | undefined>

  constructor(options: RotationsOptions) {
    this.#options = options
    const { database } = options
    const subjectOf = ({ message }: { message: TakenMessage }) => message.sender.deviceId
    this.#judging = new Groups<RotationSubmission, JudgedRotation>({
      subjectOf,
      work: (submissions) =>
        database.transaction().execute((tx) => judgeRotations(tx, options, submissions)),
    })
    this.#concluding = new Groups<SignedRotation, Answer | undefined>({
      subjectOf,
      work: (signed) =>
        database.transaction().execute((tx) => concludeRotations(tx, options, signed)),
    })
  }

  /** @throws SanadError `message.body-refused`, `hsm.*`, `certificate.no-issuer`, `database.unavailable` */
  async take(message: TakenMessage): Promise<Answer | undefined> {
    const { policies, issuer, ledger } = this.#options
    const body = readBody('key-rotation', message.request)
    const policy = policies.policyOf(message.sender)
    const key = examineNewKey(body, policy.settings.minimumKeyBits)
    const judged = await this.#judging.submit({ message, body, key, policy })
    if ('answer' in judged) {
      if (judged.refusedWith !== undefined) ledger.note(message.sender.deviceId, judged.refusedWith)
      return judged.answer
    }
    const { intent } = judged
    // Outside any transaction: an HSM that stalls holds no row.
    const der = await issuer.signIssuance(intent)
    return this.#concluding.submit({ message, intent, der })
  }
}
