import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { sequenceEvents } from '../src/record/sequencer.ts'
import { readHead } from '../src/record/event-reader.ts'
import { listRefusals } from '../src/registration/refusals.ts'
import { forgetUnknownClaims, recordUnknownClaims } from '../src/registration/unknown-claims.ts'
import { DeviceUnderTest, makeSerialNo } from './device-under-test.ts'
import {
  type TestFtmProvider,
  type TestModel,
  type TestServer,
  startTestServer,
} from './test-server.ts'

/** What strangers say is not for the record: it can never be rewritten. */

let server: TestServer
let ftm: TestFtmProvider
let model: TestModel
beforeAll(async () => {
  server = await startTestServer()
  ftm = await server.addFtmProvider()
  model = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
})
afterAll(() => server[Symbol.asyncDispose]())

const makeStranger = (serialNo = makeSerialNo()): Promise<DeviceUnderTest> =>
  DeviceUnderTest.makeL1(server, model, ftm, { serialNo, deviceId: randomUUID() })

async function recordedSince(seq: number) {
  await sequenceEvents(server.db.database)
  const { rows } = await server.db.pool.query<{ seq: number; type: string; data: object }>(
    `select seq, type, convert_from(canonical, 'UTF8')::jsonb -> 'data' as data
     from event where seq > $1 order by seq`,
    [seq],
  )
  return rows
}

describe('claims of devices that nobody approved', () => {
  it('records claims of unknown devices as one hourly count without their names', async () => {
    const before = await readHead(server.db.database)
    const serialNos = [makeSerialNo(), makeSerialNo(), makeSerialNo()]
    for (const serialNo of serialNos) {
      const stranger = await makeStranger(serialNo)
      expect(await stranger.register()).toMatchObject({ outcome: 'refused' })
    }
    expect(await recordedSince(before)).toEqual([])

    await recordUnknownClaims(server.db.database, server.now())
    expect(await recordedSince(before)).toEqual([])
    await recordUnknownClaims(server.db.database, server.now() + HOUR_MS)
    await recordUnknownClaims(server.db.database, server.now() + HOUR_MS)

    const recorded = await recordedSince(before)
    expect(recorded.map(({ type }) => type)).toEqual(recorded.map(() => 'server.unknown-claims'))
    const counted = recorded.map(({ data }) => (data as { occurrences: number }).occurrences)
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(3)
    for (const serialNo of serialNos) expect(JSON.stringify(recorded)).not.toContain(serialNo)
  })

  it('finds an unknown claim’s reason by its support code, however much strangers send', async () => {
    const technician = await makeStranger()
    const { supportCode } = (await technician.register()) as { supportCode: string }
    // As if it had come from elsewhere, and before all of the others.
    await server.db.pool.query(
      `update registration_claim set network = '192.0.2.1', last_at = last_at - interval '1 minute'
       where support_code = $1`,
      [supportCode],
    )
    await flood(15_000)

    await forgetUnknownClaims(server.db.database)

    const { rows } = await server.db.pool.query<{ claims: number }>(
      'select count(*) as claims from registration_claim where device_id is null',
    )
    expect(rows[0]?.claims).toBeLessThanOrEqual(200)
    const { items } = await listRefusals(server.db.database, { search: supportCode })
    expect(items).toMatchObject([{ supportCode, code: 'registration.device-not-approved' }])
  })

  it('never lets unknown claims displace those of known devices', async () => {
    const device = await DeviceUnderTest.makeL1(server, model, ftm)
    const before = await readHead(server.db.database)
    await device.register({ level: 'L0' })
    expect((await recordedSince(before)).map(({ type }) => type)).toContain(
      'device.registration-refused',
    )
    await flood(11_000)
    await forgetUnknownClaims(server.db.database)
    const { items } = await listRefusals(server.db.database, { deviceId: device.deviceId })
    expect(items).toHaveLength(1)
  })
})

/** Claims of one stranger under names of its choice, written as the server writes them. */
async function flood(claims: number): Promise<void> {
  await server.db.pool.query(
    `insert into registration_claim (claim_id, support_code, make, model, serial_no, level, signer_sha256, verdict,
       code, rule, evidence, remote_address, network, first_at, last_at)
     select gen_random_uuid(), 'FLOOD-' || upper(substr(md5(random()::text || n), 1, 12)), 'Example', 'Slap', md5(random()::text || n), 'L1', 'aa',
       'refuse', 'registration.device-not-approved', 'R01-device-approved', '[]', '203.0.113.9', '203.0.113.9', now(), now()
     from generate_series(1, $1::int) as n`,
    [claims],
  )
}
