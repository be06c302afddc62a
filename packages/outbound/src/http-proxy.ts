import type { Socket } from 'node:net'
import { MINUTE_MS } from '@sanad/protocol/text/durations'
import { SanadError } from '@sanad/protocol/text/problems'
import { Exceptions } from './exceptions.ts'
import { type Tunnel, openTunnel } from './open-tunnel.ts'
import type { ProxyAccount } from './proxy-account.ts'

/** The HTTP proxy of a network, as one program uses it: which hosts, with which account, and how often. */

export interface HttpProxyOptions {
  readonly url: URL
  /** Read for each connection, so that a corrected file needs no restart. */
  readonly readAccount?: (() => Promise<ProxyAccount>) | undefined
  readonly ca?: readonly string[] | undefined
  readonly exceptions?: Exceptions
  /** Milliseconds, by a clock that only moves forward. */
  readonly now?: () => number
}

/**
 * An account that a directory locks after five wrong passwords in half an hour, which is a common rule, is not
 * locked by one attempt in fifteen minutes, and then one in an hour.
 */
const FIRST_PAUSE_MS = 15 * MINUTE_MS
const LATER_PAUSE_MS = 60 * MINUTE_MS

type Target = Pick<Tunnel, 'host' | 'port' | 'timeoutMs' | 'signal'>

interface Refused {
  readonly error: SanadError
  readonly account: string
  readonly until: number
  readonly times: number
}

export class HttpProxy {
  readonly #options: HttpProxyOptions
  readonly #exceptions: Exceptions
  readonly #now: () => number
  /** The account that the proxy last took. */
  #accepted: string | undefined
  #refused: Refused | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(options: HttpProxyOptions) {
    this.#options = options
    this.#exceptions = options.exceptions ?? new Exceptions([])
    this.#now = options.now ?? (() => performance.now())
  }

  /** `http://host:port`: an account is never part of it. */
  get address(): string {
    return this.#options.url.origin
  }

  isFor(host: string): boolean {
    return !this.#exceptions.has(host)
  }

  /** @throws SanadError `proxy.*`; what reading the account throws */
  async open(target: Target): Promise<Socket> {
    const { readAccount } = this.#options
    if (readAccount === undefined) return this.#connect(target, undefined)
    const account = await readAccount()
    if (nameOf(account) === this.#accepted) return this.#attempt(target, account)
    // Until the proxy has taken an account, one connection tries it and the others wait for what becomes of it.
    const turn = this.#turn.then(() => this.#attempt(target, account))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #attempt(target: Target, account: ProxyAccount): Promise<Socket> {
    this.#requirePatience(nameOf(account))
    try {
      const socket = await this.#connect(target, account)
      this.#accepted = nameOf(account)
      this.#refused = undefined
      return socket
    } catch (error) {
      if (isOfAccount(error)) this.#noteRefusal(error, nameOf(account))
      throw error
    }
  }

  #connect(target: Target, account: ProxyAccount | undefined): Promise<Socket> {
    const { url: proxy, ca } = this.#options
    return openTunnel({ proxy, ca, account, ...target })
  }

  #requirePatience(account: string): void {
    const refused = this.#refused
    if (refused?.account !== account || this.#now() >= refused.until) return
    const { code, detail = '' } = refused.error
    const minutes = Math.ceil((refused.until - this.#now()) / MINUTE_MS)
    const first = detail.split('; ')[0] ?? ''
    throw new SanadError(code, `${first}; not tried again for ${minutes} min`)
  }

  #noteRefusal(error: SanadError, account: string): void {
    this.#accepted = undefined
    const times = this.#refused?.account === account ? this.#refused.times + 1 : 1
    const pauseMs = times === 1 ? FIRST_PAUSE_MS : LATER_PAUSE_MS
    this.#refused = { error, account, times, until: this.#now() + pauseMs }
  }
}

const nameOf = ({ user, password }: ProxyAccount): string => `${user}:${password}`

const isOfAccount = (error: unknown): error is SanadError =>
  error instanceof SanadError &&
  (error.code === 'proxy.account-refused' || error.code === 'proxy.method-unsupported')
