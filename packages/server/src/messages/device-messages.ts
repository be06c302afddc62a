import type { AnswerType } from '@sanad/protocol/wire/messages'
import { type AnswerSigner, makeAnswer } from '@sanad/protocol/wire/envelope/answer'
import type { ShownCertificates } from '@sanad/protocol/wire/envelope/certificates'
import type { AgreementKey } from '@sanad/protocol/wire/envelope/encryption'
import {
  type ReceivedRequest,
  type VerifiedRequest,
  receiveRequest,
} from '@sanad/protocol/wire/envelope/request'
import type { IdentifierForm } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Clock } from '../platform/clock.ts'
import { translateError } from '../platform/http.ts'
import { RateLimiter } from '../platform/rate-limiter.ts'
import { Admission, type LetNextIn } from './admission.ts'
import type { Answer, AnsweredRequest } from './answers.ts'
import type { RegisteredMessages } from './registered-messages.ts'
import type { Source } from './standings.ts'

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
    shown: ShownCertificates,
    remoteAddress: string,
  ): Promise<AnsweredRequest>
}

export interface DeviceMessagesOptions {
  readonly serverId: string
  readonly clock: Clock
  readonly keys: ServerKeys
  readonly registered: RegisteredMessages
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

/** Enrolment must never starve check-ins: a claim is dear, and anybody can make one. Of a network, see networkOf. */
const CLAIMS_PER_ADDRESS = { burst: 60, perSecond: 4 }

/** What a message has while it is worked on. */
interface Place {
  readonly letNextIn: LetNextIn
  readonly isProven: boolean
}

/** Takes a device’s message and makes its answer, however it came: by POST or over the live channel. */
export class DeviceMessages {
  readonly admission: Admission
  readonly #options: DeviceMessagesOptions
  readonly #claims = new RateLimiter(CLAIMS_PER_ADDRESS)

  constructor(options: DeviceMessagesOptions) {
    this.#options = options
    this.admission = new Admission(options.clock)
  }

  /**
   * Waits for its turn, opens the message and answers it.
   *
   * @param onReceived told whose it claims to be, once it is opened; nothing in it is proven by then
   * @throws SanadError `message.*`, `request.rate-limited`, `hsm.*`, `server.overloaded` …
   */
  async take(
    text: string,
    source: Source,
    onReceived?: (claim: ReceivedRequest['claim']) => void,
  ): Promise<AnsweredText> {
    const { keys } = this.#options
    try {
      return await this.admission.enter(source, async (letNextIn, isProven) => {
        const received = receiveRequest(text, (kid) => keys.findEncryptionKey(kid))
        onReceived?.(received.claim)
        return this.#answer(received, source, { letNextIn, isProven })
      })
    } catch (error) {
      if (isNotAuthentic(translateError(error))) this.admission.noteNotAuthentic(source)
      throw error
    }
  }

  async #answer(received: ReceivedRequest, source: Source, place: Place): Promise<AnsweredText> {
    const { request, answer, deviceId } = await this.#hand(received, source, place)
    const { sub: subject } = request.envelope
    if (deviceId !== undefined) this.admission.noteProven(source, subject)
    else if (isRegistered(answer)) this.admission.noteGranted(source, subject)
    return {
      text: await this.#seal(received, request, answer),
      device: deviceId === undefined ? undefined : { deviceId, subject },
    }
  }

  #hand(
    received: ReceivedRequest,
    source: Source,
    { letNextIn, isProven }: Place,
  ): Promise<AnsweredRequest> {
    const { registered, registrations, clock } = this.#options
    const { claim } = received
    if (claim.kind === 'registered') {
      return registered.submit({ received, thumbprint: claim.thumbprint, isProven, letNextIn })
    }
    if (!this.#claims.admits(source.address, clock())) throw new SanadError('request.rate-limited')
    const answered = registrations.answer(received, claim, source.address)
    // From here on it waits in a line of its own, see registrations.ts.
    letNextIn()
    return answered
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

/** A claim that was granted: as good a proof as a message under the certificate that it brought. */
const isRegistered = ({ type, body }: Answer): boolean =>
  type === 'registration-answer' && body.outcome === 'registered'

const isNotAuthentic = ({ code }: SanadError): boolean =>
  code.startsWith('message.') || code === 'request.malformed'

/** One face for whatever is wrong with a message; what is wrong with us (503, 429) may be said. */
export function hideReason(error: unknown, note: (code: string) => void): SanadError {
  const known = translateError(error)
  if (!isNotAuthentic(known)) return known
  note(known.code)
  return new SanadError('request.not-authentic', undefined, { cause: known })
}
