import { orStorageFailure } from '../base/storage-failure.ts'
import { damaged, readCheckedFile, writeCheckedFile } from '../state/checked-file.ts'

/**
 * The earliest time it can be, kept over restarts: trusted time never falls below it. Beside it, the number of
 * the last signed reset of each device, so that none is obeyed twice.
 *
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 3: the time from the server is the only one that is trusted.
 */
export class TimeFloor {
  readonly #path: string
  readonly earliest: number
  #value: number
  #resets: ReadonlyMap<string, number>
  /** One write at a time, in the order in which they were asked for. */
  #writing: Promise<void> = Promise.resolve()
  #resetsDone = 0

  private constructor(
    path: string,
    earliest: number,
    value: number,
    resets: ReadonlyMap<string, number>,
  ) {
    this.#path = path
    this.earliest = earliest
    this.#value = value
    this.#resets = resets
  }

  /** @param earliest known without any server: when the pinned root was made. */
  static async open(path: string, earliest: number): Promise<TimeFloor> {
    const stored = await orStorageFailure(readCheckedFile(path))
    if (stored === undefined) return new TimeFloor(path, earliest, earliest, new Map())
    const { floor, resets = {} } = stored
    if (!isWhole(floor) || typeof resets !== 'object' || resets === null) throw damaged(path)
    const numbers = Object.entries(resets)
    if (!numbers.every((entry): entry is [string, number] => isWhole(entry[1]))) throw damaged(path)
    return new TimeFloor(path, earliest, Math.max(floor, earliest), new Map(numbers))
  }

  /** Milliseconds since the epoch. */
  get value(): number {
    return this.#value
  }

  /** Which run of time this is: grows with each reset, because the number of each is above all before it. */
  get era(): number {
    return [...this.#resets.values()].reduce((sum, number) => sum + number, 0)
  }

  lastResetOf(subject: string): number {
    return this.#resets.get(subject) ?? 0
  }

  /** Never lowers it. A time measured before a reset does not undo the reset. */
  raise(to: number): Promise<void> {
    const before = this.#resetsDone
    return this.#enqueue(async () => {
      if (to > this.#value && before === this.#resetsDone) await this.#write(to, this.#resets)
    })
  }

  /** Lowers it to the floor of a signed order, not below the pinned root; with the order's number in the same write. */
  reset({ subject, number, floor }: FloorReset): Promise<void> {
    return this.#enqueue(async () => {
      const resets = new Map(this.#resets).set(subject, number)
      await this.#write(Math.max(floor, this.earliest), resets)
      this.#resetsDone++
    })
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(work)
    this.#writing = done.catch(() => undefined)
    return done
  }

  async #write(value: number, resets: ReadonlyMap<string, number>): Promise<void> {
    const kept = resets.size === 0 ? {} : { resets: Object.fromEntries(resets) }
    await orStorageFailure(writeCheckedFile(this.#path, { floor: value, ...kept }))
    this.#value = value
    this.#resets = resets
  }
}

/** The content of a signed reset. */
export interface FloorReset {
  /** `deviceSubject` of the device that it names. */
  readonly subject: string
  readonly number: number
  /** The earliest time it can be, milliseconds since the epoch. */
  readonly floor: number
}

const isWhole = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value)
