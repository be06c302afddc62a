import { randomBytes } from 'node:crypto'
import { encodeBase64url } from '@sanad/protocol/text/base64url'
import { type ReceivedAnswer, openAnswer } from '@sanad/protocol/wire/envelope/answer'
import type { AgreementPublicKey } from '@sanad/protocol/wire/envelope/encryption'
import { openServerStatement } from '@sanad/protocol/wire/envelope/server-statement'
import { type ProblemCode, SanadError } from '@sanad/protocol/text/problems'
import { parseTimestamp } from '@sanad/protocol/text/timestamps'
import type { Certificate } from '@sanad/protocol/asn1/x509'
import type { ServerStatement } from '@sanad/protocol/wire/envelopes'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import type { PendingRequest } from '../state/device-state.ts'
import type { ClockResets, FoundReset, UndatedLink } from '../trusted-time/clock-resets.ts'
import type { TimeQuestion, TimeReceipts } from '../trusted-time/time-receipts.ts'
import { type HttpReply, JOSE, type ServerDoor } from './https-link.ts'
import { readReplyKey } from './reply-key.ts'
import type { Moment, TrustedClock } from '../trusted-time/trusted-clock.ts'

/** The pinned management server, as this client knows it: its key, its time, and how to ask it. */

/** How a delivery ended. Only `answered` is from the server; the rest is a hint when to retry. */
export type Delivery =
  | { readonly kind: 'answered'; readonly answer: ReceivedAnswer }
  /** The server, or something on the way to it, does not accept this message as it is. */
  | { readonly kind: 'not-recognised' }
  | { readonly kind: 'postponed'; readonly retryAfterSeconds: number | undefined }

export interface ManagementServerOptions {
  readonly link: ServerDoor
  readonly serverId: string
  readonly roots: readonly Certificate[]
  readonly clock: TrustedClock
  /** Where they are kept, the nonces follow from the statements before them. */
  readonly receipts?: TimeReceipts
  /** The way back for a clock that was led into the future. */
  readonly resets?: ClockResets
}

/** How far an answer's time may be from ours; the answer to a repeated message may be that of the first. */
const ANSWER_WINDOW_MS = 5 * 60_000
/** The monotonic clock is good for much longer; this bounds how long the client trusts one that drifts. */
const STATEMENT_LIFE_MS = 6 * HOUR_MS
/** Bounds how often devices that the server does not recognise make the client ask for its statement. */
const LEAST_BETWEEN_DOUBTS_MS = 10_000

export class ManagementServer {
  readonly serverId: string
  readonly clock: TrustedClock
  readonly #link: ServerDoor
  readonly #roots: readonly Certificate[]
  readonly #receipts: TimeReceipts | undefined
  readonly #resets: ClockResets | undefined
  #key: AgreementPublicKey | undefined
  /** Trusted time, milliseconds since the epoch. */
  #keyUntil = 0
  #lastStatement: Moment | undefined
  #synchronising: Promise<void> | undefined

  constructor({ link, serverId, roots, clock, receipts, resets }: ManagementServerOptions) {
    this.#link = link
    this.serverId = serverId
    this.#roots = roots
    this.clock = clock
    this.#receipts = receipts
    this.#resets = resets
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
    await this.#ask(signal)
  }

  /** Asks for a statement now, even if the last one is still good. @returns milliseconds from question to answer */
  async measure(signal?: AbortSignal): Promise<number> {
    await this.#synchronising?.catch(() => undefined)
    const begin = this.clock.moment()
    await this.#ask(signal)
    return Math.round(this.clock.since(begin))
  }

  /** Something does not fit, perhaps the server's key or time as we know it. The next message asks for them again. */
  doubt(): void {
    const last = this.#lastStatement
    if (last === undefined || this.clock.since(last) > LEAST_BETWEEN_DOUBTS_MS) this.#keyUntil = 0
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

  /** One question at a time: the next nonce follows from its answer. */
  #ask(signal: AbortSignal | undefined): Promise<void> {
    this.#synchronising ??= this.#askForStatement(signal)
      .catch((error: unknown) => this.#resetOrThrow(error, signal))
      .finally(() => {
        this.#synchronising = undefined
      })
    return this.#synchronising
  }

  async #askForStatement(signal: AbortSignal | undefined): Promise<void> {
    const asked = await this.#fetchStatement(this.#link, signal)
    const statement = this.#open(asked, {
      floor: this.clock.floor,
      ...(this.clock.isSet && { now: this.clock.now() }),
    })
    // A server that is not sure of its time gives none; ours keeps running.
    if (statement.time !== null) {
      this.clock.requireUsable(statement.time, asked.sentAt)
      await this.#receipts?.keep(asked.question, asked.text)
      await this.clock.adopt(statement.time, asked.sentAt)
    }
    this.#take(statement)
  }

  /** The server is in our past. Perhaps our clock is in the future, and the server has ordered it back. */
  async #resetOrThrow(error: unknown, signal: AbortSignal | undefined): Promise<void> {
    const resets = this.#resets
    const mayBeFuture = error instanceof SanadError && SIGNS_OF_FUTURE.includes(error.code)
    if (resets === undefined || !mayBeFuture) throw error
    const found = await resets.find(signal).catch(() => undefined)
    if (found === undefined) throw error
    await this.#reset(found, resets, signal)
  }

  async #reset(
    found: FoundReset,
    resets: ClockResets,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { order, text } = found
    const asked = await this.#fetchStatement(resets.link, signal)
    const statement = this.#open(asked, { floor: Math.max(order.floor, this.clock.earliest) })
    if (statement.time === null) throw new SanadError('time.not-trusted')
    const { midpoint, radius } = statement.time
    // A replay of an old order. The answer to our own nonce is of now.
    if (midpoint + radius < order.notBefore || midpoint - radius > order.notAfter)
      throw new SanadError('command.out-of-time', 'clock reset')
    this.clock.requireExact(statement.time, asked.sentAt)
    resets.note('found', found)
    await this.#receipts?.keep(asked.question, asked.text, text)
    await this.clock.reset(order, statement.time, asked.sentAt)
    this.#take(statement)
    resets.note('reset', found)
  }

  async #fetchStatement(
    link: UndatedLink,
    signal: AbortSignal | undefined,
  ): Promise<AskedStatement> {
    const question = this.#receipts?.ask() ?? NO_RECEIPT()
    const sentAt = this.clock.moment()
    const reply = await link.get(`/device/v1/server?nonce=${question.nonce}`, signal)
    if (!isJose(reply)) throw notAStatement(reply)
    return { question, sentAt, text: reply.text }
  }

  #open(
    { text, question: { nonce } }: AskedStatement,
    time: { readonly floor: number; readonly now?: number },
  ): ServerStatement {
    const statement = openServerStatement(text, { managementRoots: this.#roots, nonce, ...time })
    if (statement.iss !== this.serverId) throw new SanadError('client.wrong-server', 'issuer')
    return statement
  }

  #take(statement: ServerStatement): void {
    this.#lastStatement = this.clock.moment()
    this.#key = { kid: statement.encryptionKey.kid, x: statement.encryptionKey.x }
    this.#keyUntil = Math.min(
      parseTimestamp(statement.notAfter),
      this.clock.now() + STATEMENT_LIFE_MS,
    )
  }
}

interface AskedStatement {
  readonly question: TimeQuestion
  readonly sentAt: Moment
  readonly text: string
}

const NO_RECEIPT = (): TimeQuestion => {
  const nonce = encodeBase64url(randomBytes(32))
  return { nonce, previous: '', random: nonce }
}

/** How the pinned server looks to a client whose clock is ahead. */
const SIGNS_OF_FUTURE: readonly ProblemCode[] = [
  'message.time-outside-window',
  // The response or TLS certificate has ended, by a clock that is ahead.
  'client.wrong-server',
  'client.server-certificate-outside-dates',
]

const isJose = (reply: Pick<HttpReply, 'status' | 'contentType'>): boolean =>
  reply.status === 200 && reply.contentType === JOSE

/** A server that is busy or away says so with these; any other answer is none of Sanad's. */
function notAStatement({ status }: Pick<HttpReply, 'status'>): SanadError {
  const isAway = status === 408 || status === 429 || status >= 500
  const code = isAway ? 'client.server-unreachable' : 'client.not-a-management-server'
  return new SanadError(code, `statement: HTTP ${status}`)
}

function readHint({ status, retryAfterSeconds }: HttpReply): Delivery {
  const isAboutThisMessage = status === 400 || status === 401 || status === 413
  return isAboutThisMessage ? { kind: 'not-recognised' } : { kind: 'postponed', retryAfterSeconds }
}
