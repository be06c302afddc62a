import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { issue, makeAuthority, makeRsaKey, spkiOf } from '../../client/test/test-pki.ts'
import { campaignKinds } from '../../server/src/campaigns/campaign-kinds.ts'
import { campaignsRoutes } from '../../server/src/campaigns/campaigns.routes.ts'
import { Campaigns } from '../../server/src/campaigns/campaigns.ts'
import { ProviderCertificates } from '../../server/src/certificates/provider-certificates.ts'
import { makeDeviceRegistry } from '../../server/src/compose/device-registry.ts'
import { makeGroupRegistry } from '../../server/src/compose/group-registry.ts'
import { devicesRoutes } from '../../server/src/fleet/devices.routes.ts'
import { groupsRoutes } from '../../server/src/groups/groups.routes.ts'
import { ImportDesk } from '../../server/src/imports/import-desk.ts'
import { importsRoutes } from '../../server/src/imports/imports.routes.ts'
import { operatorDoor } from '../../server/src/operators/operator-door.ts'
import { OperatorSessions } from '../../server/src/operators/operator-sessions.ts'
import { sessionRoutes } from '../../server/src/operators/session.routes.ts'
import { SignInDesk } from '../../server/src/operators/sign-in.ts'
import { type HttpApp, makeHttpApp } from '../../server/src/platform/http.ts'
import { makeLogger } from '../../server/src/platform/log.ts'
import { eventsRoutes } from '../../server/src/record/events.routes.ts'
import { RevocationLists } from '../../server/src/revocation/revocation-lists.ts'
import { revocationRoutes } from '../../server/src/revocation/revocation.routes.ts'
import { servedLists } from '../../server/src/revocation/served-lists.ts'
import { clockResetRoutes } from '../../server/src/time/clock-resets.routes.ts'
import { makeTestBulkActs } from '../../server/test/test-bulk-acts.ts'
import { startTestDatabase, type TestDatabase } from '../../server/test/test-database.ts'
import { makeTestModels } from '../../server/test/test-devices.ts'
import { insertTestOperator, PASSWORD } from '../../server/test/test-portal.ts'
import { startTestServer, type TestServer } from '../../server/test/test-server.ts'

/** The command line as its users run it: a process, over TLS, against real routes on a real database. */

const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts')

export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

export let db: TestDatabase
let app: HttpApp
let imports: ImportDesk
/** Its HSM signs what is ordered here. */
let hsmServer: TestServer
export let folder = ''
export let modelId = ''
export let server = ''

export const session = (): string => join(folder, 'session.json')

export function sanad(...words: string[]): Promise<Outcome> {
  const env = { PATH: process.env['PATH'], HOME: folder, SANAD_SESSION: session(), NO_COLOR: '1' }
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...words], { env }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, out, err })
    })
  })
}

export const signIn = (name = 'amina'): Promise<Outcome> =>
  sanad(
    'sign-in',
    '--server',
    server,
    '--root',
    join(folder, 'root.pem'),
    '--name',
    name,
    '--password-file',
    join(folder, 'password'),
  )

export const readJson = <T>({ out }: Outcome): T => JSON.parse(out) as T

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sanad-cli-'))
  db = await startTestDatabase()
  const { database, pool } = db
  hsmServer = await startTestServer({
    database: { database, pool, close: () => Promise.resolve() },
  })
  await hsmServer.trust.hsm.generateKey('command', { modulusBits: 2048 })
  const log = makeLogger('silent')
  const sessions = new OperatorSessions(db.database, Date.now)
  imports = new ImportDesk({ database: db.database, clock: Date.now, log })
  imports.start()
  app = makeHttpApp({ tls: await makeTls('root.pem'), log })
  const lists = {
    database,
    clock: Date.now,
    providers: await ProviderCertificates.open(database),
    baseUrl: 'https://crl.example.test',
  }
  await new RevocationLists({ ...lists, hsm: hsmServer.trust.hsm, log }).publishDue()
  const kinds = campaignKinds({ forRotations: 10 })
  const routes = [
    sessionRoutes({
      sessions,
      desk: new SignInDesk({ database, clock: Date.now, sessions }),
    }),
    devicesRoutes({
      database: db.database,
      clock: Date.now,
      devices: makeDeviceRegistry(db.database, Date.now),
    }),
    groupsRoutes({
      groups: makeGroupRegistry({ database, markets: () => [] }),
      filler: makeTestBulkActs(database, Date.now, 'at-once').filler,
    }),
    makeTestBulkActs(database, Date.now, 'at-once').routes,
    clockResetRoutes({ resets: hsmServer.door.resets }),
    importsRoutes({ database: db.database, desk: imports }),
    campaignsRoutes({
      database,
      kinds,
      clock: Date.now,
      campaigns: new Campaigns({ database, kinds, clock: Date.now }),
    }),
    revocationRoutes({ ...lists, whenRevoked: () => undefined }),
    eventsRoutes({
      database: db.database,
      nameSubjects: () => Promise.resolve({ devices: new Map(), names: new Map() }),
    }),
  ]
  await app.register(operatorDoor({ sessions, routes }), { prefix: OPERATOR_API })
  await app.register(servedLists(lists))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const address = app.server.address()
  server = `https://localhost:${typeof address === 'object' && address !== null ? address.port : 0}`
  await insertTestOperator(db, 'amina', 'administrator')
  await insertTestOperator(db, 'otto', 'auditor')
  await writeFile(join(folder, 'password'), `${PASSWORD}\n`, { mode: 0o600 })
  modelId = (await makeTestModels(db)).face.modelId
})

afterAll(async () => {
  await app.close()
  await imports.stop()
  await hsmServer[Symbol.asyncDispose]()
  await db[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

export async function makeTls(rootFile: string): Promise<{ key: string; cert: string }> {
  const root = makeAuthority(`Root of ${rootFile}`)
  const { privateKey, publicKey } = makeRsaKey()
  const der = issue(root, {
    spki: spkiOf(publicKey),
    commonName: 'localhost',
    names: ['localhost'],
  })
  await writeFile(join(folder, rootFile), new X509Certificate(root.der).toString())
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: new X509Certificate(der).toString(),
  }
}

beforeEach(() => rm(session(), { force: true }))
