import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase } from '../src/platform/database.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/platform/embedded-postgres.ts'
import { migrateDatabase } from '../src/platform/migrations.ts'
import { DeviceUnderTest } from './device-under-test.ts'
import type { HttpReply } from './test-door.ts'
import {
  type TestFtmProvider,
  type TestModel,
  type TestServer,
  startTestServer,
} from './test-server.ts'

/** A database of the test's own, to be killed. */

let directory: string
let postgres: EmbeddedPostgres
let server: TestServer
let ftm: TestFtmProvider
let l1: TestModel
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sanad-outage-'))
  await chmod(directory, 0o711) // run as root, PostgreSQL is another account
  postgres = await startEmbeddedPostgres({ directory: join(directory, 'postgres') })
  const { socketDirectory: host, user } = postgres
  const database = openDatabase({ connection: { host, user, database: 'postgres' } })
  await migrateDatabase(database.pool)
  server = await startTestServer({ database })
  ftm = await server.addFtmProvider()
  l1 = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await postgres.stop()
  await rm(directory, { recursive: true, force: true })
})

/** Power off, for the database. It is started again by itself. */
async function killDatabase(): Promise<void> {
  const pidFile = join(directory, 'postgres', 'cluster', 'postmaster.pid')
  const [pid] = (await readFile(pidFile, 'utf8')).split('\n')
  process.kill(Number(pid), 'SIGKILL')
}

async function untilDatabaseIsBack(): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const isBack = await server.db.pool.query('select 1').then(
      () => true,
      () => false,
    )
    if (isBack) return
    await wait(100)
  }
  throw new Error('the database did not come back')
}

function expectUnavailable(reply: HttpReply): void {
  expect(JSON.parse(reply.text)).toMatchObject({ code: 'database.unavailable' })
  expect(reply.status).toBe(503)
  expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
}

describe('when the database dies', () => {
  it('asks a check-in to retry while the database is away, and applies it once', async () => {
    const device = await DeviceUnderTest.makeL1(server, l1, ftm)
    await device.register()
    await device.checkIn()
    const sent = await device.makeCheckIn({ deviceStatus: 'Busy' })
    await killDatabase()
    await wait(50)

    expectUnavailable(await server.door.post(sent.text))

    await untilDatabaseIsBack()
    const first = await server.door.ask(sent)
    expect((await server.door.ask(sent)).body).toEqual(first.body)
    expect((await server.recordOf(device.deviceId)).presence).toMatchObject({
      last_seq: device.seq,
      device_status: 'Busy',
    })
    const types = (await server.timelineOf(device.deviceId)).map(({ type }) => type)
    expect(types.filter((type) => type === 'device.status-changed')).toHaveLength(1)
  })

  it('asks a registration to retry while the database is away, and registers the same key once', async () => {
    const device = await DeviceUnderTest.makeL1(server, l1, ftm)
    const sent = await device.makeRegistration(await device.fetchChallenge())
    await killDatabase()
    await wait(50)

    expectUnavailable(await server.door.post(sent.text))

    await untilDatabaseIsBack()
    expect(await server.recordOf(device.deviceId)).toMatchObject({
      device: { state: 'approved' },
      certificates: [],
    })
    device.takeAnswer(await server.door.ask(sent))
    const { certificates } = await server.recordOf(device.deviceId)
    expect(certificates).toMatchObject([{ spkiSha256: device.spkiSha256, status: 'active' }])
  })

  it('leaves each device registered or untouched when the database dies during registrations', async () => {
    const devices = [
      await DeviceUnderTest.makeL1(server, l1, ftm),
      await DeviceUnderTest.makeL1(server, l1, ftm),
      await DeviceUnderTest.makeL1(server, l1, ftm),
    ]
    const messages = []
    for (const device of devices)
      messages.push(await device.makeRegistration(await device.fetchChallenge()))

    const replies = messages.map((sent) => server.door.post(sent.text))
    await wait(8)
    await killDatabase()
    for (const { status } of await Promise.all(replies)) expect([200, 503]).toContain(status)

    await untilDatabaseIsBack()
    for (const [i, device] of devices.entries()) {
      device.takeAnswer(await server.door.ask(messages[i]!))
      const record = await server.recordOf(device.deviceId)
      expect(record.device.state).toBe('registered')
      expect(record.certificates).toMatchObject([{ thumbprint: device.thumbprint }])
      expect(record.intents).toHaveLength(1)
    }
  })
})
