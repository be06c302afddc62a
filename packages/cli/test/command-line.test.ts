import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CampaignView } from '@sanad/protocol/operator-api/campaigns'
import type { GroupDetail } from '@sanad/protocol/operator-api/groups'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { eventsRoutes } from '../../server/src/record/events.routes.ts'
import { makeDeviceRegistry } from '../../server/src/compose/device-registry.ts'
import { campaignKinds } from '../../server/src/campaigns/campaign-kinds.ts'
import { campaignsRoutes } from '../../server/src/campaigns/campaigns.routes.ts'
import { Campaigns } from '../../server/src/campaigns/campaigns.ts'
import { devicesRoutes } from '../../server/src/fleet/devices.routes.ts'
import { makeGroupRegistry } from '../../server/src/compose/group-registry.ts'
import { groupsRoutes } from '../../server/src/groups/groups.routes.ts'
import { ImportDesk } from '../../server/src/imports/import-desk.ts'
import { importsRoutes } from '../../server/src/imports/imports.routes.ts'
import { operatorDoor } from '../../server/src/operators/operator-door.ts'
import { ProviderCertificates } from '../../server/src/certificates/provider-certificates.ts'
import { RevocationLists } from '../../server/src/revocation/revocation-lists.ts'
import { revocationRoutes } from '../../server/src/revocation/revocation.routes.ts'
import { servedLists } from '../../server/src/revocation/served-lists.ts'
import { OperatorSessions } from '../../server/src/operators/operator-sessions.ts'
import { SignInDesk } from '../../server/src/operators/sign-in.ts'
import { sessionRoutes } from '../../server/src/operators/session.routes.ts'
import { type HttpApp, makeHttpApp } from '../../server/src/platform/http.ts'
import { makeLogger } from '../../server/src/platform/log.ts'
import { type TestDatabase, startTestDatabase } from '../../server/test/test-database.ts'
import { makeTestBulkActs } from '../../server/test/test-bulk-acts.ts'
import {
  approveTestDevice,
  makeTestModels,
  registerTestDevice,
} from '../../server/test/test-devices.ts'
import { type TestServer, startTestServer } from '../../server/test/test-server.ts'
import { clockResetRoutes } from '../../server/src/time/clock-resets.routes.ts'
import { PASSWORD, insertTestOperator } from '../../server/test/test-portal.ts'
import { issue, makeAuthority, makeRsaKey, spkiOf } from '../../client/test/test-pki.ts'

/** The command line as its users run it: a process, over TLS, against real routes on a real database. */

const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts')

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

let db: TestDatabase
let app: HttpApp
let imports: ImportDesk
/** Its HSM signs what is ordered here. */
let hsmServer: TestServer
let folder = ''
let modelId = ''
let server = ''

const session = (): string => join(folder, 'session.json')

function sanad(...words: string[]): Promise<Outcome> {
  const env = { PATH: process.env['PATH'], HOME: folder, SANAD_SESSION: session(), NO_COLOR: '1' }
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...words], { env }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, out, err })
    })
  })
}

const signIn = (name = 'amina'): Promise<Outcome> =>
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

const readJson = <T>({ out }: Outcome): T => JSON.parse(out) as T

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

async function makeTls(rootFile: string): Promise<{ key: string; cert: string }> {
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

describe('campaigns', () => {
  it(
    'are started in phases, shown, paused, resumed and stopped',
    { timeout: 120_000 },
    async () => {
      await signIn()
      const started = await sanad(
        'campaigns',
        'start',
        'collect-information',
        '--all',
        '--name',
        'Look at all',
        '--phase',
        '10:soak=60',
        '--phase',
        '5%:success=95',
        '--window',
        '1,2/20:00-06:00',
        '--json',
      )
      expect(started.err).toBe('')
      const { campaignId } = readJson<CampaignView>(started)
      const shownAs = async (verb: string) =>
        readJson<CampaignView>(await sanad('campaigns', verb, campaignId, '--json'))
      expect(await shownAs('show')).toMatchObject({
        state: 'running',
        phases: [{ devices: 10, soakMinutes: 60 }, { percent: 5 }, {}],
        maintenanceWindow: { days: [1, 2], from: '20:00', to: '06:00' },
      })
      expect(await shownAs('pause')).toMatchObject({ state: 'paused', pausedBecause: 'operator' })
      expect(await shownAs('resume')).toMatchObject({ state: 'running' })
      const stopped = await sanad('campaigns', 'stop', campaignId)
      expect(stopped.out).toMatch(/state +stopped/)
      expect(stopped.out).toMatch(/^PHASE +UP TO +STATE/m)
      expect(await sanad('campaigns', 'resume', campaignId)).toMatchObject({
        code: 1,
        err: expect.stringContaining('campaign.state-refused') as string,
      })
      expect((await sanad('campaigns', 'list')).out).toContain('Look at all')
    },
  )

  it('list their devices with what became of each', { timeout: 120_000 }, async () => {
    await signIn()
    await registerTestDevice(db, await approveTestDevice(db, modelId, 'CAMPAIGN0001'))
    const words = ['collect-information', '--serial', 'CAMPAIGN0001', '--name', 'One of them']
    const started = await sanad('campaigns', 'start', ...words, '--json')
    const { campaignId } = readJson<CampaignView>(started)
    const devices = (...more: string[]) => sanad('campaigns', 'devices', campaignId, ...more)
    expect((await devices()).out).toMatch(/^CAMPAIGN0001 .* waiting/m)
    expect((await devices('--state', 'failed')).out).toBe('None.\n')
    expect(await devices('--state', 'sleeping')).toMatchObject({
      code: 1,
      err: expect.stringContaining('request.malformed') as string,
    })
    await sanad('campaigns', 'stop', campaignId)
  })

  it('order new keys, and need to know for whom', async () => {
    await signIn()
    const named = ['campaigns', 'start', 'rotation', '--name', 'New keys']
    expect(await sanad(...named)).toMatchObject({ code: 2 })
    const started = await sanad(...named, '--all', '--reason', 'policy', '--json')
    expect(readJson<CampaignView>(started)).toMatchObject({
      kind: 'rotation',
      body: { reason: 'policy' },
    })
  })
})

describe('signing in', () => {
  it('keeps a session that only its owner can read, and no password', async () => {
    expect(await signIn()).toMatchObject({
      code: 0,
      out: expect.stringContaining('amina') as string,
    })
    expect((await stat(session())).mode & 0o077).toBe(0)
    expect(await readFile(session(), 'utf8')).not.toContain(PASSWORD)
  })

  it('refuses a wrong password, and stores nothing', async () => {
    await writeFile(join(folder, 'password'), 'wrong', { mode: 0o600 })
    const outcome = await signIn()
    await writeFile(join(folder, 'password'), PASSWORD, { mode: 0o600 })
    expect(outcome).toMatchObject({
      code: 1,
      err: expect.stringContaining('operator.credentials-wrong') as string,
    })
    await expect(stat(session())).rejects.toThrow('ENOENT')
  })

  it('trusts only the server under the pinned root', async () => {
    await makeTls('other.pem')
    const outcome = await sanad(
      'sign-in',
      '--server',
      server,
      '--root',
      join(folder, 'other.pem'),
      '--name',
      'amina',
      '--password-file',
      join(folder, 'password'),
    )
    expect(outcome).toMatchObject({
      code: 1,
      err: expect.stringContaining('client.server-unreachable') as string,
    })
    await expect(stat(session())).rejects.toThrow('ENOENT')
  })

  it('ends the session with sign-out, at the server too', async () => {
    await signIn()
    const kept = await readFile(session(), 'utf8')
    await sanad('sign-out')
    await writeFile(session(), kept, { mode: 0o600 })
    expect(await sanad('devices', 'list')).toMatchObject({
      code: 1,
      err: expect.stringContaining('operator.not-signed-in') as string,
    })
  })

  it('uses no session that others can read', async () => {
    await signIn()
    await chmod(session(), 0o644)
    expect(await sanad('devices', 'list')).toMatchObject({
      code: 1,
      err: expect.stringContaining('client.permissions-too-open') as string,
    })
  })
})

describe('the revocation lists, for a verifier without a network', () => {
  it('writes the revocation lists as published, by issuer and number', async () => {
    await signIn()
    const target = join(folder, 'lists')
    const outcome = await sanad('trust', 'lists', '--folder', target, '--json')
    expect(outcome).toMatchObject({ code: 0 })
    const names = (await readdir(target, { recursive: true })).filter((name) =>
      name.endsWith('.crl'),
    )
    expect(names).toHaveLength(128)
    const { rows } = await db.pool.query<{ crl_name: string; der: Buffer }>(
      'select crl_name, der from revocation_list where shard = 17',
    )
    const [list] = rows
    if (list === undefined) throw new Error('no list')
    const written = await readFile(join(target, list.crl_name, '17.crl'))
    expect(written.equals(list.der)).toBe(true)
  })
})

describe('an operator at the command line', () => {
  const HEAD = 'make,model,deviceType,deviceSubType,serialNo\n'
  const rows = (from: number, count: number): string =>
    Array.from(
      { length: count },
      (_, index) => `Example,Face 7,Face,Full face,CLI-${String(from + index).padStart(8, '0')}\n`,
    ).join('')

  async function importFile(name: string, text: string, ...more: string[]): Promise<Outcome> {
    await writeFile(join(folder, name), text)
    return sanad('devices', 'import', join(folder, name), ...more)
  }

  it('imports a file and sees its devices, one line of JSON for each', async () => {
    await signIn()
    const imported = await importFile('good.csv', HEAD + rows(0, 230))
    expect(imported).toMatchObject({ code: 0, out: '230 devices approved.\n' })
    const { out } = await sanad('devices', 'list', '--search', 'CLI-', '--all', '--json')
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { serialNo: string })
    expect(new Set(lines.map(({ serialNo }) => serialNo)).size).toBe(230)
  })

  it('imports nothing from a file with a wrong row, and says how to continue', async () => {
    await signIn()
    const text = `${HEAD}${rows(500, 2)}Example,Face 7,Face,Full face,\n`
    const refused = await importFile('bad.csv', text)
    expect(refused).toMatchObject({
      code: 1,
      out: expect.stringContaining('nothing was imported') as string,
    })
    expect((await sanad('devices', 'list', '--search', 'CLI-00000500', '--json')).out).toBe('')
    expect(await importFile('bad.csv', text, '--valid-only')).toMatchObject({
      out: '2 devices approved.\n',
    })
  })

  it('shows in a dry run what each column is taken for, and approves nothing', async () => {
    await signIn()
    const text = `Delivery 7\nS/N,Manufacturer,Model,Remarks\nCLI-00000700,Example,Face 7,new\n`
    const unknown = await importFile('dry.csv', text, '--dry-run')
    expect(unknown.code).not.toBe(0)
    expect(unknown.out).toContain('passed over, above the header: Delivery 7')
    expect(unknown.out).toMatch(/S\/N +serialNo/)
    expect(unknown.out).toMatch(/Remarks +\? not known/)
    const columns = ['--columns', 'serialNo,make,model,-']
    const dry = await importFile('dry.csv', text, '--dry-run', ...columns)
    expect(dry).toMatchObject({ code: 0, out: expect.stringContaining('1 are valid') as string })
    const list = () => sanad('devices', 'list', '--search', 'CLI-00000700', '--json')
    expect((await list()).out).toBe('')
    expect(await importFile('dry.csv', text, ...columns)).toMatchObject({
      out: '1 device approved.\n',
    })
    expect((await list()).out).toContain('CLI-00000700')
  })

  it('approves doubtful numbers only when told to, or leaves them out', async () => {
    await signIn()
    const text = `serialNo,make,model\nCLI-00000710,Example,Face 7\ncli-00000710,Example,Face 7\n`
    const doubtful = await importFile('doubt.csv', text)
    expect(doubtful.code).toBe(1)
    expect(doubtful.out).toContain('in capital and small letters only')
    expect(await importFile('doubt.csv', text, '--leave-out-warnings')).toMatchObject({
      code: 0,
      out: '1 device approved.\n',
    })
    const again = `serialNo,make,model\ncli-00000710,Example,Face 7\n`
    expect(await importFile('doubt.csv', again, '--confirm-warnings')).toMatchObject({
      code: 0,
      out: '1 device approved.\n',
    })
  })

  it('acts on a device by its serial number, with a reason that goes on record', async () => {
    await signIn()
    await importFile('one.csv', HEAD + rows(900, 1))
    const acted = await sanad('devices', 'block', 'CLI-00000900', '--reason', 'stolen', '--json')
    expect(readJson<{ state: string }[]>(acted)).toMatchObject([{ state: 'blocked' }])
    const { out } = await sanad('record', 'list', '--limit', '1', '--json')
    expect(JSON.parse(out)).toMatchObject({ type: 'device.blocked', data: { reason: 'stolen' } })
  })

  it('lets a device set its clock back, by a signed order that goes on record', async () => {
    await signIn()
    await importFile('clock.csv', HEAD + rows(910, 1))
    const words = ['devices', 'reset-clock', 'CLI-00000910'] as const
    expect(await sanad(...words)).toMatchObject({ code: 2, err: '--reason is missing\n' })
    const ordered = await sanad(...words, '--reason', 'repaired', '--json')
    expect(readJson<object[]>(ordered)).toMatchObject([{ device: 'CLI-00000910', number: 1 }])
    const { out } = await sanad('record', 'list', '--limit', '1', '--json')
    expect(JSON.parse(out)).toMatchObject({
      type: 'device.clock-reset-ordered',
      data: { reason: 'repaired', number: 1 },
    })
    await signIn('otto')
    expect(await sanad(...words, '--reason', 'repaired')).toMatchObject({
      code: 1,
      err: expect.stringContaining('operator.permission-missing') as string,
    })
    // The first order stands as it was, and there is no other.
    const [device] = await db.database.selectFrom('clock_reset').select('number').execute()
    expect(Number(device?.number)).toBe(1)
  })

  it('explains a wrong command, and does nothing', async () => {
    await signIn()
    await importFile('two.csv', HEAD + rows(901, 1))
    expect(await sanad('devices', 'block', 'CLI-00000901')).toMatchObject({
      code: 2,
      err: '--reason is missing\n',
    })
    expect(await sanad('devices', 'block', 'NOBODY', '--reason', 'lost')).toMatchObject({
      code: 1,
      err: expect.stringContaining('device.not-found') as string,
    })
    const [device] = (
      await sanad('devices', 'list', '--search', 'CLI-00000901', '--json')
    ).out.split('\n')
    expect(JSON.parse(device ?? '')).toMatchObject({ state: 'approved' })
  })

  it('allows an operator what the role allows, and no more', async () => {
    await signIn()
    await importFile('three.csv', HEAD + rows(902, 1))
    await signIn('otto')
    expect(await sanad('devices', 'block', 'CLI-00000902', '--reason', 'stolen')).toMatchObject({
      code: 1,
      err: expect.stringContaining('operator.permission-missing') as string,
    })
    const [device] = (
      await sanad('devices', 'list', '--search', 'CLI-00000902', '--json')
    ).out.split('\n')
    expect(JSON.parse(device ?? '')).toMatchObject({ state: 'approved' })
  })

  it('reaches any operation by its name', async () => {
    await signIn()
    const { out } = await sanad('api', 'countDevices')
    expect(JSON.parse(out)).toHaveProperty('states')
    expect(await sanad('api', 'readDevice')).toMatchObject({
      code: 2,
      err: 'deviceId=… is missing\n',
    })
  })
})

describe('groups and acts on many devices', () => {
  it('fills a group by a filter, previews a bulk action, and runs it with --yes', async () => {
    await signIn()
    for (const n of [1, 2, 3]) await approveTestDevice(db, modelId, `CLIGROUP000${n}`)
    expect((await sanad('groups', 'create', 'Centres of the north')).out).toContain('created')
    const filled = await sanad('groups', 'add', 'centres of the north', '--search', 'CLIGROUP')
    expect(filled).toMatchObject({ code: 0 })
    expect(filled.out).toContain('assign-group finished: 3 devices changed, 0 not.')
    const shown = readJson<GroupDetail>(
      await sanad('groups', 'show', 'Centres of the north', '--json'),
    )
    expect(shown).toMatchObject({ devices: 3, states: { approved: 3 } })

    const words = [
      'bulk',
      'order',
      'deregister',
      '--group',
      shown.groupId,
      '--reason',
      'end-of-life',
    ]
    const asked = await sanad(...words)
    expect(asked.out).toContain('3 of 3 devices would change; nothing was done.')
    expect((await sanad('devices', 'list', '--group', shown.groupId)).out).not.toContain(
      'deregistered',
    )
    expect((await sanad(...words, '--yes')).out).toContain('deregister finished: 3 devices changed')
    const again = await sanad(...words, '--yes')
    expect(again.out).toContain('0 devices changed, 3 not.')

    expect((await sanad('groups', 'delete', 'Centres of the north')).err).toContain('group.in-use')
    expect((await sanad('groups', 'empty', 'Centres of the north')).code).toBe(0)
    expect((await sanad('groups', 'delete', 'Centres of the north')).code).toBe(0)
  }, 60_000)

  it('orders nothing for a whole fleet by mistake, and names a wrong value of the filter', async () => {
    await signIn()
    expect(await sanad('bulk', 'order', 'suspend', '--reason', 'lost', '--yes')).toMatchObject({
      code: 2,
    })
    const wrong = await sanad('devices', 'list', '--level', 'L7')
    expect(wrong.err).toContain('querystring/level: one of L0, L1')
  }, 60_000)
})
