import { damaged, readCheckedFile, writeCheckedFile } from './checked-file.ts'
import { orStorageFailure } from '../files/storage-failure.ts'

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
    if (!numbers.every((entry): entry is [string, number] => isWhole(entry[1])))
      throw damaged(path)
    return new TimeFloor(path, earliest, Math.max(floor, earliest), new Map(numbers))
  }

  /** Milliseconds since the epoch. */
  get value(): number {
    return this.#value
  }

  lastResetOf(subject: string): number {
    return this.#resets.get(subject) ?? 0
  }

  /** Never lowers it. */
  async raise(to: number): Promise<void> {
    if (to <= this.#value) return
    await this.#write(to, this.#resets)
  }

  /** To where a signed order says, and not below the pinned root; with its number in the same write. */
  async reset(order: { subject: string; number: number; floor: number }): Promise<void> {
    const resets = new Map(this.#resets).set(order.subject, order.number)
    await this.#write(Math.max(order.floor, this.earliest), resets)
  }

  async #write(value: number, resets: ReadonlyMap<string, number>): Promise<void> {
    const kept = resets.size === 0 ? {} : { resets: Object.fromEntries(resets) }
    await orStorageFailure(writeCheckedFile(this.#path, { floor: value, ...kept }))
    this.#value = value
    this.#resets = resets
  }
}

const isWhole = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value)
