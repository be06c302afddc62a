import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { SanadError, type ProblemCode } from '@sanad/protocol/text/problems'
import type { OpenRequest } from './agent-protocol.ts'
import { DEFAULT_SESSIONS, checkHsmConfig, optionalOf, type HsmConfig } from './hsm-config.ts'
import { readPin, rememberRefusal } from './pin-file.ts'

/** Runs the whole contract with a token, part by part, so that a vendor’s HSM can be judged in a minute. */

export const CHECK_PARTS = [
  'configuration',
  'library',
  'token',
  'permission',
  'session',
  'login',
  'parallel-sessions',
  'extras',
  'key-generation',
  'signature-mechanism',
  'search',
  'names',
  'keys-on-token',
  'new-key',
  'key-proof',
  'signature',
  'removal',
] as const
export type CheckPart = (typeof CHECK_PARTS)[number]

export interface CheckRow {
  readonly part: CheckPart
  readonly outcome: 'works' | 'worked-around' | 'lacking' | 'not-tried'
  /** What the server would say; with `lacking` only. */
  readonly code?: ProblemCode
  readonly detail: string
}

export interface CheckRequest extends OpenRequest {
  /** Makes a key under a name of its own and destroys it; else the token is left as it is. */
  readonly makesKey: boolean
}

export type FromCheck =
  | { readonly begins: CheckPart }
  | { readonly row: CheckRow }
  | { readonly isDone: true }

const CHECKER = fileURLToPath(new URL('agent/check-token.ts', import.meta.url))
/** For one part; making a key of 3072 bits takes a slow HSM about a minute. */
const PART_MS = 180_000

/** @returns a row for each part, in the order of CHECK_PARTS; never throws for what a library does */
export async function checkToken(config: HsmConfig, makesKey = true): Promise<readonly CheckRow[]> {
  try {
    checkHsmConfig(config)
    const request = await describeRequest(config, makesKey)
    const rows = await collect(config, request)
    if (rows.some(({ code }) => code === 'hsm.pin-refused')) await rememberRefusal(config.pinFile)
    return complete(rows)
  } catch (error) {
    if (!(error instanceof SanadError)) throw error
    return complete([lacking('configuration', error.code, detailOf(error))])
  }
}

export const isUsable = (rows: readonly CheckRow[]): boolean =>
  rows.every(({ outcome }) => outcome !== 'lacking')

async function describeRequest(config: HsmConfig, makesKey: boolean): Promise<CheckRequest> {
  const { module, tokenLabel, mode, sessions = DEFAULT_SESSIONS, pinFile } = config
  const pin = await readPin(pinFile)
  return { verb: 'open', module, tokenLabel, mode, sessions, pin, ...optionalOf(config), makesKey }
}

/** In a process of its own: a library may end it, or never answer. */
function collect(config: HsmConfig, request: CheckRequest): Promise<CheckRow[]> {
  const sessions = config.sessions ?? DEFAULT_SESSIONS
  const child = spawn(process.execPath, [CHECKER], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
    env: { ...config.environment, UV_THREADPOOL_SIZE: String(sessions + 2) },
  })
  const rows: CheckRow[] = [
    { part: 'configuration', outcome: 'works', detail: 'the configuration is complete' },
  ]
  return new Promise((resolve) => listen(child, request, rows, resolve))
}

function listen(
  child: ChildProcess,
  request: CheckRequest,
  rows: CheckRow[],
  resolve: (rows: CheckRow[]) => void,
): void {
  let part: CheckPart = 'library'
  let isDone = false
  const fail = (code: ProblemCode, detail: string): void => {
    if (!isDone) rows.push(lacking(part, code, detail))
    isDone = true
    child.kill('SIGKILL')
    resolve(rows)
  }
  const stalled = (): void => fail('hsm.unavailable', `no answer for ${PART_MS / 1000} seconds`)
  let timer = setTimeout(stalled, PART_MS)
  child.on('message', (message: FromCheck) => {
    clearTimeout(timer)
    timer = setTimeout(stalled, PART_MS)
    if ('begins' in message) part = message.begins
    else if ('row' in message) rows.push(message.row)
    else isDone = true
  })
  child.once('error', (error) => fail('hsm.library-unusable', error.message))
  child.once('exit', (status, signal) => {
    clearTimeout(timer)
    fail('hsm.library-unusable', `the library ended the process (${signal ?? status})`)
  })
  child.send(request)
}

function complete(rows: readonly CheckRow[]): CheckRow[] {
  const byPart = new Map(rows.map((row) => [row.part, row]))
  return CHECK_PARTS.map(
    (part) =>
      byPart.get(part) ?? { part, outcome: 'not-tried', detail: 'another part is needed first' },
  )
}

const lacking = (part: CheckPart, code: ProblemCode, detail: string): CheckRow => ({
  part,
  outcome: 'lacking',
  code,
  detail,
})

const detailOf = ({ detail, title }: SanadError): string => detail ?? title
