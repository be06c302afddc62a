import type { FastifyBaseLogger } from 'fastify'

/**
 * Lines about what others can bring about as often as they like: of each kind the first ones of a minute, and then
 * how many more there were.
 */

const EVERY_MS = 60_000
/** So many kinds and places of refusal are some megabytes a day at worst. */
const LINES_A_MINUTE = 10

type Level = 'debug' | 'info' | 'warn' | 'error'

export interface SampledEntry {
  readonly code: string
  readonly requestId?: string
  readonly err?: Error
}

interface Kind {
  lines: number
  unsaid: number
}

export class SampledLog {
  readonly #log: FastifyBaseLogger
  /** By level, text and code: few, because all three are ours. */
  readonly #kinds = new Map<string, Kind>()
  #timer: NodeJS.Timeout | undefined

  constructor(log: FastifyBaseLogger) {
    this.#log = log
  }

  /** @param entry its `code` is of the closed table */
  write(level: Level, entry: SampledEntry, text: string): void {
    const name = [level, entry.code, text].join('\n')
    const kind = this.#kinds.get(name) ?? { lines: 0, unsaid: 0 }
    this.#kinds.set(name, kind)
    this.#timer ??= setTimeout(() => this.flush(), EVERY_MS).unref()
    if (kind.lines++ < LINES_A_MINUTE) this.#log[level](entry, text)
    else kind.unsaid++
  }

  /** Says what was only counted. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const [name, { unsaid }] of this.#kinds) {
      const [level, code, text] = name.split('\n') as [Level, string, string]
      if (unsaid > 0) this.#log[level]({ code, occurrences: unsaid }, `${text}, more of them`)
    }
    this.#kinds.clear()
  }
}
