import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TokenPlace } from '../src/key-stores/token/token-link.ts'

/** Another program at the same token: what an SBI finds there, and what a thief would. */

export interface ActiveKey {
  readonly keyId: string
  readonly certificates: number
  readonly signature: Buffer
}

export interface ExportAttempt {
  readonly sensitive: boolean
  readonly extractable: boolean
  /** Names of the private parts that could be read. */
  readonly values: readonly string[]
  readonly wrapped: boolean
}

export function readActiveKey(
  place: TokenPlace,
  label: string,
  input: Uint8Array,
): ActiveKey | undefined {
  const found = ask(place, 'active', label, Buffer.from(input).toString('base64')) as
    | { keyId: string; certificates: number; signature: string }
    | undefined
  return found && { ...found, signature: Buffer.from(found.signature, 'base64') }
}

export const tryToExport = (place: TokenPlace, label: string): ExportAttempt =>
  ask(place, 'export', label) as ExportAttempt

function ask(place: TokenPlace, ...args: readonly string[]): unknown {
  const pin = readFileSync(place.pinFile, 'utf8').trim()
  const output = execFileSync(
    process.execPath,
    [join(import.meta.dirname, 'token-reader-process.ts'), ...args],
    {
      encoding: 'utf8',
      env: { ...process.env, ...place.environment },
      input: JSON.stringify({ module: place.module, tokenLabel: place.tokenLabel, pin }),
      stdio: ['pipe', 'pipe', 'ignore'],
    },
  )
  return output === '' ? undefined : (JSON.parse(output) as unknown)
}
