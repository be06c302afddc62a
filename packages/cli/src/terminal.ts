import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { styleText } from 'node:util'

/** What people see: tables, progress, questions. With `--json` only the answer, and nothing else. */

export interface Terminal {
  readonly isJson: boolean
  readonly out: NodeJS.WritableStream
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
}

export function print(terminal: Terminal, value: unknown, forPeople: () => string): void {
  terminal.out.write(terminal.isJson ? `${JSON.stringify(value)}\n` : `${forPeople()}\n`)
}

/** Columns as wide as their widest cell; no lines, so that it can be cut and searched. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return 'None.'
  const widths = head.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [styleText('dim', line(head)), ...rows.map(line)].join('\n')
}

/** Name and value, for one thing. */
export function facts(
  pairs: readonly (readonly [string, string | number | null | undefined])[],
): string {
  const width = Math.max(...pairs.map(([name]) => name.length))
  return pairs
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${styleText('dim', name.padEnd(width))}  ${value}`)
    .join('\n')
}

/** `2026-11-24 10:00 UTC`, and `–` for never. */
export const moment = (iso: string | null | undefined): string =>
  iso === null || iso === undefined ? '–' : `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`

const BAR_WIDTH = 30

/** A bar on standard error: it never mixes with an answer, and is silent where nobody looks. */
export class Progress {
  readonly #terminal: Terminal
  readonly #isShown: boolean

  constructor(terminal: Terminal) {
    this.#terminal = terminal
    this.#isShown = !terminal.isJson && terminal.err.isTTY === true
  }

  show(share: number, words: string): void {
    if (!this.#isShown) return
    const done = Math.round(Math.min(1, Math.max(0, share)) * BAR_WIDTH)
    const bar = '█'.repeat(done) + '░'.repeat(BAR_WIDTH - done)
    const text = `${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${words}`
    this.#terminal.err.write(`\r${text.slice(0, (this.#terminal.err.columns ?? 80) - 1)}\u001b[K`)
  }

  end(): void {
    if (this.#isShown) this.#terminal.err.write('\r\u001b[K')
  }
}

/** Asks without showing what is typed; a password never stands in an argument. */
export async function askSecret(question: string): Promise<string> {
  process.stderr.write(question)
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({
    input: process.stdin,
    output: silent,
    terminal: process.stdin.isTTY,
  })
  for await (const line of lines) {
    lines.close()
    process.stderr.write('\n')
    return line
  }
  return ''
}
