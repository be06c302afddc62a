import { randomBytes } from 'node:crypto'
import { encodeBase64url } from '@sanad/protocol/base64url'
import { type ReceivedAnswer, openAnswer } from '@sanad/protocol/envelope/answer'
import type { AgreementPublicKey } from '@sanad/protocol/envelope/encryption'
import { openServerStatement } from '@sanad/protocol/envelope/server-statement'
import { SanadError } from '@sanad/protocol/problems'
import { parseTimestamp } from '@sanad/protocol/timestamps'
import type { Certificate } from '@sanad/protocol/x509'
import type { PendingRequest } from '../state/device-state.ts'
import { type HttpReply, JOSE, type ServerDoor } from './https-link.ts'
import { readReplyKey } from './reply-key.ts'
import type { TrustedClock } from './trusted-clock.ts'

/** The pinned management server, as this client knows it: its key, its time, and how to ask it. */

/** What became of a message. Only `answered` is from the server; the rest is a hint when to try again. */
export type Delivery =
  | { readonly kind: 'answered'; readonly answer: ReceivedAnswer }
  /** Somebody on the way, perhaps the server, does not take this message as it is. */
  | { readonly kind: 'not-recognised' }
  | { readonly kind: 'postponed'; readonly retryAfterSeconds: number | undefined }

export interface ManagementServerOptions {
  readonly link: ServerDoor
  readonly serverId: string
  readonly roots: readonly Certificate[]
  readonly clock: TrustedClock
}

/** How far an answer's time may be from ours; the answer to a repeated message may be that of the first. */
const ANSWER_WINDOW_MS = 5 * 60_000
/** The monotonic clock is good for much longer; this bounds how long a drifting one is believed. */
const STATEMENT_LIFE_MS = 6 * 3_600_000
/** A server that recognises nobody is not asked for its statement by every device in turn. */
const LEAST_BETWEEN_DOUBTS_MS = 10_000

export class ManagementServer {
  readonly serverId: string
  readonly clock: TrustedClock
  readonly #link: ServerDoor
  readonly #roots: readonly Certificate[]
  #key: AgreementPublicKey | undefined
  /** Trusted time, milliseconds since the epoch. */
  #keyUntil = 0
  #lastStatementAt = Number.NEGATIVE_INFINITY
  #synchronising: Promise<void> | undefined

  constructor({ link, serverId, roots, clock }: ManagementServerOptions) {
    this.#link = link
    this.serverId = serverId
    this.#roots = roots
    this.clock = clock
  }

  /**
   * The key to encrypt to; asks the server for its statement when there is none, or time is not known.
   *
   * @throws SanadError `client.*`, `message.*`
   */
  async recipient(signal?: AbortSignal): Promise<AgreementPublicKey> {
    await this.synchronise(signal)
    if (this.#key === undefined) throw new SanadError('client.server-unreachable', 'no key')
    return this.#key
  }

  async synchronise(signal?: AbortSignal): Promise<void> {
    if (this.#key !== undefined && this.clock.isSet && this.clock.now() < this.#keyUntil) return
    this.#synchronising ??= this.#askForStatement(signal).finally(() => {
      this.#synchronising = undefined
    })
    await this.#synchronising
  }

  /** Asks for a statement now, whatever is known. @returns milliseconds from question to answer */
  async measure(signal?: AbortSignal): Promise<number> {
    const begin = this.clock.tick()
    await this.#askForStatement(signal)
    return Math.round(this.clock.tick() - begin)
  }

  /** Something does not fit: perhaps our idea of the server's key or time. The next message asks anew. */
  doubt(): void {
    if (this.clock.tick() - this.#lastStatementAt > LEAST_BETWEEN_DOUBTS_MS) this.#keyUntil = 0
  }

  /** @throws SanadError when there was an answer and it is not the pinned server's to this request */
  async deliver(pending: PendingRequest, signal?: AbortSignal): Promise<Delivery> {
    const reply = await this.#link.post('/device/v1/messages', pending.text, signal)
    if (!isJose(reply)) return readHint(reply)
    const answer = openAnswer(
      reply.text,
      { ...pending, replyKey: readReplyKey(pending.replyKey) },
      {
        managementRoots: this.#roots,
        issuer: this.serverId,
        now: this.clock.now(),
        window: ANSWER_WINDOW_MS,
      },
    )
    return { kind: 'answered', answer }
  }

  async #askForStatement(signal: AbortSignal | undefined): Promise<void> {
    const nonce = encodeBase64url(randomBytes(32))
    const sentAt = this.clock.tick()
    const reply = await this.#link.get(`/device/v1/server?nonce=${nonce}`, signal)
    if (!isJose(reply))
      throw new SanadError('client.server-unreachable', `statement: HTTP ${reply.status}`)
    const { floor } = this.clock
    const statement = openServerStatement(reply.text, {
      managementRoots: this.#roots,
      nonce,
      floor,
      ...(this.clock.isSet && { now: this.clock.now() }),
    })
    if (statement.iss !== this.serverId) throw new SanadError('client.wrong-server', 'issuer')
    // A server that is not sure of its time gives none: ours goes on.
    if (statement.time !== null) await this.clock.adopt(statement.time, sentAt)
    this.#lastStatementAt = this.clock.tick()
    this.#key = { kid: statement.encryptionKey.kid, x: statement.encryptionKey.x }
    this.#keyUntil = Math.min(
      parseTimestamp(statement.notAfter),
      this.clock.now() + STATEMENT_LIFE_MS,
    )
  }
}

const isJose = (reply: HttpReply): boolean => reply.status === 200 && reply.contentType === JOSE

function readHint({ status, retryAfterSeconds }: HttpReply): Delivery {
  const isAboutThisMessage = status === 400 || status === 401 || status === 413
  return isAboutThisMessage ? { kind: 'not-recognised' } : { kind: 'postponed', retryAfterSeconds }
}
