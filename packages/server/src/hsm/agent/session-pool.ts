import { moduleFaultOf } from './faults.ts'
import type { Handle } from './pkcs11.ts'
import { closeSession, isOutOfSessions, openSession, openWritingSession } from './sessions.ts'
import type { Token } from './token.ts'

/**
 * A session does one operation at a time; using it for two at once is undefined (PKCS#11 §5.6), and on
 * SoftHSM fails 49 of 50. Each session here has at most one user, the others wait in order.
 *
 * A token may give fewer sessions than it says, and other programs use some: the pool takes what it gets. The
 * last resort is the session of the login itself.
 */
export class SessionPool {
  readonly #token: Token
  /** `undefined` is the place of a session that was lost and is opened again when needed. */
  readonly #idle: (Handle | undefined)[]
  readonly #waiting: ((session: Handle | undefined) => void)[] = []
  #size: number

  constructor(token: Token, wanted: number) {
    this.#token = token
    // One session of the token is taken by the login, one is kept for making and proving keys.
    this.#idle = openSome(token, Math.max(1, Math.min(wanted, token.maxSessions - 2)))
    this.#size = this.#idle.length
  }

  get size(): number {
    return this.#size
  }

  async use<T>(work: (session: Handle) => Promise<T>): Promise<T> {
    let session = await this.#take()
    try {
      session ??= openSession(this.#token.module, this.#token.slot)
    } catch (error) {
      if (!isOutOfSessions(error) || this.#size === 1) {
        this.#giveBack(undefined)
        throw error
      }
      // Another program took it: this pool is smaller from now on.
      this.#size--
      return this.use(work)
    }
    return this.#work(session, work)
  }

  /**
   * A session of its own for what takes long, so that signing goes on; one of the pool where the token gives no
   * more.
   */
  async useExtra<T>(work: (session: Handle) => Promise<T>): Promise<T> {
    const session = this.#openExtra()
    if (session === undefined) return this.use(work)
    try {
      return await work(session)
    } finally {
      closeSession(this.#token.module, session)
    }
  }

  #openExtra(): Handle | undefined {
    const { module, slot, isReadOnly } = this.#token
    try {
      return isReadOnly ? openSession(module, slot) : openWritingSession(module, slot)
    } catch (error) {
      if (!isOutOfSessions(error)) throw error
      return undefined
    }
  }

  async #work<T>(taken: Handle, work: (session: Handle) => Promise<T>): Promise<T> {
    let session: Handle | undefined = taken
    try {
      return await work(taken)
    } catch (error) {
      // After any error of the module an operation may be left in the session: never use it again.
      if (moduleFaultOf(error) !== 'permanent') {
        closeSession(this.#token.module, taken)
        session = undefined
      }
      throw error
    } finally {
      this.#giveBack(session)
    }
  }

  #take(): Promise<Handle | undefined> | Handle | undefined {
    if (this.#idle.length > 0) return this.#idle.pop()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #giveBack(session: Handle | undefined): void {
    const next = this.#waiting.shift()
    if (next !== undefined) next(session)
    else this.#idle.push(session)
  }
}

function openSome(token: Token, wanted: number): Handle[] {
  const sessions: Handle[] = []
  while (sessions.length < wanted) {
    const session = tryToOpen(token)
    if (session === undefined) break
    sessions.push(session)
  }
  return sessions.length === 0 ? [token.loginSession] : sessions
}

function tryToOpen({ module, slot }: Token): Handle | undefined {
  try {
    return openSession(module, slot)
  } catch (error) {
    if (!isOutOfSessions(error)) throw error
    return undefined
  }
}
