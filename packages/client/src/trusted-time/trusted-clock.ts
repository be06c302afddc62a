import { SanadError } from '@sanad/protocol/text/problems'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import type { FloorReset, TimeFloor } from './time-floor.ts'
import { MACHINE_TICKS, type Ticks } from './ticks.ts'

/**
 * The time of the management server, carried on by the machine's monotonic clock.
 *
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 3: the only trusted time. The clock of the operating system
 * is never read here: anyone who can set it could make expired certificates valid again.
 */

export interface SignedTime {
  /** Milliseconds since the epoch. */
  readonly midpoint: number
  /** How far the server's own clock may be off. */
  readonly radius: number
}

/** Both clocks of the machine at one instant: when a question was sent. */
export interface Moment {
  readonly awake: number
  readonly sinceBoot: number
}

export const TRUST_STATES = ['trusted', 'ageing', 'untrusted'] as const
/** `ageing`: still good within its uncertainty, but an answer of the server is overdue. */
export type TrustState = (typeof TRUST_STATES)[number]

export interface TimeReport {
  readonly state: TrustState
  /** All undefined while untrusted, except when it was last right. Milliseconds since the epoch. */
  readonly time: number | undefined
  readonly uncertaintyMs: number | undefined
  readonly lastSynchronisedAt: number | undefined
  readonly ageingAt: number | undefined
  readonly untrustedAt: number | undefined
}

interface Anchor extends Moment {
  readonly time: number
  readonly uncertainty: number
}

/** The limits, as docs/trusted-time.md promises them. */
const TIME_LIMITS = {
  /** An answer that took longer is too vague. */
  longestRoundTripMs: 10_000,
  largestRadiusMs: 10_000,
  /** Quartz at its worst: 100 ppm of the time that has passed. */
  drift: 1e-4,
  /** Two statements that should have come did not. */
  ageingAfterMs: 12 * HOUR_MS,
  /** A policy can make it shorter: `longestOfflineSeconds`. */
  untrustedAfterMs: 7 * DAY_MS,
} as const

/** More than the coarseness of the clock that runs in sleep. */
const SLEPT_MS = 3_000

export class TrustedClock {
  readonly #floor: TimeFloor
  readonly #ticks: Ticks
  readonly #untrustedAfter = new Map<string, number>()
  #anchor: Anchor | undefined
  /** The last time that was read; no later reading is earlier. */
  #said = 0

  constructor(floor: TimeFloor, ticks: Ticks = MACHINE_TICKS) {
    this.#floor = floor
    this.#ticks = ticks
  }

  /** For {@link adopt}: when a question was sent. */
  moment(): Moment {
    return { awake: this.#ticks.awake(), sinceBoot: this.#ticks.sinceBoot() }
  }

  /** Milliseconds since then, in which the machine may have slept. */
  since(moment: Moment): number {
    const now = this.moment()
    const awake = now.awake - moment.awake
    const passed = now.sinceBoot - moment.sinceBoot
    return passed - awake > SLEPT_MS ? passed : awake
  }

  /** @param seconds how long a device may be without its server; the shortest of all devices counts */
  limitOffline(subject: string, seconds: number | undefined): void {
    if (seconds === undefined) this.#untrustedAfter.delete(subject)
    else this.#untrustedAfter.set(subject, seconds * 1_000)
  }

  get state(): TrustState {
    const anchor = this.#anchor
    if (anchor === undefined || this.#hasSlept(anchor)) return 'untrusted'
    const age = this.#ticks.awake() - anchor.awake
    if (age >= this.#untrustedAfterMs) return 'untrusted'
    return age >= this.#ageingAfterMs ? 'ageing' : 'trusted'
  }

  get isSet(): boolean {
    return this.state !== 'untrusted'
  }

  /** Milliseconds since the epoch. @throws SanadError `client.server-unreachable` while there is none to trust */
  now(): number {
    if (this.#anchor === undefined || !this.isSet)
      throw new SanadError('client.server-unreachable', 'no trusted time')
    // A statement may correct us within our uncertainty: time then stops until it catches up, it never runs back.
    this.#said = Math.max(this.#said, this.#floor.value, Math.round(this.#read(this.#anchor)))
    return this.#said
  }

  report(): TimeReport {
    const { state } = this
    const anchor = this.#anchor
    const at = (after: number): number | undefined =>
      anchor === undefined ? undefined : Math.round(anchor.time + after)
    const isSet = state !== 'untrusted' && anchor !== undefined
    return {
      state,
      time: isSet ? this.now() : undefined,
      uncertaintyMs: isSet ? Math.ceil(this.#uncertaintyOf(anchor)) : undefined,
      lastSynchronisedAt: at(0),
      ageingAt: isSet ? at(this.#ageingAfterMs) : undefined,
      untrustedAt: isSet ? at(this.#untrustedAfterMs) : undefined,
    }
  }

  /** The earliest time it can be: of what is stored and what has passed since. */
  get floor(): number {
    const anchor = this.#anchor
    // Asleep or not, at least this much has passed.
    const passed = anchor === undefined ? 0 : this.#read(anchor) - this.#uncertaintyOf(anchor)
    return Math.max(this.#floor.value, Math.floor(passed))
  }

  /** Writes down what has passed since the last statement, so that a restart does not lose it. */
  async keepFloor(): Promise<void> {
    await this.#floor.raise(this.floor)
  }

  /**
   * Whether it tells the time well enough. Before {@link adopt}, so that nothing is kept of one that does not.
   *
   * @param sentAt the moment at which the question left
   * @throws SanadError `message.time-outside-window` when the answer is too slow, too vague or in the past
   */
  requireUsable(signed: SignedTime, sentAt: Moment): void {
    this.requireExact(signed, sentAt)
    if (signed.midpoint + signed.radius < this.floor)
      throw new SanadError('message.time-outside-window', 'before the floor')
  }

  /** @throws SanadError `message.time-outside-window` when the answer is too slow or too vague */
  requireExact({ radius }: SignedTime, sentAt: Moment): void {
    if (this.since(sentAt) > TIME_LIMITS.longestRoundTripMs)
      throw new SanadError('message.time-outside-window', 'too slow')
    if (radius > TIME_LIMITS.largestRadiusMs)
      throw new SanadError('message.time-outside-window', 'too vague')
  }

  /** @throws SanadError as {@link requireUsable}; `client.storage-failed` */
  async adopt(signed: SignedTime, sentAt: Moment): Promise<void> {
    this.requireUsable(signed, sentAt)
    const anchor = this.#anchorOf(signed, sentAt)
    // Written down first: a time that was acted upon is never forgotten.
    await this.#floor.raise(signed.midpoint - signed.radius)
    this.#anchor = anchor
  }

  /**
   * The one way back. The caller has verified the order and the statement, and that they belong together.
   *
   * @param floor of the order: the earliest time it can be
   * @throws SanadError `client.storage-failed`
   */
  async reset(order: FloorReset, signed: SignedTime, sentAt: Moment): Promise<void> {
    const anchor = this.#anchorOf(signed, sentAt)
    await this.#floor.reset({
      ...order,
      floor: Math.max(order.floor, signed.midpoint - signed.radius),
    })
    this.#said = 0
    this.#anchor = anchor
  }

  /** Changes with each reset, also over restarts: instants of another era are not this clock’s. */
  get era(): number {
    return this.#floor.era
  }

  /** The number of the last reset of this device that was obeyed; 0 before the first. */
  lastResetOf(subject: string): number {
    return this.#floor.lastResetOf(subject)
  }

  /** The earliest that it could ever be set back to: when the pinned root was made. */
  get earliest(): number {
    return this.#floor.earliest
  }

  #anchorOf({ midpoint, radius }: SignedTime, sentAt: Moment): Anchor {
    const half = this.since(sentAt) / 2
    return { time: midpoint + half, uncertainty: radius + half, ...this.moment() }
  }

  get #untrustedAfterMs(): number {
    return Math.min(TIME_LIMITS.untrustedAfterMs, ...this.#untrustedAfter.values())
  }

  get #ageingAfterMs(): number {
    return Math.min(TIME_LIMITS.ageingAfterMs, this.#untrustedAfterMs)
  }

  #read(anchor: Anchor): number {
    return anchor.time + (this.#ticks.awake() - anchor.awake)
  }

  #uncertaintyOf(anchor: Anchor): number {
    return anchor.uncertainty + (this.#ticks.awake() - anchor.awake) * TIME_LIMITS.drift
  }

  #hasSlept(anchor: Anchor): boolean {
    const awake = this.#ticks.awake() - anchor.awake
    return this.#ticks.sinceBoot() - anchor.sinceBoot - awake > SLEPT_MS
  }
}
