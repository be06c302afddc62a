import type { LeakKind } from '@sanad/protocol/domain/leak-tripwire'
import type { Leaks } from './log-tripwire.ts'

const EVERY_MS = 60_000

/** Puts one kind of leak on record. */
export type ReportLeak = (kind: LeakKind, occurrences: number) => Promise<void>

/**
 * Removals from the log, gathered: a fault that writes a thousand lines must not fill the record of effects. The
 * first is reported at once, the rest once a minute; what could not be reported is kept for the next time.
 */
export class LeakReports {
  readonly #waiting = new Map<LeakKind, number>()
  #report: ReportLeak | undefined
  #timer: NodeJS.Timeout | undefined

  readonly note = (leaks: Leaks): void => {
    // Object.entries widens the keys; the tripwire names kinds only.
    for (const [kind, count] of Object.entries(leaks) as [LeakKind, number][])
      this.#waiting.set(kind, (this.#waiting.get(kind) ?? 0) + count)
    if (this.#report !== undefined && this.#timer === undefined) void this.#flush()
  }

  /** From now on there is a record to report to; what was found before goes there first. */
  reportTo(report: ReportLeak): void {
    this.#report = report
    if (this.#waiting.size > 0) void this.#flush()
  }

  /** The last ones, before the record is closed. */
  async close(): Promise<void> {
    await this.#flush()
    clearTimeout(this.#timer)
    this.#report = undefined
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#waiting.size > 0) void this.#flush()
    }, EVERY_MS).unref()
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const [kind, occurrences] of waiting) {
      try {
        await this.#report?.(kind, occurrences)
      } catch {
        // The record is away: nothing is logged here, for the log is what we are called from.
        this.#waiting.set(kind, (this.#waiting.get(kind) ?? 0) + occurrences)
      }
    }
  }
}
