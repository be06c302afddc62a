import type { TimeReport } from '../trusted-time/trusted-clock.ts'

/** Trusted time as an SBI reads it: in a file, and over the loopback interface. */
export interface TimeView {
  readonly state: TimeReport['state']
  /** ISO 8601 with milliseconds, UTC; null while there is none to trust. */
  readonly time: string | null
  readonly uncertaintyMs: number | null
  readonly lastSynchronisedAt: string | null
  readonly ageingAt: string | null
  readonly untrustedAt: string | null
  /**
   * CLOCK_BOOTTIME of this computer when `time` was read, milliseconds: a reader of a file that is half a minute
   * old adds what has passed since. A number above that clock's own is from before the last start.
   */
  readonly sinceBootMs: number
}

export const viewTime = (report: TimeReport, sinceBootMs: number): TimeView => ({
  state: report.state,
  time: toText(report.time),
  uncertaintyMs: report.uncertaintyMs ?? null,
  lastSynchronisedAt: toText(report.lastSynchronisedAt),
  ageingAt: toText(report.ageingAt),
  untrustedAt: toText(report.untrustedAt),
  sinceBootMs: Math.round(sinceBootMs),
})

const toText = (at: number | undefined): string | null =>
  at === undefined ? null : new Date(at).toISOString()
