import { randomUUID } from 'node:crypto'
import type { SecureContextOptions } from 'node:tls'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import type { Role } from '@sanad/protocol/domain/permissions'
import type { InjectOptions, LightMyRequestResponse } from 'fastify'
import { AccessLog } from '../src/operators/access-log.ts'
import { foldName } from '../src/operators/guess-ledger.ts'
import { operatorDoor } from '../src/operators/operator-door.ts'
import { OperatorSessions } from '../src/operators/operator-sessions.ts'
import { hashPassword } from '../src/operators/password.ts'
import { SignInDesk } from '../src/operators/sign-in.ts'
import type { Clock } from '../src/platform/clock.ts'
import { type HttpApp, makeHttpApp } from '../src/platform/http.ts'
import { makeLogger } from '../src/platform/log.ts'
import { OperationDesk, type Propose } from '../src/platform/operation-desk.ts'
import { type TestDatabase, startTestDatabase } from './test-database.ts'

/** The operators’ door of a server, on a real database; asked by `inject`, as somebody of a role. */

export const PASSWORD = 'correct horse battery staple'

type Method = 'GET' | 'POST' | 'DELETE'

export interface TestPortal extends AsyncDisposable {
  readonly app: HttpApp
  readonly db: TestDatabase
  readonly sessions: OperatorSessions
  readonly desk: SignInDesk
  /** Written when a test says so. */
  readonly accessLog: AccessLog
  /** Makes the operator `role` and signs them in. */
  signIn(role: Role): Promise<TestOperator>
}

export interface TestOperator {
  readonly operatorId: string
  readonly name: string
  readonly cookie: string
  ask(
    method: Method,
    path: string,
    options?: Omit<InjectOptions, 'method' | 'url'>,
  ): Promise<LightMyRequestResponse>
}

export interface TestPortalOptions {
  /** For tests that need a real connection. */
  readonly tls?: SecureContextOptions
  readonly clock?: Clock
  /** Asked first, as of a whole server; without it every operation needs one person. */
  readonly propose?: Propose
  readonly routes: (parts: {
    readonly db: TestDatabase
    readonly sessions: OperatorSessions
    readonly desk: SignInDesk
    readonly clock: Clock
  }) => readonly ((app: HttpApp) => Promise<void>)[]
}

export async function startTestPortal(options: TestPortalOptions): Promise<TestPortal> {
  const clock = options.clock ?? Date.now
  const db = await startTestDatabase()
  const sessions = new OperatorSessions(db.database, clock)
  const desk = new SignInDesk({ database: db.database, clock, sessions })
  const app = makeHttpApp({ tls: options.tls ?? {}, log: makeLogger('silent') })
  const routes = options.routes({ db, sessions, desk, clock })
  const accessLog = new AccessLog({ database: db.database, clock, log: makeLogger('silent') })
  const undeclared = new Set<string>()
  const { propose } = options
  const operations = new OperationDesk({
    whenUndeclared: (id, code) => undeclared.add(`${id}: ${code}`),
    ...(propose !== undefined && { propose }),
  })
  const door = {
    sessions,
    routes,
    desk: operations,
    accessLog: { log: accessLog, clock },
  }
  await app.register(operatorDoor(door), { prefix: OPERATOR_API })
  await app.ready()
  return {
    app,
    db,
    sessions,
    desk,
    accessLog,
    signIn: (role) => signInAs(app, db, desk, role),
    async [Symbol.asyncDispose]() {
      await app.close()
      await db[Symbol.asyncDispose]()
      // The description of the API names every refusal.
      if (undeclared.size > 0)
        throw new Error(`refusals that no operation declares: ${[...undeclared].join(', ')}`)
    },
  }
}

async function signInAs(
  app: HttpApp,
  db: TestDatabase,
  desk: SignInDesk,
  role: Role,
): Promise<TestOperator> {
  const name = `${role} ${randomUUID().slice(0, 8)}`
  const operatorId = await insertTestOperator(db, name, role)
  const { token } = await desk.signIn({ name, password: PASSWORD }, { address: '127.0.0.1' })
  const cookie = `__Host-sanad-session=${token}`
  return {
    operatorId,
    name,
    cookie,
    ask: (method, path, extra = {}) =>
      app.inject({
        ...extra,
        method,
        url: `${OPERATOR_API}${path}`,
        headers: { cookie, 'x-sanad-portal': '1', ...extra.headers },
      }),
  }
}

let passwordHash: Promise<string> | undefined

export async function insertTestOperator(
  db: Pick<TestDatabase, 'database'>,
  name: string,
  role: Role,
): Promise<string> {
  passwordHash ??= hashPassword(PASSWORD)
  const operatorId = randomUUID()
  await db.database
    .insertInto('operator')
    .values({
      operator_id: operatorId,
      name,
      name_key: foldName(name),
      role,
      password_hash: await passwordHash,
      must_change_password: false,
    })
    .execute()
  return operatorId
}
