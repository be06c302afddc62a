import type { VerifiedRequest } from '@sanad/protocol/wire/envelope/request'
import { LONG_LIVED, type RequestType } from '@sanad/protocol/wire/messages'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Clock } from '../platform/clock.ts'
import type { Policy } from '../platform/config.ts'
import type { Database } from '../platform/database.ts'
import { type Answer, type AnsweredRequest, repeatAnswer } from './answers.ts'
import { authenticateRequest } from './authenticate.ts'
import { suspendForked } from './forked-sequence.ts'
import { type QueuedMessage, type SubmittedMessage, MessageQueue } from './message-queue.ts'
import type { RefusalLedger } from './refusal-ledger.ts'
import { placeInSequence } from './replay.ts'
import type { SenderRecord, Senders } from './senders.ts'
import type { BatchHandler, RegisteredHandler, TakenMessage } from './taken-messages.ts'

/**
 * Messages of registered devices, taken in batches: one look-up for all that arrived meanwhile. Each is authenticated
 * and placed in its device's sequence here, and handed on to the slice of its effect by its type.
 */

export interface RegisteredMessagesOptions {
  readonly senders: Senders
  readonly database: Database
  readonly ledger: Pick<RefusalLedger, 'note'>
  readonly clock: Clock
  readonly policy: Policy
  readonly serverId: string
  /** For types whose effect takes longer than a batch. */
  readonly handlers: Partial<Record<RequestType, RegisteredHandler>>
  /** For types whose effects are written together. A type without a handler is refused. */
  readonly batchHandlers: Partial<Record<RequestType, BatchHandler>>
}

/** Messages whose effect takes longer: keys to certify, commands to sign. What is beyond asks again. */
const MOST_HANDED_ON = 1_000

/** Authentic, new, and to take effect with the others of its type. */
interface Ready {
  readonly queued: QueuedMessage
  readonly message: TakenMessage
}

export class RegisteredMessages {
  readonly #options: RegisteredMessagesOptions
  readonly #queue = new MessageQueue((batch) => this.#answerBatch(batch))
  #handedOn = 0

  constructor(options: RegisteredMessagesOptions) {
    this.#options = options
  }

  /** @throws SanadError `message.*`, `server.overloaded`, `database.unavailable` */
  submit(message: SubmittedMessage): Promise<AnsweredRequest> {
    return this.#queue.submit(message)
  }

  async #answerBatch(batch: readonly QueuedMessage[]): Promise<void> {
    try {
      const senders = await this.#options.senders.find(batch.map(({ thumbprint }) => thumbprint))
      const ready = batch.flatMap(
        (queued) => this.#judge(queued, senders.get(queued.thumbprint)) ?? [],
      )
      const types = new Set(ready.map(({ message }) => message.request.type))
      for (const type of types)
        await this.#takeAll(
          type,
          ready.filter(({ message }) => message.request.type === type),
        )
    } catch (error) {
      for (const { settle } of batch) settle.reject(error)
    }
  }

  /** Settles or hands on what takes effect by itself; returns what takes effect with the batch. */
  #judge(queued: QueuedMessage, sender: SenderRecord | undefined): Ready | undefined {
    try {
      if (sender === undefined) throw new SanadError('message.key-unknown')
      return this.#admit(queued, sender)
    } catch (error) {
      this.#refuse(queued, sender, error)
      return undefined
    }
  }

  #admit(queued: QueuedMessage, sender: SenderRecord): Ready | undefined {
    const { clock, policy, serverId, handlers, batchHandlers } = this.#options
    const { received } = queued
    const expected = { audience: serverId, now: clock(), window: policy.messageWindow }
    const request = authenticateRequest(received, sender, expected)
    const { type } = request
    const handler = handlers[type]
    if (handler === undefined && batchHandlers[type] === undefined)
      throw new SanadError('message.wrong-type', type)
    // What may come late is not in sequence with what came meanwhile; its handler knows it again.
    if (!LONG_LIVED.has(type) && !this.#isNew(queued, request, sender)) return undefined
    const message = { received, request, sender }
    if (handler === undefined) return { queued, message }
    this.#handOn(queued, message, handler)
    return undefined
  }

  /** Settles what is not: a repeated message gets its answer, a forked one suspends its device. */
  #isNew({ settle }: QueuedMessage, request: VerifiedRequest, sender: SenderRecord): boolean {
    const { database, ledger, policy } = this.#options
    const { deviceId } = sender
    try {
      if (placeInSequence(request, sender, policy.messageWindow) === 'new') return true
      settle.resolve({ request, answer: repeatAnswer(sender), deviceId })
    } catch (error) {
      if (!(error instanceof SanadError) || error.code !== 'message.sequence-fork') throw error
      ledger.note(deviceId, error.code)
      suspendForked(database, sender).then(
        (answer) => settle.resolve({ request, answer, deviceId }),
        (failure: unknown) => settle.reject(failure),
      )
    }
    return false
  }

  /** To the slice of its effect, which may take longer than this batch. */
  #handOn(queued: QueuedMessage, message: TakenMessage, handler: RegisteredHandler): void {
    if (this.#handedOn >= MOST_HANDED_ON) throw new SanadError('server.overloaded')
    this.#handedOn++
    queued.letNextIn()
    handler
      .take(message)
      .finally(() => this.#handedOn--)
      .then(
        (answer) => this.#settle({ queued, message }, answer),
        (error: unknown) => {
          if (error instanceof SanadError && error.code.startsWith('message.'))
            this.#options.ledger.note(message.sender.deviceId, error.code)
          queued.settle.reject(error)
        },
      )
  }

  async #takeAll(type: RequestType, ready: readonly Ready[]): Promise<void> {
    const messages = ready.map(({ message }) => message)
    const outcomes = await this.#options.batchHandlers[type]?.takeAll(messages)
    for (const [index, one] of ready.entries()) {
      const outcome = outcomes?.[index]
      if (outcome instanceof Error) this.#refuse(one.queued, one.message.sender, outcome)
      else this.#settle(one, outcome)
    }
  }

  /**
   * Without an answer another batch or process was first with this number. If that was the same message, its answer
   * is on record by now; if not, the reason is.
   */
  #settle({ queued, message: { request, sender } }: Ready, answer: Answer | undefined): void {
    if (answer === undefined) this.#queue.tryAgain(queued)
    else queued.settle.resolve({ request, answer, deviceId: sender.deviceId })
  }

  #refuse({ settle }: QueuedMessage, sender: SenderRecord | undefined, error: unknown): void {
    if (sender !== undefined && error instanceof SanadError)
      this.#options.ledger.note(sender.deviceId, error.code)
    settle.reject(error)
  }
}
