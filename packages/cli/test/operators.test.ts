import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { issue, makeAuthority, makeRsaKey, spkiOf } from '../../client/test/test-pki.ts'
import { AccessLog } from '../../server/src/operators/access-log.ts'
import { accessLogRoutes } from '../../server/src/operators/access-log.routes.ts'
import { guessOfStranger } from '../../server/src/operators/guess-ledger.ts'
import { OperatorAccounts } from '../../server/src/operators/operator-accounts.ts'
import { operatorDoor } from '../../server/src/operators/operator-door.ts'
import { OperatorSessions } from '../../server/src/operators/operator-sessions.ts'
import { operatorsRoutes } from '../../server/src/operators/operators.routes.ts'
import { sessionRoutes } from '../../server/src/operators/session.routes.ts'
import { SignInDesk } from '../../server/src/operators/sign-in.ts'
import { type HttpApp, makeHttpApp } from '../../server/src/platform/http.ts'
import { makeLogger } from '../../server/src/platform/log.ts'
import { type TestDatabase, startTestDatabase } from '../../server/test/test-database.ts'
import { PASSWORD, insertTestOperator } from '../../server/test/test-portal.ts'

/** `sanad operators …` as a process, over TLS, on a real database. */

const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts')

let db: TestDatabase
let app: HttpApp
let accessLog: AccessLog
let folder = ''
let server = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sanad-cli-operators-'))
  db = await startTestDatabase()
  const { database } = db
  const log = makeLogger('silent')
  const clock = Date.now
  const sessions = new OperatorSessions(database, clock)
  accessLog = new AccessLog({ database, clock, log })
  app = makeHttpApp({ tls: await makeTls(), log })
  const routes = [
    sessionRoutes({ sessions, desk: new SignInDesk({ database, clock, sessions }) }),
    operatorsRoutes({ accounts: new OperatorAccounts(database, clock), sessions }),
    accessLogRoutes({ database }),
  ]
  const door = operatorDoor({ sessions, routes, accessLog: { log: accessLog, clock } })
  await app.register(door, { prefix: OPERATOR_API })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address()
  server = `https://localhost:${typeof address === 'object' && address !== null ? address.port : 0}`
  await insertTestOperator(db, 'amina', 'administrator')
  await writeFile(join(folder, 'password'), `${PASSWORD}\n`, { mode: 0o600 })
})
afterAll(async () => {
  await app.close()
  await db[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function makeTls(): Promise<{ key: string; cert: string }> {
  const root = makeAuthority('Root')
  const { privateKey, publicKey } = makeRsaKey()
  const names = ['localhost']
  const der = issue(root, { spki: spkiOf(publicKey), commonName: 'localhost', names })
  await writeFile(join(folder, 'root.pem'), new X509Certificate(root.der).toString())
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: new X509Certificate(der).toString(),
  }
}

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

function sanad(...words: string[]): Promise<Outcome> {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    SANAD_SESSION: join(folder, 'session.json'),
    NO_COLOR: '1',
  }
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...words], { env }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, out, err })
    })
  })
}

const signIn = () =>
  sanad(
    'sign-in',
    '--server',
    server,
    '--root',
    join(folder, 'root.pem'),
    '--name',
    'amina',
    '--password-file',
    join(folder, 'password'),
  )

describe('sanad operators', () => {
  it('invites by a link that is printed once, changes roles, and lists who gets in and how', async () => {
    expect((await signIn()).code).toBe(0)
    const invited = await sanad('operators', 'invite', 'Noor', '--role', 'auditor')
    expect(invited.out).toMatch(new RegExp(`${server}/invitation#[\\w-]{43}\\n$`))
    expect((await sanad('operators', 'role', 'noor', '--role', 'technician')).code).toBe(0)
    const list = await sanad('operators', 'list')
    expect(list.out).toMatch(/Noor +technician +active +link/)
    expect(list.out).not.toContain(invited.out.split('#')[1]?.trim())
    expect((await sanad('operators', 'disable', 'amina')).err).toContain(
      'operator.last-administrator',
    )
  }, 120_000)

  it('lists the operator’s sessions and ends the others', async () => {
    await signIn()
    expect((await sanad('operators', 'sessions')).out).toMatch(/\(this one\)/)
    expect((await sanad('operators', 'end-sessions')).out).toMatch(/^Ended: \d+\./)
    expect((await sanad('operators', 'list')).code).toBe(0)
  }, 120_000)

  it('reads the access log', async () => {
    await signIn()
    await accessLog.flush()
    const refused = await sanad('operators', 'access-log', '--outcome', 'refused')
    expect(refused.out).toContain('operator.last-administrator')
    expect(refused.out).not.toMatch(/ 200 /)
  }, 120_000)
})

it('signs in from a known place without delay, and states strangers’ wait', async () => {
  await signIn()
  const known = await readFile(join(folder, 'session.json.known'), 'utf8')
  expect(known).toContain(`"${server} amina"`)
  await sanad('sign-out')
  // Strangers’ failures at this name, from this very address.
  await db.database.insertInto('operator_guess').values(strangersRow()).execute()
  expect((await signIn()).code).toBe(0)
  await rm(join(folder, 'session.json.known'))
  const held = await signIn()
  expect(held).toMatchObject({ code: 1 })
  expect(held.err).toMatch(/operator\.locked/)
  expect(held.err).toMatch(/wait \d+ s/)
}, 120_000)

function strangersRow() {
  const { scope, key } = guessOfStranger('amina', '127.0.0.1', true)
  return {
    scope,
    key,
    is_known_name: true,
    failures: 20,
    last_at: new Date(),
    turn_at: null,
  }
}
