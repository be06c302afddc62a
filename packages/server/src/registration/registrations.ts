import type { ShownCertificates } from '@sanad/protocol/wire/envelope/certificates'
import type { ReceivedRequest } from '@sanad/protocol/wire/envelope/request'
import { SanadError } from '@sanad/protocol/text/problems'
import type { AnsweredRequest } from '../messages/answers.ts'
import { FairQueue } from '../messages/fair-queue.ts'
import type { Clock } from '../platform/clock.ts'
import type { Policy } from '../platform/config.ts'
import { networkOf } from '../platform/network.ts'
import { type Claim, readClaim } from './claim.ts'
import type { Registrar } from './registrar.ts'

/**
 * Lets a bounded number of claims in at once, so that enrolment leaves the HSM’s attention and the server’s to
 * devices that are registered already. What is in shares its transactions, and so few database connections.
 */
export interface RegistrationsOptions {
  readonly registrar: Registrar
  readonly clock: Clock
  readonly policy: Policy
  readonly serverId: string
}

const AT_ONCE = 64
const LONGEST_QUEUE = 200

interface Waiting {
  readonly enter: () => void
  readonly refuse: () => void
}

export class Registrations {
  readonly #options: RegistrationsOptions
  /** By network, so that one that sends many claims does not keep out those of another. */
  readonly #waiting = new FairQueue<Waiting>()
  #running = 0

  constructor(options: RegistrationsOptions) {
    this.#options = options
  }

  /** @throws SanadError `message.*`, `server.overloaded`, and what {@link Registrar} throws */
  async answer(
    received: ReceivedRequest,
    shown: ShownCertificates,
    remoteAddress: string,
  ): Promise<AnsweredRequest> {
    const { clock, policy, serverId } = this.#options
    const claim = readClaim(received, shown, {
      audience: serverId,
      now: clock(),
      window: policy.messageWindow,
    })
    await this.#enter(remoteAddress)
    try {
      return { request: claim.request, answer: await this.#answerClaim(claim, remoteAddress) }
    } finally {
      this.#leave()
    }
  }

  #answerClaim(claim: Claim, remoteAddress: string) {
    const { registrar } = this.#options
    if (claim.request.type === 'registration-challenge') return registrar.answerChallenge(claim)
    if (claim.request.type === 'registration') return registrar.register(claim, remoteAddress)
    // A check-in is signed by a key on record, not by a certificate that the message brings along.
    throw new SanadError('message.wrong-type', claim.request.type)
  }

  async #enter(remoteAddress: string): Promise<void> {
    if (this.#running < AT_ONCE) {
      this.#running++
      return
    }
    // The one that leaves hands its place over.
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const refuse = (): void => reject(new SanadError('server.overloaded'))
    const waiting = { enter: resolve, refuse }
    this.#waiting.add(networkOf(remoteAddress), waiting, LONGEST_QUEUE)?.refuse()
    await promise
  }

  #leave(): void {
    const next = this.#waiting.take()
    if (next === undefined) this.#running--
    else next.enter()
  }
}
