import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { OperatorSessionView, SessionView } from '@sanad/protocol/operator-api/session'
import { type Actor, operatorActor } from '@sanad/protocol/domain/events'
import { permissionsOf } from '@sanad/protocol/domain/permissions'
import { SanadError } from '@sanad/protocol/text/problems'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import type { Selectable } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import type { Clock } from '../platform/clock.ts'
import type { SignedInOperator } from '../platform/signed-in-operator.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import type { OperatorTable } from './operator-tables.ts'

/** Staying signed in, and signing out. Signing in is sign-in.ts. */

const IDLE_MS = 30 * 60_000
const LONGEST_MS = 12 * HOUR_MS
/** Use is noted once in so long, not on every request. */
const NOTED_EVERY_MS = 60_000
const TOKEN_BYTES = 32
/** Of one operator: of more, the one that was not used for longest ends. */
const MOST_SESSIONS = 20
const LONGEST_ADDRESS = 64
const LONGEST_BROWSER = 200
const TOKEN = /^[A-Za-z0-9_-]{43}$/
export interface SessionOrigin {
  readonly address: string
  /** `User-Agent`, as the browser sent it. */
  readonly browser?: string
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

  /**
   * Opens a session for an account whose password was just found right.
   *
   * @returns undefined where the account was disabled or its password changed in the meantime
   */
  async open(
    tx: DatabaseTransaction,
    account: Selectable<OperatorTable>,
    origin: SessionOrigin,
  ): Promise<NewSession | undefined> {
    const now = this.#clock()
    const stillSo = await tx
      .updateTable('operator')
      .set({ last_signed_in_at: new Date(now) })
      .where('operator_id', '=', account.operator_id)
      .where('state', '=', 'active')
      .where('password_hash', '=', account.password_hash)
      .executeTakeFirst()
    if (stillSo.numUpdatedRows === 0n) return undefined
    await tx.deleteFrom('operator_session').where('ends_at', '<', new Date(now)).execute()
    const ended = await endSurplus(tx, account.operator_id)
    const session = await insertSession(tx, account, origin, now)
    const actor = operatorActor(account.operator_id)
    const { operatorId, name, sessionId } = session.operator
    await recordEvents(tx, [
      ...(ended === 0
        ? []
        : [
            {
              type: 'operator.sessions-ended' as const,
              actor,
              data: { operatorId, name, sessions: ended, because: 'too-many' as const },
            },
          ]),
      { type: 'operator.signed-in', actor, data: { sessionId, address: origin.address } },
    ])
    return session
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

  /** Those that last, the newest first. */
  async list(operatorId: string, currentSessionId?: string): Promise<OperatorSessionView[]> {
    const now = this.#clock()
    const rows = await this.#database
      .selectFrom('operator_session')
      .selectAll()
      .where('operator_id', '=', operatorId)
      .where('ends_at', '>', new Date(now))
      .where('last_used_at', '>', new Date(now - IDLE_MS))
      .orderBy('signed_in_at', 'desc')
      .limit(MOST_SESSIONS)
      .execute()
    return rows.map((row) => ({
      sessionId: row.session_id,
      address: row.address,
      browser: row.browser,
      signedInAt: formatTimestamp(row.signed_in_at.getTime()),
      lastUsedAt: formatTimestamp(row.last_used_at.getTime()),
      endsAt: formatTimestamp(row.ends_at.getTime()),
      isCurrent: row.session_id === currentSessionId,
    }))
  }

  /** Ends one session of an operator. @throws SanadError `operator.session-not-found` */
  async end(operatorId: string, sessionId: string, actor: Actor): Promise<void> {
    await this.#database.transaction().execute(async (tx) => {
      const ended = await tx
        .deleteFrom('operator_session')
        .where('operator_id', '=', operatorId)
        .where('session_id', '=', sessionId)
        .executeTakeFirst()
      if (ended.numDeletedRows === 0n) throw new SanadError('operator.session-not-found')
      await recordEnd(tx, { operatorId, sessions: 1, sessionId }, actor)
    })
  }

  /** Ends every session of an operator but the one that is kept. @returns how many */
  async endAll(operatorId: string, actor: Actor, keptSessionId?: string): Promise<number> {
    return this.#database.transaction().execute(async (tx) => {
      let ending = tx.deleteFrom('operator_session').where('operator_id', '=', operatorId)
      if (keptSessionId !== undefined) ending = ending.where('session_id', '!=', keptSessionId)
      const { numDeletedRows } = await ending.executeTakeFirst()
      const sessions = Number(numDeletedRows)
      if (sessions > 0) await recordEnd(tx, { operatorId, sessions }, actor)
      return sessions
    })
  }
}

async function recordEnd(
  tx: DatabaseTransaction,
  ended: { readonly operatorId: string; readonly sessions: number; readonly sessionId?: string },
  actor: Actor,
): Promise<void> {
  const account = await tx
    .selectFrom('operator')
    .select('name')
    .where('operator_id', '=', ended.operatorId)
    .executeTakeFirstOrThrow()
  const data = { ...ended, name: account.name, because: 'ended' as const }
  await recordEvents(tx, [{ type: 'operator.sessions-ended', actor, data }])
}

/** Leaves room for one more. @returns how many were ended */
async function endSurplus(tx: DatabaseTransaction, operatorId: string): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('operator_session')
    .where('session_id', 'in', (eb) =>
      eb
        .selectFrom('operator_session')
        .select('session_id')
        .where('operator_id', '=', operatorId)
        .orderBy('last_used_at', 'desc')
        .offset(MOST_SESSIONS - 1),
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}

async function insertSession(
  tx: DatabaseTransaction,
  account: Selectable<OperatorTable>,
  { address, browser = '' }: SessionOrigin,
  now: number,
): Promise<NewSession> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  const operator: SignedInOperator = {
    operatorId: account.operator_id,
    name: account.name,
    role: account.role,
    sessionId: randomUUID(),
    signedInAt: now,
    endsAt: now + LONGEST_MS,
    mustChangePassword: account.must_change_password,
  }
  await tx
    .insertInto('operator_session')
    .values({
      session_id: operator.sessionId,
      token_sha256: hashToken(token),
      operator_id: operator.operatorId,
      signed_in_at: new Date(now),
      last_used_at: new Date(now),
      ends_at: new Date(operator.endsAt),
      address: address.slice(0, LONGEST_ADDRESS),
      browser: browser.replaceAll(/[^\x20-\x7e]/g, '').slice(0, LONGEST_BROWSER),
    })
    .execute()
  return { token, operator }
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
