import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import { afterAll, beforeAll, expect } from 'vitest'
import { DeviceCertificateIssuer } from '../src/certificates/device-certificate-issuer.ts'
import type { ChannelLimits } from '../src/channel/channel-limits.ts'
import { CommandDesk } from '../src/commands/command-desk.ts'
import { DeviceUnderTest } from './device-under-test.ts'
import { insertTestOperator } from './test-portal.ts'
import type { Door } from './test-door.ts'
import { startTestServer, type TestServer } from './test-server.ts'

/** What the tests of the live channel share: a whole server, and sockets to it. */

export let server: TestServer
export let desk: CommandDesk
export let operatorId: string
export let makeDevice: () => Promise<DeviceUnderTest>
beforeAll(async () => {
  server = await startTestServer()
  await server.trust.hsm.generateKey('command', { modulusBits: 2048 })
  desk = new CommandDesk({ database: server.db.database, clock: server.now })
  operatorId = await insertTestOperator(server.db, 'Sara', 'operator')
  const ftm = await server.addFtmProvider()
  const model = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
  makeDevice = async () => {
    const device = await DeviceUnderTest.makeL1(server, model, ftm)
    expect(await device.register()).toMatchObject({ outcome: 'registered' })
    return device
  }
}, 120_000)
afterAll(() => server[Symbol.asyncDispose]())

export const openDoor = (limits: Partial<ChannelLimits>): Promise<Door> =>
  server.openDoor((parts) => new DeviceCertificateIssuer(parts), limits)

export const open = (text: string, sent: SentRequest) => server.door.open({ text }, sent)

/** Who is connected is written once a second. */
export const IN_TIME = { timeout: 5_000 }

/** In the table that the portal reads. */
export async function processOf({ deviceId }: DeviceUnderTest): Promise<string | undefined> {
  const { rows } = await server.db.pool.query<{ process_id: string }>(
    'select process_id from channel_device where device_id = $1',
    [deviceId],
  )
  return rows[0]?.process_id
}
