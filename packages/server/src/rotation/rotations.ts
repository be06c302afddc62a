import { readBody } from '@sanad/protocol/wire/envelope/request'
import { IssueInTwo } from '../certificates/issue-in-two.ts'
import { examineNewKey, requireUsable } from '../certificates/new-key.ts'
import type { Answer } from '../messages/answers.ts'
import type { RegisteredHandler, TakenMessage } from '../messages/taken-messages.ts'
import { conclude } from './conclude.ts'
import { type GrantedRotation, type RotationOutcome, judge } from './judge.ts'
import type { RotationSubmission, RotationsOptions } from './rotations-options.ts'

/**
 * Gives registered devices a certificate for their next key.
 *
 * MDS 0.9.5 › Management Client, 5; `issue-in-two.ts`.
 */
export class Rotations implements RegisteredHandler {
  readonly #options: RotationsOptions
  readonly #issuing: IssueInTwo<RotationSubmission, GrantedRotation, RotationOutcome>

  constructor(options: RotationsOptions) {
    this.#options = options
    this.#issuing = new IssueInTwo<RotationSubmission, GrantedRotation, RotationOutcome>({
      ...options,
      subjectOf: ({ message }) => message.sender.deviceId,
      judge: (tx, submissions) => judge(tx, options, submissions),
      conclude: (tx, signed) => conclude(tx, options, signed),
    })
  }

  /** @throws SanadError `message.body-refused`, `hsm.*`, `certificate.no-issuer`, `database.unavailable` */
  async take(message: TakenMessage): Promise<Answer | undefined> {
    const { policies, ledger } = this.#options
    const body = readBody('key-rotation', message.request)
    const policy = policies.policyOf(message.sender)
    const asked = examineNewKey(body.csr, body.replaces)
    const key = requireUsable(asked, policy.settings.minimumKeyBits)
    const { answer, refusedWith } = await this.#issuing.issue({ message, body, key, policy })
    if (refusedWith !== undefined) ledger.note(message.sender.deviceId, refusedWith)
    return answer
  }
}
