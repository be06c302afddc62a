import { type LeakKind, takeOutBiometrics } from '@sanad/protocol/domain/leak-tripwire'

/**
 * The latest lines of the client’s own log, in memory, for `collect-logs`. Bounded, and lost with the process.
 *
 * MDS 0.9.5 › Management Client, 10: the tripwire removes what looks like biometric data before a line is kept,
 * and once more before it is sent.
 */

const MOST_BYTES = 256 * 1024
const MOST_LINES = 4_096
const LONGEST_LINE = 2_048

interface Line {
  /** Milliseconds on the monotonic clock. */
  readonly at: number
  readonly text: string
  readonly removed: number
}

export class LogRing {
  readonly #lines: Line[] = []
  readonly #ticks: () => number
  #bytes = 0

  constructor(ticks: () => number = () => performance.now()) {
    this.#ticks = ticks
  }

  /** @param removed how many pieces the tripwire removed from it */
  add(text: string, removed: number): void {
    const line = { at: this.#ticks(), text: text.slice(0, LONGEST_LINE), removed }
    this.#lines.push(line)
    this.#bytes += Buffer.byteLength(line.text)
    while (this.#bytes > MOST_BYTES || this.#lines.length > MOST_LINES)
      this.#bytes -= Buffer.byteLength(this.#lines.shift()?.text ?? '')
  }

  /**
   * @param since trusted time; lines carry trusted time too, also those from before it was known
   * @param limit bytes as JSON, after which the older end is cut off
   */
  collect(since: number, limit: number, now: number): { log: string; redactions: number } {
    const offset = now - this.#ticks()
    const lines = this.#lines.filter(({ at }) => at + offset >= since)
    const whole = lines.map(({ at, text }) => `${formatAt(at + offset)} ${text}`).join('\n')
    // Over the whole text: a biometric record may span several lines.
    const { text, leaks } = takeOutBiometrics(whole)
    const again = countLeaks(leaks)
    const redactions = lines.reduce((sum, { removed }) => sum + removed, again)
    return { log: cutOlderEnd(text, limit), redactions: Math.min(100_000, redactions) }
  }
}

export const countLeaks = (leaks: Readonly<Partial<Record<LeakKind, number>>>): number =>
  Object.values(leaks).reduce((sum, count) => sum + count, 0)

const formatAt = (at: number): string => new Date(at).toISOString()

/** The newest whole lines that fit. */
function cutOlderEnd(text: string, limit: number): string {
  let room = limit
  const kept: string[] = []
  for (const line of text.split('\n').toReversed()) {
    // Its length in a message: quoted, and with its line end.
    room -= Buffer.byteLength(JSON.stringify(line))
    if (room < 0) break
    kept.push(line)
  }
  return kept.toReversed().join('\n')
}
