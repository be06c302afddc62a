/**
 * Waiting work of many senders. It is taken from each in turn; and when there is no room for more, the sender with
 * most of it has the place: its newest gives way to one who has less. So no sender can fill the queue for others,
 * and none is refused while there is room.
 */
export class FairQueue<T> {
  /** By sender, in the order of their turns. Only lines in which something waits. */
  readonly #lines = new Map<string, T[]>()
  /** How many lines have so many waiting: the longest is known without a search. */
  readonly #linesOfLength: number[] = [0]
  #longest = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  /** @param capacity items; it may change from call to call */
  hasRoom(sender: string, capacity: number): boolean {
    return this.#size < capacity || this.#lengthOf(sender) + 1 < this.#longest
  }

  /** @returns what has no room: nothing, this very item, or the newest of the longest line */
  add(sender: string, item: T, capacity: number): T | undefined {
    if (!this.hasRoom(sender, capacity)) return item
    const displaced = this.#size < capacity ? undefined : this.#dropNewestOfLongest()
    const line = this.#lines.get(sender) ?? []
    if (line.length === 0) this.#lines.set(sender, line)
    line.push(item)
    this.#note(line.length - 1, line.length)
    return displaced
  }

  /** The oldest of the sender whose turn it is. */
  take(): T | undefined {
    const [turn] = this.#lines
    if (turn === undefined) return undefined
    const [sender, line] = turn
    const item = line.shift()
    this.#note(line.length + 1, line.length)
    this.#lines.delete(sender)
    if (line.length > 0) this.#lines.set(sender, line)
    return item
  }

  #lengthOf(sender: string): number {
    return this.#lines.get(sender)?.length ?? 0
  }

  #dropNewestOfLongest(): T | undefined {
    for (const [sender, line] of this.#lines) {
      if (line.length < this.#longest) continue
      const item = line.pop()
      this.#note(line.length + 1, line.length)
      if (line.length === 0) this.#lines.delete(sender)
      return item
    }
    return undefined
  }

  #note(before: number, after: number): void {
    const lines = this.#linesOfLength
    this.#size += after - before
    lines[before] = (lines[before] ?? 0) - 1
    lines[after] = (lines[after] ?? 0) + 1
    this.#longest = Math.max(this.#longest, after)
    while (this.#longest > 0 && (lines[this.#longest] ?? 0) === 0) this.#longest--
  }
}
