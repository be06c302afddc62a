import { moduleFaultOf } from './faults.ts'
import type { Handle } from './pkcs11.ts'
import { openSession, type Token } from './token.ts'

/**
 * A session does one operation at a time; using it for two at once is undefined (PKCS#11 §5.6), and on
 * SoftHSM fails 49 of 50. Each session here has at most one user, the others wait in order.
 */
export class SessionPool {
  readonly size: number
  readonly #token: Token
  /** `undefined` is the place of a session that was lost and is opened again when needed. */
  readonly #idle: (Handle | undefined)[]
  readonly #waiting: ((session: Handle | undefined) => void)[] = []

  constructor(token: Token, wanted: number) {
    this.#token = token
    // One session of the token is taken by the login, one is kept for making and proving keys.
    this.size = Math.max(1, Math.min(wanted, token.maxSessions - 2))
    this.#idle = Array.from({ length: this.size }, () => openSession(token.module, token.slot))
  }

  async use<T>(work: (session: Handle) => Promise<T>): Promise<T> {
    let session = await this.#take()
    try {
      session ??= openSession(this.#token.module, this.#token.slot)
      return await work(session)
    } catch (error) {
      // After any error of the module an operation may be left in the session: never use it again.
      if (session !== undefined && moduleFaultOf(error) !== 'permanent') {
        this.#discard(session)
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

  #discard(session: Handle): void {
    try {
      this.#token.module.C_CloseSession(session)
    } catch {
      // It was lost already, which is why it is discarded.
    }
  }
}
