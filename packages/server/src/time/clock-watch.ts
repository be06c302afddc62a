import { SanadError } from '@sanad/protocol/text/problems'
import { type ClockMeasurement, measureClock } from './clock-measurement.ts'

/** Measures the server’s clock again and again, and says whether its time may be signed. */

export interface ClockPolicy {
  /** Whether time may be signed at all while nobody keeps this clock; production says no. */
  readonly mustBeSynchronised: boolean
  /** Milliseconds. Beyond it no time is signed. */
  readonly largestUncertaintyMs: number
  /** Stands in for a measurement where there is none, and that is allowed. */
  readonly assumedUncertaintyMs: number
}

export const CLOCK_STATES = ['trusted', 'assumed', 'untrusted'] as const
export type ClockState = (typeof CLOCK_STATES)[number]

export interface ClockReport extends ClockMeasurement {
  readonly state: ClockState
  /** What a signed time says of itself; undefined while none is signed. */
  readonly radiusMs: number | undefined
  /** Milliseconds since the epoch, by this clock. */
  readonly measuredAt: number
  /** How far the clock was moved at the last step that was seen, milliseconds. */
  readonly lastStepMs: number | undefined
}

export interface ClockWatchOptions {
  readonly policy: ClockPolicy
  readonly measure?: () => Promise<ClockMeasurement>
  readonly wallClock?: () => number
  readonly monotonicClock?: () => number
  readonly onChange?: (report: ClockReport) => void
}

const MEASURE_EVERY_MS = 16_000
/** A clock that is slewed moves less than this between two measurements. */
const LARGEST_SLEW_MS = 250
/** After a step the sources must agree again before time is signed: two measurements. */
const QUIET_AFTER_STEP = 2

export class ClockWatch {
  readonly #options: Required<Omit<ClockWatchOptions, 'onChange'>> &
    Pick<ClockWatchOptions, 'onChange'>
  #report: ClockReport
  #reference: { readonly wall: number; readonly monotonic: number }
  #quiet = QUIET_AFTER_STEP
  #timer: NodeJS.Timeout | undefined

  private constructor(options: ClockWatchOptions) {
    this.#options = {
      measure: measureClock,
      wallClock: Date.now,
      monotonicClock: () => performance.now(),
      ...options,
    }
    this.#reference = this.#readClocks()
    this.#report = this.#judge({ source: 'none', isSynchronised: false, uncertaintyMs: undefined })
  }

  static async start(options: ClockWatchOptions): Promise<ClockWatch> {
    const watch = new ClockWatch(options)
    await watch.measure()
    watch.#timer = setInterval(() => void watch.measure(), MEASURE_EVERY_MS).unref()
    return watch
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  report(): ClockReport {
    return this.#report
  }

  /** For a signed time: how far it may be off. @throws SanadError `time.not-trusted` */
  radiusMs(): number {
    // A step between two measurements shows at once: the two clocks no longer agree.
    this.#noticeStep()
    const { radiusMs } = this.#report
    if (radiusMs === undefined) throw new SanadError('time.not-trusted', this.#report.source)
    return radiusMs
  }

  async measure(): Promise<void> {
    const measured = await this.#options.measure()
    this.#noticeStep()
    if (this.#quiet < QUIET_AFTER_STEP) this.#quiet++
    this.#reference = this.#readClocks()
    this.#change(this.#judge(measured))
  }

  #noticeStep(): void {
    const { wall, monotonic } = this.#readClocks()
    const step = wall - this.#reference.wall - (monotonic - this.#reference.monotonic)
    if (Math.abs(step) <= LARGEST_SLEW_MS) return
    this.#quiet = 0
    this.#reference = { wall, monotonic }
    this.#change({ ...this.#judge(this.#report), lastStepMs: Math.round(step) })
  }

  #judge(measured: ClockMeasurement): ClockReport {
    const { policy, wallClock } = this.#options
    const { source, isSynchronised, uncertaintyMs } = measured
    const base = {
      source,
      isSynchronised,
      uncertaintyMs,
      measuredAt: wallClock(),
      lastStepMs: this.#report?.lastStepMs,
    }
    const isQuiet = this.#quiet >= QUIET_AFTER_STEP
    if (isSynchronised && uncertaintyMs !== undefined) {
      const isGood = isQuiet && uncertaintyMs <= policy.largestUncertaintyMs
      return isGood
        ? { ...base, state: 'trusted', radiusMs: Math.max(1, uncertaintyMs) }
        : { ...base, state: 'untrusted', radiusMs: undefined }
    }
    return policy.mustBeSynchronised
      ? { ...base, state: 'untrusted', radiusMs: undefined }
      : { ...base, state: 'assumed', radiusMs: policy.assumedUncertaintyMs }
  }

  #change(next: ClockReport): void {
    const before = this.#report
    this.#report = next
    if (next.state !== before.state || next.lastStepMs !== before.lastStepMs)
      this.#options.onChange?.(next)
  }

  #readClocks(): { wall: number; monotonic: number } {
    return { wall: this.#options.wallClock(), monotonic: this.#options.monotonicClock() }
  }
}
