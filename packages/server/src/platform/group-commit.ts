import { SanadError } from '@sanad/protocol/text/problems'
import { translateDatabaseError } from './database.ts'

/**
 * Work of many in one transaction: what arrives while a group is being worked on forms the next one. Alone,
 * nobody waits; under load one flush to disk serves all of a group.
 */

export interface GroupsOptions<Item, Result> {
  /** What an item is about. No two about the same are worked on at once: the second sees what the first left. */
  readonly subjectOf: (item: Item) => string
  /**
   * All of the group or, when it throws, none of it. What concerns one item alone is in its place, as result
   * or error.
   */
  readonly work: (group: readonly Item[]) => Promise<readonly (Result | SanadError)[]>
}

interface Waiting<Item, Result> {
  readonly item: Item
  readonly subject: string
  readonly settle: PromiseWithResolvers<Result>
}

const LARGEST_GROUP = 32
/** While one group is flushed to disk, the next is worked on. */
const GROUPS_AT_ONCE = 2

export class Groups<Item, Result> {
  readonly #options: GroupsOptions<Item, Result>
  #waiting: Waiting<Item, Result>[] = []
  readonly #busy = new Set<string>()
  #running = 0

  constructor(options: GroupsOptions<Item, Result>) {
    this.#options = options
  }

  submit(item: Item): Promise<Result> {
    const settle = Promise.withResolvers<Result>()
    this.#waiting.push({ item, subject: this.#options.subjectOf(item), settle })
    if (this.#running < GROUPS_AT_ONCE) void this.#run()
    return settle.promise
  }

  async #run(): Promise<void> {
    this.#running++
    // What arrives in this turn of the event loop belongs together.
    await new Promise((resolve) => setImmediate(resolve))
    for (let group = this.#take(); group.length > 0; group = this.#take()) {
      await this.#answer(group)
      for (const { subject } of group) this.#busy.delete(subject)
    }
    this.#running--
  }

  #take(): readonly Waiting<Item, Result>[] {
    const group: Waiting<Item, Result>[] = []
    const later: Waiting<Item, Result>[] = []
    for (const waiting of this.#waiting) {
      const mayCome = group.length < LARGEST_GROUP && !this.#busy.has(waiting.subject)
      if (mayCome) this.#busy.add(waiting.subject)
      const place = mayCome ? group : later
      place.push(waiting)
    }
    this.#waiting = later
    return group
  }

  async #answer(group: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#options.work(group.map(({ item }) => item))
      for (const [index, { settle }] of group.entries()) {
        const result = results[index] as Result | SanadError
        if (result instanceof SanadError) settle.reject(result)
        else settle.resolve(result)
      }
    } catch (error) {
      if (group.length === 1 || isDatabaseAway(error))
        for (const { settle } of group) settle.reject(error)
      // One of them is the cause; the others are not to suffer from it.
      else for (const one of group) await this.#answer([one])
    }
  }
}

function isDatabaseAway(error: unknown): boolean {
  const translated = translateDatabaseError(error)
  return translated instanceof SanadError && translated.code === 'database.unavailable'
}
