import { type ChildProcess, spawn } from 'node:child_process'
import { isSea } from 'node:sea'
import { fileURLToPath } from 'node:url'
import { keyStoreFailure } from '../../base/key-store-failure.ts'
import { type PinFile, readPin, rememberRefusal } from './pin-file.ts'
import type { OpenToken, TokenAnswers, TokenReply, TokenRequest } from './token-protocol.ts'

/** One token, for all devices that have keys in it: requests one after the other, through a process of its own. */

export interface TokenPlace {
  /** Path of the PKCS#11 module. */
  readonly module: string
  readonly tokenLabel: string
  readonly pinFile: string
  /** For the module: SOFTHSM2_CONF, TPM2_PKCS11_STORE, TPM2_PKCS11_TCTI … */
  readonly environment?: Readonly<Record<string, string>>
}

/** A TPM searches for the primes of a key for up to a minute. */
const PATIENCE_MS = 120_000
/** Longer than the pauses within one exchange with the server; the memory is free again between two. */
const IDLE_MS = 5_000
const GRACE_MS = 5_000

export class TokenLink {
  readonly #place: TokenPlace
  readonly #pinFile: PinFile
  readonly #patienceMs: number
  #process: ChildProcess | undefined
  #last: Promise<unknown> = Promise.resolve()
  #idle: NodeJS.Timeout | undefined

  /** @param refusalFile where it is remembered that the token refused the PIN */
  constructor(place: TokenPlace, refusalFile: string, patienceMs = PATIENCE_MS) {
    this.#place = place
    this.#patienceMs = patienceMs
    this.#pinFile = { path: place.pinFile, refusalFile }
  }

  /** @throws SanadError `client.key-store-failed`, `client.permissions-too-open` */
  ask<V extends TokenRequest['verb']>(
    request: Extract<TokenRequest, { verb: V }>,
  ): Promise<TokenAnswers[V]> {
    const answered = this.#last.then(() => this.#askNow(request))
    this.#last = answered.catch(() => undefined)
    return answered as Promise<TokenAnswers[V]>
  }

  async #askNow(request: TokenRequest): Promise<TokenAnswers[keyof TokenAnswers]> {
    clearTimeout(this.#idle)
    try {
      const child = this.#process ?? (await this.#open())
      const reply = await exchange(child, request, this.#patienceMs)
      if (reply.ok) return reply.answer
      throw keyStoreFailure(`token: ${request.verb}: ${reply.problem}`)
    } catch (error) {
      // A session that failed may be gone, and so may the process: the next request begins with new ones.
      this.#end()
      throw error
    } finally {
      this.#idle = setTimeout(() => this.#end(), IDLE_MS).unref()
    }
  }

  async #open(): Promise<ChildProcess> {
    const { module, tokenLabel, environment } = this.#place
    const pin = await readPin(this.#pinFile)
    const child = startProcess(environment)
    child.once('exit', () => {
      if (this.#process === child) this.#process = undefined
    })
    const opening = { verb: 'open', module, tokenLabel, pin } as const
    const reply = await exchange(child, opening, this.#patienceMs)
    if (!reply.ok) {
      child.kill('SIGKILL')
      if (reply.isPinRefused) await rememberRefusal(this.#pinFile)
      throw keyStoreFailure(`token: ${reply.problem}`)
    }
    this.#process = child
    return child
  }

  #end(): void {
    const child = this.#process
    this.#process = undefined
    if (child?.connected !== true) return
    child.disconnect()
    // It ends by itself, unless its module does not let it.
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref()
    child.once('exit', () => clearTimeout(timer))
  }
}

/** The built client starts itself with a word of its own; a single executable is no argument of itself. */
const PROGRAM = import.meta.url.endsWith('.ts')
  ? [fileURLToPath(new URL('token-process.ts', import.meta.url))]
  : [...(isSea() ? [] : [fileURLToPath(import.meta.url)]), 'token-process']

/** A service that forbids memory both writable and executable forbids it to this process too. */
const FLAGS = process.execArgv.filter((flag) => flag === '--jitless')

/** Nothing of our environment, which may hold secrets; nothing in its arguments. */
function startProcess(environment: TokenPlace['environment']): ChildProcess {
  return spawn(process.execPath, [...FLAGS, '--max-semi-space-size=1', ...PROGRAM], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
    env: { PATH: '/usr/bin:/bin', ...environment },
  })
}

/** The one reply to the one request. Killing the process is the only way to stop a PKCS#11 module. */
function exchange(
  child: ChildProcess,
  request: OpenToken | TokenRequest,
  patienceMs: number,
): Promise<TokenReply> {
  const { promise, resolve, reject } = Promise.withResolvers<TokenReply>()
  const timer = setTimeout(() => {
    child.kill('SIGKILL')
    reject(keyStoreFailure('the token is silent'))
  }, patienceMs)
  const lose = (): void => reject(keyStoreFailure('the token’s process ended'))
  child.once('message', resolve).once('exit', lose).once('error', lose)
  child.send(request, (error) => {
    if (error !== null) lose()
  })
  return promise.finally(() => {
    clearTimeout(timer)
    child.off('message', resolve).off('exit', lose).off('error', lose)
  })
}
