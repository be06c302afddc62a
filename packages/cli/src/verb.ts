import type { ParseArgsOptionsConfig } from 'node:util'
import { UsageError } from '@sanad/command-line/program'
import type { Connection } from './connection.ts'
import type { Terminal } from './terminal.ts'

/** One thing that can be said: `sanad devices list --state registered`. */
export interface Verb {
  /** `devices list` */
  readonly name: string
  /** What follows the name: `<device>`, `[<type>]`. */
  readonly usage: string
  readonly summary: string
  readonly options?: ParseArgsOptionsConfig
  readonly run: (said: Said) => Promise<void>
}

export interface Said {
  readonly connection: Connection
  readonly terminal: Terminal
  readonly positionals: readonly string[]
  readonly options: Readonly<
    Record<string, string | boolean | readonly (string | boolean)[] | undefined>
  >
}

/** @throws UsageError */
export function need(said: Said, index: number, what: string): string {
  const value = said.positionals[index]
  if (value === undefined) throw new UsageError(`${what} is missing`)
  return value
}

export function text(said: Said, name: string): string | undefined {
  const value = said.options[name]
  return typeof value === 'string' ? value : undefined
}

/** @throws UsageError */
export function needOption(said: Said, name: string): string {
  const value = text(said, name)
  if (value === undefined) throw new UsageError(`--${name} is missing`)
  return value
}

export function list(said: Said, name: string): readonly string[] | undefined {
  const value = said.options[name]
  if (!Array.isArray(value)) return undefined
  return value.filter((one): one is string => typeof one === 'string')
}

/** @throws UsageError */
export function number(said: Said, name: string): number | undefined {
  const value = text(said, name)
  if (value === undefined) return undefined
  const parsed = Number(value)
  if (!Number.isInteger(parsed)) throw new UsageError(`--${name} is not a whole number`)
  return parsed
}
