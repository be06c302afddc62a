import { SanadError } from '@sanad/protocol/problems'
import type { TimeFloor } from '../state/time-floor.ts'
import { MACHINE_TICKS, type Ticks } from './ticks.ts'

/**
 * The time of the management server, carried on by the machine's monotonic clock.
 *
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 3: the only trusted time. The clock of the operating system
 * is never read here: whoever can set it could make old certificates valid again.
 */

export interface SignedTime {
  /** Milliseconds since the epoch. */
  readonly midpoint: number
  /** How far the server's own clock may be off. */
  readonly radius: number
}

interface Anchor {
  readonly time: number
  readonly uncertainty: number
  readonly awake: number
  readonly sinceBoot: number
}

const LONGEST_ROUND_TRIP_MS = 10_000
const LARGEST_RADIUS_MS = 60_000
/** Quartz drifts less than this in the time between two statements. */
const DRIFT_MS = 5_000
/** Beyond the coarseness of the clock that goes on in sleep. */
const SLEPT_MS = 3_000

export class TrustedClock {
  readonly #floor: TimeFloor
  readonly #ticks: Ticks
  #anchor: Anchor | undefined

  constructor(floor: TimeFloor, ticks: Ticks = MACHINE_TICKS) {
    this.#floor = floor
    this.#ticks = ticks
  }

  /** For {@link adopt}: when a question was sent. */
  tick(): number {
    return this.#ticks.awake()
  }

  get isSet(): boolean {
    return this.#anchor !== undefined && !this.#hasSlept(this.#anchor)
  }

  /** Milliseconds since the epoch. @throws SanadError `client.server-unreachable` before the first statement */
  now(): number {
    const anchor = this.#anchor
    if (anchor === undefined || this.#hasSlept(anchor))
      throw new SanadError('client.server-unreachable', 'no trusted time yet')
    return Math.round(this.#read(anchor))
  }

  /** The earliest time it can be: of what is stored and what has passed since. */
  get floor(): number {
    const anchor = this.#anchor
    // Asleep or not, at least this much has passed.
    const passed = anchor === undefined ? 0 : this.#read(anchor) - anchor.uncertainty - DRIFT_MS
    return Math.max(this.#floor.value, Math.floor(passed))
  }

  /**
   * @param sentAt the tick at which the question left
   * @throws SanadError `message.time-outside-window` when the answer is too old or too vague to tell the time
   */
  async adopt(signed: SignedTime, sentAt: number): Promise<void> {
    const awake = this.#ticks.awake()
    const roundTrip = awake - sentAt
    if (roundTrip > LONGEST_ROUND_TRIP_MS || signed.radius > LARGEST_RADIUS_MS)
      throw new SanadError('message.time-outside-window', 'too vague')
    if (signed.midpoint < this.floor)
      throw new SanadError('message.time-outside-window', 'before the floor')
    // Written down first: a time that was acted upon is never forgotten.
    await this.#floor.raise(signed.midpoint - signed.radius)
    this.#anchor = {
      time: signed.midpoint + roundTrip / 2,
      uncertainty: signed.radius + roundTrip / 2,
      awake,
      sinceBoot: this.#ticks.sinceBoot(),
    }
  }

  #read(anchor: Anchor): number {
    return anchor.time + (this.#ticks.awake() - anchor.awake)
  }

  #hasSlept(anchor: Anchor): boolean {
    const awake = this.#ticks.awake() - anchor.awake
    return this.#ticks.sinceBoot() - anchor.sinceBoot - awake > SLEPT_MS
  }
}
