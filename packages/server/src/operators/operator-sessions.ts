import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { SessionView, SignIn } from '@sanad/protocol/api/session'
import { operatorActor } from '@sanad/protocol/events'
import { type Role, permissionsOf } from '@sanad/protocol/permissions'
import { SanadError } from '@sanad/protocol/problems'
import { formatTimestamp } from '@sanad/protocol/timestamps'
import type { Selectable } from 'kysely'
import { recordEvents } from '../audit/record-events.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { OperatorTable } from './operator-tables.ts'
import { hashPassword, isPasswordRight } from './password.ts'
import {
  type SignInAttempt,
  countFailure,
  forgetFailures,
  isWorthRecording,
  refuseWhileLocked,
} from './sign-in-failures.ts'

/** Signing in, staying signed in, signing out. */

const IDLE_MS = 30 * 60_000
const LONGEST_MS = 12 * 3_600_000
/** Use is noted once in so long, not on every request. */
const NOTED_EVERY_MS = 60_000
const TOKEN_BYTES = 32
const TOKEN = /^[A-Za-z0-9_-]{43}$/

/** Whoever makes a request. */
export interface SignedInOperator {
  readonly operatorId: string
  readonly name: string
  readonly role: Role
  readonly sessionId: string
  readonly signedInAt: number
  readonly endsAt: number
  readonly mustChangePassword: boolean
}

export interface NewSession {
  /** For the cookie; the database has only its hash. */
  readonly token: string
  readonly operator: SignedInOperator
}

export class OperatorSessions {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** @throws SanadError `operator.credentials-wrong`, `operator.locked`, `server.overloaded` */
  async signIn({ name, password }: SignIn, address: string): Promise<NewSession> {
    const account = await this.#findAccount(name)
    const attempt: SignInAttempt = { name, address, isKnownName: account !== undefined }
    await refuseWhileLocked(this.#database, attempt, this.#clock())
    const isRight = await isPasswordRight(password, account?.password_hash)
    if (account === undefined || !isRight || account.state !== 'active') {
      await this.#noteFailure(attempt, account?.operator_id)
      throw new SanadError('operator.credentials-wrong')
    }
    return this.#openSession(account, attempt)
  }

  async #findAccount(name: string): Promise<Selectable<OperatorTable> | undefined> {
    return this.#database
      .selectFrom('operator')
      .selectAll()
      .where((eb) => eb(eb.fn('lower', ['name']), '=', name.normalize('NFC').toLowerCase()))
      .executeTakeFirst()
  }

  async #noteFailure(attempt: SignInAttempt, operatorId: string | undefined): Promise<void> {
    await this.#database.transaction().execute(async (tx) => {
      const failures = await countFailure(tx, attempt, this.#clock())
      if (!isWorthRecording(failures)) return
      const data = { failures, ...(operatorId !== undefined && { operatorId }) }
      await recordEvents(tx, [{ type: 'operator.sign-in-failed', actor: 'server', data }])
    })
  }

  async #openSession(
    account: Selectable<OperatorTable>,
    attempt: SignInAttempt,
  ): Promise<NewSession> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    const now = this.#clock()
    const operator: SignedInOperator = {
      operatorId: account.operator_id,
      name: account.name,
      role: account.role,
      sessionId: randomUUID(),
      signedInAt: now,
      endsAt: now + LONGEST_MS,
      mustChangePassword: account.must_change_password,
    }
    await this.#database.transaction().execute(async (tx) => {
      await forgetFailures(tx, attempt)
      await tx.deleteFrom('operator_session').where('ends_at', '<', new Date(now)).execute()
      await tx
        .insertInto('operator_session')
        .values({
          session_id: operator.sessionId,
          token_sha256: hashToken(token),
          operator_id: operator.operatorId,
          signed_in_at: new Date(now),
          last_used_at: new Date(now),
          ends_at: new Date(operator.endsAt),
        })
        .execute()
      await tx
        .updateTable('operator')
        .set({ last_signed_in_at: new Date(now) })
        .where('operator_id', '=', operator.operatorId)
        .execute()
      await recordEvents(tx, [
        {
          type: 'operator.signed-in',
          actor: operatorActor(operator.operatorId),
          data: { sessionId: operator.sessionId },
        },
      ])
    })
    return { token, operator }
  }

  /** Undefined for a token that was never given, or has ended. */
  async find(token: string | undefined): Promise<SignedInOperator | undefined> {
    if (token === undefined || !TOKEN.test(token)) return undefined
    const now = this.#clock()
    const row = await this.#database
      .selectFrom('operator_session as s')
      .innerJoin('operator as o', 'o.operator_id', 's.operator_id')
      .select(['s.session_id', 's.signed_in_at', 's.last_used_at', 's.ends_at'])
      .select(['o.operator_id', 'o.name', 'o.role', 'o.must_change_password'])
      .where('s.token_sha256', '=', hashToken(token))
      .where('s.ends_at', '>', new Date(now))
      .where('s.last_used_at', '>', new Date(now - IDLE_MS))
      .where('o.state', '=', 'active')
      .executeTakeFirst()
    if (row === undefined) return undefined
    if (now - row.last_used_at.getTime() > NOTED_EVERY_MS) await this.#noteUse(row.session_id, now)
    return {
      operatorId: row.operator_id,
      name: row.name,
      role: row.role,
      sessionId: row.session_id,
      signedInAt: row.signed_in_at.getTime(),
      endsAt: row.ends_at.getTime(),
      mustChangePassword: row.must_change_password,
    }
  }

  /** Whether the session still lasts; asking is not using it. */
  async lasts(sessionId: string): Promise<boolean> {
    const now = this.#clock()
    const row = await this.#database
      .selectFrom('operator_session as s')
      .innerJoin('operator as o', 'o.operator_id', 's.operator_id')
      .select('s.session_id')
      .where('s.session_id', '=', sessionId)
      .where('s.ends_at', '>', new Date(now))
      .where('s.last_used_at', '>', new Date(now - IDLE_MS))
      .where('o.state', '=', 'active')
      .executeTakeFirst()
    return row !== undefined
  }

  async #noteUse(sessionId: string, now: number): Promise<void> {
    await this.#database
      .updateTable('operator_session')
      .set({ last_used_at: new Date(now) })
      .where('session_id', '=', sessionId)
      .execute()
  }

  async signOut({ operatorId, sessionId }: SignedInOperator): Promise<void> {
    await this.#database.transaction().execute(async (tx) => {
      const ended = await tx
        .deleteFrom('operator_session')
        .where('session_id', '=', sessionId)
        .executeTakeFirst()
      if (ended.numDeletedRows === 0n) return
      const actor = operatorActor(operatorId)
      await recordEvents(tx, [{ type: 'operator.signed-out', actor, data: { sessionId } }])
    })
  }

  /** Ends every other session of the operator: whoever knew the old password is out. */
  async changePassword(
    operator: SignedInOperator,
    currentPassword: string,
    newPassword: string,
    address: string,
  ): Promise<void> {
    const attempt: SignInAttempt = { name: operator.name, address, isKnownName: true }
    await refuseWhileLocked(this.#database, attempt, this.#clock())
    const account = await this.#findAccount(operator.name)
    if (!(await isPasswordRight(currentPassword, account?.password_hash))) {
      await this.#noteFailure(attempt, operator.operatorId)
      throw new SanadError('operator.credentials-wrong')
    }
    if (newPassword === currentPassword) {
      throw new SanadError('request.malformed', 'the new password is the old one')
    }
    const hash = await hashPassword(newPassword)
    await this.#database.transaction().execute(async (tx) => {
      await tx
        .updateTable('operator')
        .set({ password_hash: hash, must_change_password: false })
        .where('operator_id', '=', operator.operatorId)
        .execute()
      await tx
        .deleteFrom('operator_session')
        .where('operator_id', '=', operator.operatorId)
        .where('session_id', '!=', operator.sessionId)
        .execute()
      const { operatorId } = operator
      const actor = operatorActor(operatorId)
      await recordEvents(tx, [{ type: 'operator.password-changed', actor, data: { operatorId } }])
    })
  }
}

const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest()

export function describeSession(operator: SignedInOperator): SessionView {
  const { operatorId, name, role } = operator
  return {
    operator: { operatorId, name, role },
    permissions: permissionsOf(role),
    signedInAt: formatTimestamp(operator.signedInAt),
    endsAt: formatTimestamp(operator.endsAt),
    mustChangePassword: operator.mustChangePassword,
  }
}
