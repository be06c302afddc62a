import { orStorageFailure } from '../files/storage-failure.ts'
import { damaged, readCheckedFile, writeCheckedFile } from './checked-file.ts'

/**
 * The earliest time it can be, kept over restarts: trusted time never falls below it.
 *
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 3: the time from the server is the only one that is trusted.
 */
export class TimeFloor {
  readonly #path: string
  #value: number

  private constructor(path: string, value: number) {
    this.#path = path
    this.#value = value
  }

  /** @param earliest known without any server: when the pinned root was made. */
  static async open(path: string, earliest: number): Promise<TimeFloor> {
    const stored = await orStorageFailure(readCheckedFile(path))
    if (stored === undefined) return new TimeFloor(path, earliest)
    const { floor } = stored
    if (typeof floor !== 'number' || !Number.isSafeInteger(floor)) throw damaged(path)
    return new TimeFloor(path, Math.max(floor, earliest))
  }

  /** Milliseconds since the epoch. */
  get value(): number {
    return this.#value
  }

  /** Never lowers it. */
  async raise(to: number): Promise<void> {
    if (to <= this.#value) return
    this.#value = to
    await orStorageFailure(writeCheckedFile(this.#path, { floor: to }))
  }
}
