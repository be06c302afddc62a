import { type EventLoopUtilization, performance } from 'node:perf_hooks'

/**
 * Leaves a part of the server's one thread idle while proven devices are being heard, so that their next message
 * finds it free.
 *
 * Strangers' work begins in pieces. The next piece may begin when the thread has been idle for half as long as it
 * has worked since the last one began, for strangers and devices together. A thread that strangers fill to the last millisecond makes each step
 * of a proven device's handshake and message wait for the work of others: measured from 64 addresses, see
 * docs/availability.md.
 */
export class ThreadRest {
  readonly #isNeeded: () => boolean
  readonly #thread: Thread
  #since: EventLoopUtilization | undefined
  #began = 0

  /** @param isNeeded whether proven devices are being heard; without them strangers may have the whole thread */
  constructor(isNeeded: () => boolean, thread: Thread = performance) {
    this.#isNeeded = isNeeded
    this.#thread = thread
  }

  /** Unproven work begins now. */
  noteBegun(): void {
    this.#since = this.#thread.eventLoopUtilization()
    this.#began = this.#thread.now()
  }

  isOver(): boolean {
    if (this.#since === undefined || !this.#isNeeded()) return true
    if (this.#thread.now() - this.#began >= LONGEST_REST_MS) return true
    const { idle, active } = this.#thread.eventLoopUtilization(this.#since)
    return idle >= active * REST_PER_WORK
  }
}

/** What it asks the thread; milliseconds. */
type Thread = Pick<typeof performance, 'now' | 'eventLoopUtilization'>

/** Beside other work the strangers and this rest have the thread to two thirds. */
const REST_PER_WORK = 0.5
/** However busy proven devices keep the thread: who is new is heard, too. */
const LONGEST_REST_MS = 40
