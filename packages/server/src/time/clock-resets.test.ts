import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClockResetView, LastClockReset } from '@sanad/protocol/operator-api/clock-resets'
import { deviceSubject } from '@sanad/protocol/domain/digital-id'
import { openServerStatement } from '@sanad/protocol/wire/envelope/server-statement'
import { SanadError } from '@sanad/protocol/text/problems'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { HttpsLink } from '../../../client/src/server-link/https-link.ts'
import { ManagementServer } from '../../../client/src/server-link/management-server.ts'
import { TrustedClock } from '../../../client/src/trusted-time/trusted-clock.ts'
import { TimeFloor } from '../../../client/src/trusted-time/time-floor.ts'
import { type ClockResetEvent, ClockResets } from '../../../client/src/trusted-time/clock-resets.ts'
import { TimeReceipts } from '../../../client/src/trusted-time/time-receipts.ts'
import { verifyReceiptsFile } from '../../../client/src/agent/receipts-command.ts'
import { readHead } from '../record/event-reader.ts'
import { type TestOperator, type TestPortal, startTestPortal } from '../../test/test-portal.ts'
import { SERVER_ID, type TestServer, startTestServer } from '../../test/test-server.ts'
import { clockResetRoutes } from './clock-resets.routes.ts'

/** A client that was led a year ahead, over real TLS, and the operator who brings it back. */

let portal: TestPortal
let server: TestServer
let officer: TestOperator
let identity: { make: string; model: string; serialNo: string }
let deviceId: string
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

let folder: string
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

async function openClient({ ahead = 0, highestNumber = 0, of = identity } = {}) {
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

const order = (payload: object = { reason: 'repaired' }, as = officer) =>
  as.ask('POST', `/devices/${deviceId}/clock-reset`, { payload })
const head = () => readHead(portal.db.database)
const readFloorFile = () => readFile(join(folder, 'floor'), 'utf8')

describe('a client whose floor is in the future', () => {
  it.each([
    ['an hour', 3_600_000],
    ['a year', 366 * DAY_MS],
    ['beyond 2038', 20 * 366 * DAY_MS],
  ])('that is ahead by %s takes no time without an order, and is back by one', async (_, ahead) => {
    const { client, clock, events } = await openClient({ ahead })
    const before = await readFloorFile()
    await expect(client.synchronise()).rejects.toBeInstanceOf(SanadError)
    expect(clock.isSet).toBe(false)
    expect(await readFloorFile()).toBe(before)

    const reply = await order()
    expect(reply.statusCode, reply.body).toBe(201)
    await client.synchronise()
    expect(Math.abs(clock.now() - server.now())).toBeLessThan(5_000)
    expect(events.map(({ kind }) => kind)).toEqual(['found', 'reset'])

    // On disk: the next start knows the true time and the number.
    const again = await openClient({})
    expect(Math.abs(again.floor.value - server.now())).toBeLessThan(10_000)
    expect(again.floor.lastResetOf(deviceSubject(identity))).toBe(
      reply.json<ClockResetView>().number,
    )
    await again.client.synchronise()
    const root = join(folder, 'root.pem')
    await writeFile(root, server.trust.rootPem)
    const said: string[] = []
    const file = join(folder, 'receipts')
    const code = await verifyReceiptsFile({ file, root, asJson: false }, (text) => said.push(text))
    expect([code, said.at(-1)]).toEqual([
      0,
      'proven: 2 receipts, 1 resets, 0 no longer kept, 0 lines that do not hold\n',
    ])
  })

  it('obeys an order once: the same one again, after it was led astray again, changes nothing', async () => {
    await order()
    const first = await openClient({ ahead: 366 * DAY_MS })
    await first.client.synchronise()
    const second = await openClient({ ahead: 366 * DAY_MS })
    const before = await readFloorFile()
    await expect(second.client.synchronise()).rejects.toBeInstanceOf(SanadError)
    expect(second.events).toEqual([{ kind: 'refused', subject: deviceSubject(identity) }])
    expect(await readFloorFile()).toBe(before)
    await order()
    await second.client.synchronise()
    expect(second.clock.isSet).toBe(true)
  })

  it('does not obey an order below a number that it took already', async () => {
    await order()
    const { client, clock } = await openClient({ ahead: 366 * DAY_MS, highestNumber: 1_000 })
    await expect(client.synchronise()).rejects.toBeInstanceOf(SanadError)
    expect(clock.isSet).toBe(false)
  })

  it('is not brought back by the order to another device', async () => {
    await order()
    const of = { ...identity, serialNo: 'ANOTHER' }
    const { client, clock } = await openClient({ ahead: 366 * DAY_MS, of })
    const before = await readFloorFile()
    await expect(client.synchronise()).rejects.toBeInstanceOf(SanadError)
    expect([clock.isSet, await readFloorFile()]).toEqual([false, before])
  })

  it('is not brought back by a server that does not trust its own clock', async () => {
    await order()
    server.clockRadius = untrusted
    const { client, clock } = await openClient({ ahead: 366 * DAY_MS })
    const before = await readFloorFile()
    await expect(client.synchronise()).rejects.toMatchObject({ code: 'time.not-trusted' })
    expect([clock.isSet, await readFloorFile()]).toEqual([false, before])
  })

  it('finds no order any more after a day', async () => {
    await order()
    await server.advanceDays(25 / 24)
    const subject = encodeURIComponent(deviceSubject(identity))
    expect(subject).toContain('RESET')
    await expect(server.door.resets.find(deviceSubject(identity), 'current')).rejects.toMatchObject(
      {
        code: 'request.not-found',
      },
    )
  })
})

const untrusted = (): never => {
  throw new SanadError('time.not-trusted', 'test')
}

describe('a statement while the server’s clock is not trusted', () => {
  it('tells key and name, no time; a client that knows the time goes on with it', async () => {
    const { client, clock, floor } = await openClient({})
    await client.synchronise()
    const known = floor.value
    server.clockRadius = untrusted
    await client.measure()
    expect(clock.isSet).toBe(true)
    expect(floor.value).toBe(known)

    const nonce = 'B'.repeat(43)
    const text = await new HttpsLink({
      url: new URL(`https://127.0.0.1:${server.door.port}`),
      roots: [server.trust.root.certificate],
      clock,
    }).get(`/device/v1/server?nonce=${nonce}`)
    const managementRoots = [server.trust.root.certificate]
    const expected = { managementRoots, nonce, floor: known, now: clock.now() }
    expect(openServerStatement(text.text, expected)).toMatchObject({ iss: SERVER_ID, time: null })
  })

  it('gives a client that does not know the time none', async () => {
    server.clockRadius = untrusted
    const { client, clock } = await openClient({})
    const before = await readFloorFile()
    await expect(client.synchronise()).rejects.toMatchObject({ code: 'time.not-trusted' })
    expect([clock.isSet, await readFloorFile()]).toEqual([false, before])
  })
})

describe('GET /devices/:deviceId/clock-reset', () => {
  const read = async () =>
    (await officer.ask('GET', `/devices/${deviceId}/clock-reset`)).json<LastClockReset>().reset
  const checkIn = () =>
    portal.db.database
      .insertInto('device_presence')
      .values({
        device_id: deviceId,
        last_seq: 1,
        last_check_in_at: new Date(server.now() + 1_000),
      })
      .onConflict((conflict) =>
        conflict
          .column('device_id')
          .doUpdateSet({ last_check_in_at: new Date(server.now() + 1_000) }),
      )
      .execute()

  it('says that there was none, that one waits, was sent, and is done with the next check-in', async () => {
    expect(await read()).toBeNull()
    const ordered = (await order()).json<ClockResetView>()
    expect(await read()).toMatchObject({ ...ordered, state: 'waiting', sentAt: null, doneAt: null })
    await checkIn()
    // A check-in before anybody asked shows nothing of the order.
    expect(await read()).toMatchObject({ state: 'waiting', doneAt: null })

    const { client } = await openClient({ ahead: 366 * DAY_MS })
    await server.advanceDays(10 / 86_400)
    await client.synchronise()
    const sent = await read()
    expect(sent).toMatchObject({ state: 'sent', doneAt: null })
    await checkIn()
    const done = await read()
    expect(done).toMatchObject({ state: 'done', sentAt: sent?.sentAt })
    expect(Date.parse(done?.doneAt ?? '')).toBeGreaterThan(Date.parse(done?.sentAt ?? ''))
    // The next order begins anew.
    await order()
    expect(await read()).toMatchObject({ state: 'waiting', sentAt: null })
  })

  it('says that an order ended that nobody asked for', async () => {
    await order()
    await server.advanceDays(25 / 24)
    expect(await read()).toMatchObject({ state: 'expired', sentAt: null })
  })

  it('does not know a device that is not there', async () => {
    const path = '/devices/00000000-0000-4000-8000-00000000ffff/clock-reset'
    expect((await officer.ask('GET', path)).json()).toMatchObject({ code: 'device.not-found' })
  })
})

describe('POST /devices/:deviceId/clock-reset', () => {
  it('is numbered as all commands of the device, and on record', async () => {
    const first = (await order()).json<ClockResetView>()
    const second = (
      await order({ reason: 'other', note: 'Seen at the desk' })
    ).json<ClockResetView>()
    expect([first.number, second.number]).toEqual([1, 2])
    const { rows } = await portal.db.pool.query(
      'select number from clock_reset where device_id = $1',
      [deviceId],
    )
    expect(rows).toEqual([{ number: 2 }])
    const events = (await server.timelineOf(deviceId)).filter(
      ({ type }) => type === 'device.clock-reset-ordered',
    )
    expect(events.map(({ data }) => data)).toEqual([
      { ...first, reason: 'repaired' },
      { ...second, reason: 'other' },
    ])
    expect(JSON.stringify(events)).not.toContain('desk')
  })

  it.each(['operator', 'technician', 'auditor'] as const)('is not for the %s', async (role) => {
    const somebody = await portal.signIn(role)
    const before = await head()
    const reply = await order(undefined, somebody)
    expect(reply.json()).toMatchObject({ code: 'operator.permission-missing' })
    expect(await head()).toEqual(before)
  })

  it.each<readonly [string, () => object, string]>([
    [
      'in the future',
      () => ({ floor: new Date(server.now() + DAY_MS).toISOString() }),
      'request.malformed',
    ],
    ['of no day', () => ({ floor: '2026-02-31T00:00:00.000Z' }), 'request.malformed'],
    ['without a reason', () => ({ reason: undefined }), 'request.malformed'],
  ])('refuses a floor %s', async (_, change, code) => {
    const before = await head()
    const reply = await order({ reason: 'other', ...change() })
    expect(reply.json()).toMatchObject({ code })
    expect(await head()).toEqual(before)
  })

  it('refuses a device that is not in use, and one that is not there', async () => {
    await server.act(deviceId, 'deregister')
    const before = await head()
    expect((await order()).json()).toMatchObject({ code: 'device.transition-refused' })
    deviceId = '00000000-0000-4000-8000-00000000ffff'
    expect((await order()).json()).toMatchObject({ code: 'device.not-found' })
    expect(await head()).toEqual(before)
  })

  it('refuses while the server does not know the time itself', async () => {
    server.clockRadius = untrusted
    const before = await head()
    expect((await order()).json()).toMatchObject({ code: 'time.not-trusted' })
    expect(await head()).toEqual(before)
  })
})
