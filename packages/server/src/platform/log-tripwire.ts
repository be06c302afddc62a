import { type LeakKind, takeOutBiometrics } from '@sanad/protocol/domain/leak-tripwire'

/**
 * The tripwire, over what a line of the log says rather than over how it is written: inside JSON a quote becomes
 * `\"` and a zero byte `\u0000`, and what looks like a record would not any more.
 */

export type Leaks = Readonly<Partial<Record<LeakKind, number>>>

export interface CleanedLine {
  readonly line: string
  readonly leaks: Leaks
}

/** More numbers in a row than any list of ours has: bytes of something, printed one by one. */
const LONGEST_NUMBERS = 32

export function cleanLine(line: string): CleanedLine {
  const cleaning = new Cleaning()
  const text = line.endsWith('\n') ? line.slice(0, -1) : line
  const parsed = parseObject(text)
  const cleaned =
    parsed === undefined ? cleaning.text(text) : JSON.stringify(cleaning.value(parsed))
  // A line without findings leaves as it came, byte for byte.
  return cleaning.isClean ? { line, leaks: {} } : { line: `${cleaned}\n`, leaks: cleaning.leaks }
}

function parseObject(text: string): object | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    return JSON.parse(text) as object
  } catch {
    return undefined
  }
}

class Cleaning {
  readonly leaks: Partial<Record<LeakKind, number>> = {}
  isClean = true

  text(text: string): string {
    const inspected = takeOutBiometrics(text)
    // Object.entries widens the keys; the tripwire names kinds only.
    for (const [kind, count] of Object.entries(inspected.leaks) as [LeakKind, number][])
      this.#count(kind, count)
    return inspected.text
  }

  value(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value)
    if (typeof value !== 'object' || value === null) return value
    if (isRowOfNumbers(value)) return this.#replace('encoded-bytes')
    if (Array.isArray(value)) return value.map((member) => this.value(member))
    return Object.fromEntries(Object.entries(value).map((member) => this.#member(member)))
  }

  /** By name and value together, as they would stand in text: `bioValue` is taken out short as it may be. */
  #member([name, value]: [string, unknown]): [string, unknown] {
    const prefix = `${name}: `
    const isText = typeof value === 'string'
    const cleaned = this.text(`${prefix}${isText ? value : '0'}`)
    if (!cleaned.startsWith(prefix)) return [takeOutBiometrics(name).text, cleaned]
    return [name, isText ? cleaned.slice(prefix.length) : this.value(value)]
  }

  #replace(kind: LeakKind): string {
    this.#count(kind, 1)
    return `[removed: ${kind}]`
  }

  #count(kind: LeakKind, count: number): void {
    this.isClean = false
    this.leaks[kind] = (this.leaks[kind] ?? 0) + count
  }
}

/** Also `{"0":70,"1":77,…}`, which a Uint8Array becomes; a long one ends in words of the logger on what it left out. */
function isRowOfNumbers(value: object): boolean {
  const members: unknown[] = Object.values(value)
  const numbers = members.filter((member) => typeof member === 'number').length
  return numbers > LONGEST_NUMBERS && members.length - numbers <= 1
}
