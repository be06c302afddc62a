import type { ChangePassword, SignIn } from '@sanad/protocol/operator-api/session'
import { operatorActor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Selectable } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { RateLimiter } from '../platform/rate-limiter.ts'
import { countFailedSignIn } from './failed-sign-ins.ts'
import {
  type Guess,
  countGuess,
  foldName,
  giveGuessBack,
  guessOfBrowser,
  guessOfSignedIn,
  guessOfStranger,
} from './guess-ledger.ts'
import { KnownBrowsers } from './known-browsers.ts'
import type { SignedInOperator } from '../platform/signed-in-operator.ts'
import type { NewSession, OperatorSessions } from './operator-sessions.ts'
import type { OperatorTable } from './operator-tables.ts'
import { hashPassword, isPasswordRight } from './password.ts'
import { refuseWeakPassword } from './password-strength.ts'
import { SignInLane } from './sign-in-lane.ts'

/**
 * Who says that they are somebody: is the password right, and may it be tried now? docs/operators.md
 *
 * A try is counted first and hashed after. An owner is never held off by strangers from a browser that signed in
 * before; strangers wait for themselves, and are told for how long.
 */

/** Of one network, at all names, known or not: an office signs in at nine; spraying is slow. */
const OF_NETWORK = { burst: 50, perSecond: 1 }

export interface SignInOrigin {
  readonly address: string
  /** The browser’s own description (`User-Agent`), for the list of sessions. */
  readonly browser?: string
  /** The cookie by which a browser is known, if it sent one. */
  readonly browserCookie?: string
  /** Whether the connection has ended. */
  readonly isGone?: () => boolean
}

export interface SignedIn extends NewSession {
  /** Renewed, for the browser. */
  readonly browserCookie: string
}

export interface SignInDeskOptions {
  readonly database: Database
  readonly clock: Clock
  readonly sessions: OperatorSessions
  readonly lane?: SignInLane
}

export class SignInDesk {
  readonly #database: Database
  readonly #clock: Clock
  readonly #sessions: OperatorSessions
  readonly #browsers: KnownBrowsers
  readonly #lane: SignInLane
  readonly #networks = new RateLimiter(OF_NETWORK)

  constructor({ database, clock, sessions, lane = new SignInLane() }: SignInDeskOptions) {
    this.#database = database
    this.#clock = clock
    this.#sessions = sessions
    this.#browsers = new KnownBrowsers(database, clock)
    this.#lane = lane
  }

  /**
   * @throws SanadError `operator.credentials-wrong`, `operator.one-time-password-ended`; with a wait:
   * `operator.locked`, `server.overloaded`
   */
  async signIn(credentials: SignIn, from: SignInOrigin): Promise<SignedIn> {
    const { address } = from
    const browserId = await this.#browsers.recognise(credentials.name, from.browserCookie)
    const isKnown = browserId !== undefined
    if (!isKnown) this.slowNetwork(address)
    const turn = { address, isKnown, ...(from.isGone && { isGone: from.isGone }) }
    const session = await this.#lane.run(turn, () =>
      this.#tryPassword(credentials, from, browserId),
    )
    const browserCookie = await this.#browsers.remember(session.operator.name, browserId)
    return { ...session, browserCookie }
  }

  /** Work that nothing proves yet, from an address. @throws SanadError `operator.locked` with its wait */
  slowNetwork(address: string): void {
    if (this.#networks.admits(address, this.#clock())) return
    throw new SanadError('operator.locked', undefined, { waitMs: 1_000 / OF_NETWORK.perSecond })
  }

  /** In the lane of sign-ins, ahead of strangers: for somebody who has proven who they are. */
  hash(password: string, address: string): Promise<string> {
    return this.#lane.run({ address, isKnown: true }, () => hashPassword(password))
  }

  async #tryPassword(
    { name, password }: SignIn,
    from: SignInOrigin,
    browserId: string | undefined,
  ): Promise<NewSession> {
    const account = await this.#findAccount(name)
    const guess =
      browserId === undefined
        ? guessOfStranger(name, from.address, account !== undefined)
        : guessOfBrowser(browserId)
    await countGuess(this.#database, guess, this.#clock())
    const isRight = await isPasswordRight(password, account?.password_hash)
    if (account === undefined || !isRight || account.state !== 'active')
      throw await this.#failed(account?.operator_id, from.address)
    if (this.#hasEnded(account)) throw new SanadError('operator.one-time-password-ended')
    return this.#open(account, guess, from)
  }

  #hasEnded({ password_ends_at: end }: Selectable<OperatorTable>): boolean {
    return end !== null && end.getTime() <= this.#clock()
  }

  async #open(
    account: Selectable<OperatorTable>,
    guess: Guess,
    from: SignInOrigin,
  ): Promise<NewSession> {
    const session = await this.#database.transaction().execute(async (tx) => {
      await giveGuessBack(tx, guess)
      return this.#sessions.open(tx, account, from)
    })
    // Disabled, or reset, while the password was tried.
    if (session === undefined) throw await this.#failed(account.operator_id, from.address)
    return session
  }

  async #failed(operatorId: string | undefined, address: string): Promise<SanadError> {
    await countFailedSignIn(this.#database, { operatorId, address }, this.#clock())
    return new SanadError('operator.credentials-wrong')
  }

  #findAccount(name: string): Promise<Selectable<OperatorTable> | undefined> {
    return this.#database
      .selectFrom('operator')
      .selectAll()
      .where('name_key', '=', foldName(name))
      .executeTakeFirst()
  }

  /**
   * Ends every other session of the operator: who knew the old password is out. Strangers at the sign-in do not hold
   * this off.
   *
   * @throws SanadError `operator.credentials-wrong`, `operator.locked`, `operator.password-weak`
   */
  async changePassword(
    operator: SignedInOperator,
    { currentPassword, newPassword }: ChangePassword,
    address: string,
  ): Promise<void> {
    await refuseWeakPassword(newPassword, operator.name)
    const guess = guessOfSignedIn(operator.operatorId)
    const hashes = await this.#lane.run({ address, isKnown: true }, async () => {
      await countGuess(this.#database, guess, this.#clock())
      const current = await this.#requireOwn(operator, currentPassword, address)
      if (newPassword === currentPassword)
        throw new SanadError('operator.password-weak', 'it is the old password')
      return { current, next: await hashPassword(newPassword) }
    })
    await this.#keepPassword(operator, guess, hashes, address)
  }

  /** @returns the hash that it was tried against */
  async #requireOwn(
    operator: SignedInOperator,
    password: string,
    address: string,
  ): Promise<string | null> {
    const account = await this.#findAccount(operator.name)
    if (account !== undefined && (await isPasswordRight(password, account.password_hash)))
      return account.password_hash
    throw await this.#failed(operator.operatorId, address)
  }

  async #keepPassword(
    { operatorId, sessionId }: SignedInOperator,
    guess: Guess,
    hashes: { readonly current: string | null; readonly next: string },
    address: string,
  ): Promise<void> {
    await this.#database.transaction().execute(async (tx) => {
      await giveGuessBack(tx, guess)
      const changed = await tx
        .updateTable('operator')
        .set({ password_hash: hashes.next, must_change_password: false, password_ends_at: null })
        .where('operator_id', '=', operatorId)
        .where('state', '=', 'active')
        .where('password_hash', '=', hashes.current)
        .executeTakeFirst()
      // Disabled, or reset, while it was tried: that stands.
      if (changed.numUpdatedRows === 0n) throw new SanadError('operator.not-signed-in')
      await tx
        .deleteFrom('operator_session')
        .where('operator_id', '=', operatorId)
        .where('session_id', '!=', sessionId)
        .execute()
      const actor = operatorActor(operatorId)
      await recordEvents(tx, [
        { type: 'operator.password-changed', actor, data: { operatorId, address } },
      ])
    })
  }
}
