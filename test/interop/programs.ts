import { spawnSync } from 'node:child_process'

/** Programs of others. Each has its time; what it prints is kept. */

export interface Ran {
  readonly ok: boolean
  readonly stdout: string
  /** For people: the last line of what went wrong. */
  readonly trouble: string
}

const LARGEST_OUTPUT = 64 * 1024 * 1024

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly seconds?: number
}

export function run(words: readonly string[], options: RunOptions = {}): Ran {
  const [program = '', ...rest] = words
  const { cwd, env = {}, seconds = 120 } = options
  const { status, stdout, stderr, error } = spawnSync(program, rest, {
    encoding: 'utf8',
    timeout: seconds * 1000,
    maxBuffer: LARGEST_OUTPUT,
    env: { ...process.env, ...env },
    ...(cwd !== undefined && { cwd }),
  })
  const lines = `${error?.message ?? ''}\n${stderr ?? ''}`.trim().split('\n')
  return { ok: status === 0, stdout: stdout ?? '', trouble: lines.at(-1) ?? '' }
}

/** The first line of what a program says of itself; undefined where it is not there. */
export function versionOf(words: readonly string[]): string | undefined {
  const { ok, stdout } = run(words, { seconds: 30 })
  return ok ? stdout.trim().split('\n')[0] : undefined
}
