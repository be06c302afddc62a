import type { ReceivedRequest } from '@sanad/protocol/wire/envelope/request'
import { SanadError } from '@sanad/protocol/text/problems'
import type { AnsweredRequest } from './answers.ts'

/** Batches grow with the load, and the cost of each message falls; alone, none waits. */

/** A message whose turn has come, see admission.ts. */
export interface SubmittedMessage {
  readonly received: ReceivedRequest
  readonly thumbprint: string
  /** Whether it comes from where a device was proven lately. */
  readonly isProven: boolean
  /** Called when the batches are done with it, though its answer may take longer. */
  readonly letNextIn: () => void
}

export interface QueuedMessage extends SubmittedMessage {
  readonly settle: PromiseWithResolvers<AnsweredRequest>
  /** Found another message faster once already. */
  readonly isSecondTry?: boolean
}

/** Batches grow with the load up to here: in one turn of the event loop more would keep it from everything else. */
const LARGEST_BATCH = 64
/** While one batch is being written, the next is verified. */
const BATCHES_AT_ONCE = 2

export class MessageQueue {
  readonly #answerBatch: (batch: readonly QueuedMessage[]) => Promise<void>
  /** How much may wait here is the caller's to bound, see admission.ts. */
  readonly #proven: QueuedMessage[] = []
  readonly #unproven: QueuedMessage[] = []
  #running = 0

  /** @param answerBatch settles all of them, or queues them again; throws nothing */
  constructor(answerBatch: (batch: readonly QueuedMessage[]) => Promise<void>) {
    this.#answerBatch = answerBatch
  }

  submit(message: SubmittedMessage): Promise<AnsweredRequest> {
    const settle = Promise.withResolvers<AnsweredRequest>()
    this.#enqueue({ ...message, settle })
    return settle.promise
  }

  #enqueue(queued: QueuedMessage): void {
    const queue = queued.isProven ? this.#proven : this.#unproven
    queue.push(queued)
    if (this.#running < BATCHES_AT_ONCE) void this.#work()
  }

  async #work(): Promise<void> {
    this.#running++
    // What arrives in this turn of the event loop belongs together.
    await new Promise((resolve) => setImmediate(resolve))
    for (let batch = this.#takeBatch(); batch.length > 0; batch = this.#takeBatch())
      await this.#answerBatch(batch)
    this.#running--
  }

  /**
   * At most one message of a certificate: the next one is judged by what this one leaves behind. Those from where a
   * device was proven come first, so that others who name its certificate do not hold it up.
   */
  #takeBatch(): QueuedMessage[] {
    const taken = new Map<string, QueuedMessage>()
    for (const queue of [this.#proven, this.#unproven]) {
      const later: QueuedMessage[] = []
      while (taken.size < LARGEST_BATCH) {
        const next = queue.shift()
        if (next === undefined) break
        if (taken.has(next.thumbprint)) later.push(next)
        else taken.set(next.thumbprint, next)
      }
      queue.unshift(...later)
    }
    return [...taken.values()]
  }

  /** Once: a message that is too late twice is refused. */
  tryAgain(queued: QueuedMessage): void {
    if (queued.isSecondTry === true) queued.settle.reject(new SanadError('message.replayed'))
    else this.#enqueue({ ...queued, isSecondTry: true })
  }
}
