import { SanadError } from '@sanad/protocol/text/problems'
import type { Clock } from '../platform/clock.ts'
import { RetrySpread } from '../platform/retry-after.ts'
import { FairQueue } from './fair-queue.ts'
import { Pace } from './pace.ts'
import { type Source, Standings } from './standings.ts'

/**
 * Asks whether there is room before a message costs anything: nothing is decrypted, read or looked up before its turn.
 *
 * There are two lanes. Messages from where a device was proven lately go first, as many as the server answers within
 * half a second. The others have a lane of their own, short, and with a share of each turn of the event loop that
 * shrinks while proven work is slow. In each lane the senders take turns, see {@link FairQueue}.
 */

/** Handed to the work, which says when it is no more in the way of what waits. */
export type LetNextIn = () => void

/** @param isProven whether its sender was proven lately, as it was when it came */
export type Work<T> = (letNextIn: LetNextIn, isProven: boolean) => Promise<T>

/** Batches are cut from them, see check-ins.ts: two in work, and one that gathers. */
const MOST_IN_WORK = 192
/** Batches are no larger than what is answered in this time, all of them together. */
const WORK_SECONDS = 0.25
const LEAST_IN_WORK = 48
/** So that they cannot fill the batches. */
const MOST_UNPROVEN_IN_WORK = 32
/** Room is what is answered in this time at the pace of the last seconds. */
const LONGEST_WAIT_SECONDS = 0.4
/**
 * Whatever the pace: a few hundred devices are never turned away because the machine or its database paused for a
 * moment.
 */
const LEAST_ROOM = 256
/** 64 KB each at worst; 4 KB in life. */
const MOST_ROOM = 1_000
const UNPROVEN_ROOM = 256
/** Our client waits 30 s for an answer, many proxies less: what begins later than this is answered to nobody. */
const GIVEN_UP_AFTER_MS = 10_000
/** One turn of the event loop takes in no more, so that answers of the database are read between. */
const LONGEST_INTAKE_MS = 15
/** Of it, for unproven work. */
const LONGEST_UNPROVEN_INTAKE_MS = 2
/** Beyond it unproven work gets less of each turn. */
const SLOW_TURN_MS = 12
const MOST_UNPROVEN_A_TURN = 64
/** However slow the turns: enrolment goes on beside check-ins, and who is new is heard in a long overload, too. */
const LEAST_UNPROVEN_A_TURN = 4
/** Of the proven work of a turn. */
const LEAST_UNPROVEN_SHARE = 0.1
/** After a proven message the lanes compete for so long. */
const BUSY_FOR_MS = 2_000

interface Waiting {
  /** Of the monotonic clock, milliseconds. */
  readonly since: number
  readonly isGone: () => boolean
  readonly begin: () => void
  readonly refuse: () => void
}

interface Lane {
  readonly queue: FairQueue<Waiting>
  mostInWork: number
  inWork: number
}

const openLane = (mostInWork: number): Lane => ({ queue: new FairQueue(), mostInWork, inWork: 0 })

export class Admission {
  readonly #clock: Clock
  readonly #standings = new Standings()
  readonly #spread = new RetrySpread()
  readonly #pace = new Pace()
  readonly #proven = openLane(MOST_IN_WORK)
  readonly #unproven = openLane(MOST_UNPROVEN_IN_WORK)
  #isScheduled = false
  /** When the turn before began, where this one follows on it without a rest. */
  #turnBegan: number | undefined
  #unprovenATurn = MOST_UNPROVEN_A_TURN
  #provenAt = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  isProven(source: Source): boolean {
    return this.#standings.isProven(source, this.#clock())
  }

  /** Whether a proven device was heard in the last moments. */
  get isBusy(): boolean {
    return performance.now() - this.#provenAt <= BUSY_FOR_MS
  }

  /**
   * For whoever can refuse before the message is read.
   *
   * @returns undefined where there is room; else after how many seconds the sender is to ask again
   */
  refuses(source: Source): number | undefined {
    const lane = this.#laneFor(this.isProven(source))
    const hasRoom = lane.queue.hasRoom(this.#standings.senderOf(source), this.#roomOf(lane))
    return hasRoom ? undefined : this.retryAfterSeconds()
  }

  retryAfterSeconds(): number {
    return this.#spread.refuse(performance.now())
  }

  /**
   * Begins the work when its turn comes. The place is free again when the work lets the next in, or ends.
   *
   * @throws SanadError `server.overloaded` where there is no room, or the turn came after its sender gave up
   */
  enter<T>(source: Source, work: Work<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const isProven = this.isProven(source)
    const lane = this.#laneFor(isProven)
    const waiting: Waiting = {
      since: performance.now(),
      isGone: source.isGone ?? (() => false),
      begin: () =>
        void takePlace(
          lane,
          (free) => work(free, isProven),
          () => this.#schedule(),
        ).then(resolve, reject),
      refuse: () => reject(new SanadError('server.overloaded')),
    }
    lane.queue.add(this.#standings.senderOf(source), waiting, this.#roomOf(lane))?.refuse()
    this.#schedule()
    return promise
  }

  /** @param device a name of it that no other has */
  noteProven(source: Source, device: string): void {
    this.#standings.noteProven(source, device, this.#clock())
    this.#provenAt = performance.now()
    this.#pace.noteAnswered()
    this.#spread.noteAnswered()
  }

  /** A claim that was granted: its device is known from now on, and did no work that others compete with. */
  noteGranted(source: Source, device: string): void {
    this.#standings.noteProven(source, device, this.#clock())
  }

  noteNotAuthentic(source: Source): void {
    this.#standings.noteNotAuthentic(source)
  }

  #laneFor(isProven: boolean): Lane {
    return isProven ? this.#proven : this.#unproven
  }

  #roomOf(lane: Lane): number {
    if (lane === this.#unproven) return UNPROVEN_ROOM
    const room = this.#pace.perSecond * LONGEST_WAIT_SECONDS
    return Math.min(MOST_ROOM, Math.max(LEAST_ROOM, room))
  }

  #schedule(): void {
    if (this.#isScheduled || !(canBegin(this.#proven) || canBegin(this.#unproven))) return
    this.#isScheduled = true
    setImmediate(() => this.#turn())
  }

  /** Once in each turn of the event loop, after it has read what arrived. */
  #turn(): void {
    this.#isScheduled = false
    const now = performance.now()
    this.#shareTurn(now)
    this.#pace.measure(now, this.#proven.queue.size > 0)
    const gathered = Math.max(LEAST_IN_WORK, this.#pace.perSecond * WORK_SECONDS)
    this.#proven.mostInWork = Math.min(MOST_IN_WORK, gathered)
    const proven = beginSome(this.#proven, MOST_IN_WORK, now + LONGEST_INTAKE_MS)
    const share = Math.max(this.#unprovenATurn, Math.ceil(proven * LEAST_UNPROVEN_SHARE))
    beginSome(this.#unproven, share, performance.now() + LONGEST_UNPROVEN_INTAKE_MS)
    this.#schedule()
    this.#turnBegan = this.#isScheduled ? now : undefined
  }

  /** Half as much unproven work after a slow turn, one more after a quick one; all of it while there is no other. */
  #shareTurn(now: number): void {
    if (!this.isBusy) this.#unprovenATurn = MOST_UNPROVEN_A_TURN
    else if (this.#turnBegan !== undefined)
      this.#unprovenATurn =
        now - this.#turnBegan > SLOW_TURN_MS
          ? Math.max(LEAST_UNPROVEN_A_TURN, this.#unprovenATurn >> 1)
          : Math.min(MOST_UNPROVEN_A_TURN, this.#unprovenATurn + 1)
  }
}

const canBegin = ({ queue, inWork, mostInWork }: Lane): boolean =>
  queue.size > 0 && inWork < mostInWork

/** @param until no more is begun after it @returns how many were */
function beginSome(lane: Lane, most: number, until: number): number {
  let begun = 0
  while (begun < most && canBegin(lane)) {
    const now = performance.now()
    if (now > until) break
    const next = lane.queue.take()
    if (next === undefined) break
    if (now - next.since > GIVEN_UP_AFTER_MS || next.isGone()) next.refuse()
    else {
      next.begin()
      begun++
    }
  }
  return begun
}

async function takePlace<T>(
  lane: Lane,
  work: (letNextIn: LetNextIn) => Promise<T>,
  onFree: () => void,
): Promise<T> {
  let isHeld = true
  const letNextIn = (): void => {
    if (!isHeld) return
    isHeld = false
    lane.inWork--
    onFree()
  }
  lane.inWork++
  try {
    return await work(letNextIn)
  } finally {
    letNextIn()
  }
}
