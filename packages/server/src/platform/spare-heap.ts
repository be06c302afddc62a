import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Gives memory back after a crowd. V8 keeps what it took until it next collects everything, and a server at rest
 * allocates too little for that: without this, 100 MB stayed resident for as long as nobody came.
 *
 * docs/availability.md › Memory
 */

/** What the process says of itself. */
export interface HeapSight {
  /** Bytes that V8 holds, used or not. */
  readonly total: number
  /** Bytes in use, garbage included. */
  readonly used: number
  /** Of the time since the look before, 0 to 1. */
  readonly busy: number
}

/** Smaller gains are not worth a pause. */
const WORTH_BYTES = 48 * 1024 * 1024
/** A collection stops the thread for 0.1 s for each 100 MB or so; what is larger than this is left alone. */
const MOST_BYTES = 512 * 1024 * 1024
const AT_REST = 0.15
const LOOK_EVERY_MS = 15_000
/** Pauses stay rare, whatever comes and goes. */
const NOT_AGAIN_WITHIN_MS = 40_000

/** Decides when; of one process. */
export class SpareHeap {
  #least = Number.POSITIVE_INFINITY
  /** A crowd came since the last collection. What a server at rest takes again, it needs. */
  #wasBusy = false
  #lastAt = Number.NEGATIVE_INFINITY

  /** @param now of the monotonic clock, milliseconds @returns whether to collect now */
  look({ total, used, busy }: HeapSight, now: number): boolean {
    this.#least = Math.min(this.#least, total)
    const isAtRest = busy <= AT_REST
    if (!isAtRest) this.#wasBusy = true
    if (!isAtRest || !this.#wasBusy || used > MOST_BYTES) return false
    if (total - this.#least < WORTH_BYTES || now - this.#lastAt < NOT_AGAIN_WITHIN_MS) return false
    this.#lastAt = now
    this.#wasBusy = false
    return true
  }

  noteCollected(total: number): void {
    this.#least = total
  }
}

/** For as long as the process runs; it keeps no process from ending. */
export function giveHeapBack(): void {
  const spare = new SpareHeap()
  const collect = exposeCollector()
  let before: EventLoopUtilization = performance.eventLoopUtilization()
  setInterval(() => {
    const now = performance.eventLoopUtilization()
    const { utilization: busy } = performance.eventLoopUtilization(now, before)
    before = now
    const { total_heap_size: total, used_heap_size: used } = getHeapStatistics()
    if (!spare.look({ total, used, busy }, performance.now())) return
    collect()
    spare.noteCollected(getHeapStatistics().total_heap_size)
  }, LOOK_EVERY_MS).unref()
}

/** V8's own, of the kind that also gives pages back. Nothing else in the process sees it. */
function exposeCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (options: object) => void
  setFlagsFromString('--no-expose-gc')
  return () => collect({ type: 'major', flavor: 'last-resort' })
}
