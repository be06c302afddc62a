import type { AnswerType } from '@sanad/protocol/messages'
import { type AnswerSigner, makeAnswer } from '@sanad/protocol/envelope/answer'
import type { AgreementKey } from '@sanad/protocol/envelope/encryption'
import {
  type ReceivedRequest,
  type VerifiedRequest,
  receiveRequest,
} from '@sanad/protocol/envelope/request'
import type { IdentifierForm } from '@sanad/protocol/object-identifiers'
import { SanadError } from '@sanad/protocol/problems'
import type { Certificate } from '@sanad/protocol/x509'
import type { Clock } from '../platform/clock.ts'
import { translateError } from '../platform/http.ts'
import { RateLimiter } from '../platform/rate-limiter.ts'
import type { Answer } from './answers.ts'
import type { AnsweredRequest, CheckIns } from './check-ins.ts'

/** The keys that answer devices; see response-key.ts of the certificates slice. */
export interface ServerKeys {
  /** @throws SanadError `hsm.unavailable` when the key has expired and cannot be renewed */
  shown(form: IdentifierForm): {
    readonly signer: AnswerSigner
    readonly encryption: AgreementKey
    readonly notAfter: number
  }
  findEncryptionKey(kid: string): AgreementKey | undefined
  /** Which form of certificates the sender reads, by the key that its message was encrypted to. */
  formOf(kid: string): IdentifierForm
}

/** What the registration slice does with a message that shows certificates. */
export interface Registrations {
  /** @throws SanadError `message.*`, `hsm.*`, `server.overloaded` … */
  answer(
    received: ReceivedRequest,
    chain: readonly Certificate[],
    remoteAddress: string,
  ): Promise<AnsweredRequest>
}

export interface DeviceMessagesOptions {
  readonly serverId: string
  readonly clock: Clock
  readonly keys: ServerKeys
  readonly checkIns: CheckIns
  readonly registrations: Registrations
}

/** The sealed answer, and who was heard. */
export interface AnsweredText {
  readonly text: string
  /** Of a registered device. */
  readonly device: HeardDevice | undefined
}

export interface HeardDevice {
  readonly deviceId: string
  /** As in `sub` of its messages. */
  readonly subject: string
}

/** Enrolment must never starve check-ins: a claim is dear, and anybody can make one. */
const CLAIMS_PER_ADDRESS = { burst: 60, perSecond: 4 }

/** Takes a device’s message and makes its answer, however it came: by POST or over the live channel. */
export class DeviceMessages {
  readonly #options: DeviceMessagesOptions
  readonly #claims = new RateLimiter(CLAIMS_PER_ADDRESS)

  constructor(options: DeviceMessagesOptions) {
    this.#options = options
  }

  /** Opens it; nothing in it is proven yet. @throws SanadError `message.*` */
  receive(text: string): ReceivedRequest {
    return receiveRequest(text, (kid) => this.#options.keys.findEncryptionKey(kid))
  }

  /** @throws SanadError `message.*`, `request.rate-limited`, `hsm.*`, `server.overloaded` … */
  async answer(received: ReceivedRequest, remoteAddress: string): Promise<AnsweredText> {
    const { request, answer, deviceId } = await this.#take(received, remoteAddress)
    return {
      text: await this.#seal(received, request, answer),
      device: deviceId === undefined ? undefined : { deviceId, subject: request.envelope.sub },
    }
  }

  #take(received: ReceivedRequest, remoteAddress: string): Promise<AnsweredRequest> {
    const { checkIns, registrations, clock } = this.#options
    const { claim } = received
    if (claim.kind === 'registered') return checkIns.submit(received, claim.thumbprint)
    if (!this.#claims.admits(remoteAddress, clock())) throw new SanadError('request.rate-limited')
    return registrations.answer(received, claim.chain, remoteAddress)
  }

  async #seal(
    { recipient }: ReceivedRequest,
    request: VerifiedRequest,
    answer: Answer,
  ): Promise<string> {
    const { keys, serverId, clock } = this.#options
    const { signer } = keys.shown(keys.formOf(recipient))
    const sealed = { ...answer, request: request.envelope, issuer: serverId, at: clock() }
    try {
      return await makeAnswer<AnswerType>(sealed, signer)
    } catch (error) {
      // RFC 7748 §6.1: a one-time key that nothing can be agreed with. Its sender has only itself to blame.
      throw new SanadError('message.body-refused', 'replyTo', { cause: error })
    }
  }
}

/** One face for whatever is wrong with a message; what is wrong with us (503, 429) may be said. */
export function hideReason(error: unknown, note: (code: string) => void): SanadError {
  const known = translateError(error)
  if (!known.code.startsWith('message.') && known.code !== 'request.malformed') return known
  note(known.code)
  return new SanadError('request.not-authentic', undefined, { cause: known })
}
