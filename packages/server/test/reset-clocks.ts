import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deviceSubject } from '@sanad/protocol/domain/digital-id'
import { SanadError } from '@sanad/protocol/text/problems'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { HttpsLink } from '../../client/src/server-link/https-link.ts'
import { ManagementServer } from '../../client/src/server-link/management-server.ts'
import { type ClockResetEvent, ClockResets } from '../../client/src/trusted-time/clock-resets.ts'
import { TimeFloor } from '../../client/src/trusted-time/time-floor.ts'
import { TimeReceipts } from '../../client/src/trusted-time/time-receipts.ts'
import { TrustedClock } from '../../client/src/trusted-time/trusted-clock.ts'
import { clockResetRoutes } from '../src/time/clock-resets.routes.ts'
import { startTestPortal, type TestOperator, type TestPortal } from './test-portal.ts'
import { SERVER_ID } from './test-door.ts'
import { startTestServer, type TestServer } from './test-server.ts'

/** What the tests of clock resets share: a whole server, and a client with a wrong clock. */

export let portal: TestPortal
export let server: TestServer
export let officer: TestOperator
export let identity: { make: string; model: string; serialNo: string }
export let deviceId: string
let count = 0

beforeAll(async () => {
  portal = await startTestPortal({
    routes: () => [
      clockResetRoutes({
        resets: {
          order: (...order) => server.door.resets.order(...order),
          read: (id) => server.door.resets.read(id),
        },
      }),
    ],
  })
  const { database, pool } = portal.db
  server = await startTestServer({ database: { database, pool, close: () => Promise.resolve() } })
  await server.trust.hsm.generateKey('command', { modulusBits: 2048 })
  officer = await portal.signIn('security-officer')
}, 120_000)
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await portal[Symbol.asyncDispose]()
})

export let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sanad-reset-'))
  server.clockRadius = () => 1000
  const { provider: _, ftmProviderId } = await server.addFtmProvider()
  const model = await server.addModel({ level: 'L1', ftmProviderId })
  const serialNo = `RESET-${++count}`
  deviceId = await server.approve(model, serialNo, {
    ftmCertificateSha256: randomBytes(32).toString('hex'),
  })
  identity = { make: model.identity.make, model: model.identity.model, serialNo }
})
afterEach(() => rm(folder, { recursive: true, force: true }))

export async function openClient({ ahead = 0, highestNumber = 0, of = identity } = {}) {
  const roots = [server.trust.root.certificate]
  const earliest = roots[0]?.notBefore ?? 0
  const floor = await TimeFloor.open(join(folder, 'floor'), earliest)
  await floor.raise(server.now() + ahead)
  const clock = new TrustedClock(floor)
  const url = new URL(`https://127.0.0.1:${server.door.port}`)
  const link = new HttpsLink({ url, roots, clock })
  const undated = { isSet: false, floor: earliest, now: () => earliest }
  const events: ClockResetEvent[] = []
  const resets = new ClockResets({
    link: new HttpsLink({ url, roots, clock: undated }),
    managementRoots: roots,
    serverId: SERVER_ID,
    lastResetOf: (subject) => clock.lastResetOf(subject),
    devices: () => Promise.resolve([{ subject: deviceSubject(of), highestNumber }]),
    note: (event) => events.push(event),
  })
  const receipts = await TimeReceipts.open(join(folder, 'receipts'))
  const client = new ManagementServer({ link, serverId: SERVER_ID, roots, clock, receipts, resets })
  return { client, clock, floor, events }
}

export const order = (payload: object = { reason: 'repaired' }, as = officer, of = deviceId) =>
  as.ask('POST', `/devices/${of}/clock-reset`, { payload })

export const untrusted = (): never => {
  throw new SanadError('time.not-trusted', 'test')
}
