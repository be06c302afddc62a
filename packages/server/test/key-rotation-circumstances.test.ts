import { X509Certificate, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { StandInCountry } from '../../simulator/src/country/stand-in-country.ts'
import { DeviceCertificateIssuer } from '../src/certificates/device-certificate-issuer.ts'
import { importProviderCertificate } from '../src/certificates/import-provider-certificate.ts'
import { RotationOrders } from '../src/rotation/rotation-orders.ts'
import { NeverSigning } from './crashes.ts'
import { DeviceUnderTest, readRotated } from './device-under-test.ts'
import { makeKey } from './device-keys.ts'
import { insertTestOperator } from './test-portal.ts'
import { type IssuerParts, type TestServer, startTestServer } from './test-server.ts'
import { ORGANISATION } from './test-trust.ts'

/** When a key rotates, and under whose certificate: orders, markets, renewals and an HSM with much in hand. */

let server: TestServer
let makeDevice: () => Promise<DeviceUnderTest>
beforeAll(async () => {
  server = await startTestServer()
  const model = await server.addModel({ level: 'L0', l0Policy: 'enrolment-secret' })
  makeDevice = async () => {
    const enrolmentSecret = 'ABCDE-FGHJK-LMNPQ-RSTUV'
    const device = await DeviceUnderTest.makeL0(server, model, { enrolmentSecret })
    await device.register()
    return device
  }
})
afterAll(() => server[Symbol.asyncDispose]())

async function makePast(device: DeviceUnderTest, days: number): Promise<void> {
  await server.db.pool.query(
    `update device_certificate set issued_at = issued_at - make_interval(days => $2) where device_id = $1`,
    [device.deviceId, days],
  )
}

async function readRotation(device: DeviceUnderTest) {
  const { type, body } = await device.checkIn()
  if (type !== 'check-in-answer') throw new Error(type)
  return body.rotation
}

describe('an operator’s order', () => {
  let orders: RotationOrders
  let operatorId: string
  beforeAll(async () => {
    operatorId = await insertTestOperator(server.db, `officer ${randomUUID()}`, 'security-officer')
    const pace = { forRotations: 100 }
    orders = new RotationOrders({ database: server.db.database, pace, clock: server.now })
  })
  const give = (device: DeviceUnderTest) =>
    orders.give({ deviceIds: [device.deviceId], reason: 'policy', withinHours: 6 }, operatorId)

  it('delivers a rotation order at check-in and completes it with the new key’s first use', async () => {
    const device = await makeDevice()
    expect(await readRotation(device)).toMatchObject({ reason: 'scheduled' })
    const { windowStart } = await give(device)
    expect(await readRotation(device)).toMatchObject({ reason: 'ordered', start: windowStart })

    const next = await makeKey()
    const certificate = await device.rotate(next)
    expect(await readRotation(device)).toMatchObject({ reason: 'ordered' })
    device.install(next, certificate)

    expect(await readRotation(device)).toMatchObject({ reason: 'scheduled' })
    const { rows } = await server.db.pool.query<{ outcome: string }>(
      'select outcome from rotation_order_device where device_id = $1',
      [device.deviceId],
    )
    expect(rows).toEqual([{ outcome: 'rotated' }])
  })

  it('asks nothing of a device after its rotation order was cancelled', async () => {
    const device = await makeDevice()
    const { orderId } = await give(device)
    await orders.cancel(orderId, operatorId)
    expect(await readRotation(device)).toMatchObject({ reason: 'scheduled' })
    const { body } = await server.door.ask(await device.makeRotation(await makeKey()))
    expect(body).toMatchObject({ outcome: 'postponed', rotation: { reason: 'scheduled' } })
  })
})

describe('while the HSM has more in hand than it signs soon', () => {
  it('postpones a rotation behind the HSM’s queue unless the certificate is about to expire', async () => {
    const [device, other, ending] = [await makeDevice(), await makeDevice(), await makeDevice()]
    for (const one of [device, other, ending]) await makePast(one, 30)
    await server.db.pool.query(
      `update device_certificate set not_after = now() + interval '20 hours' where device_id = $1`,
      [ending.deviceId],
    )
    let parts: IssuerParts | undefined
    const door = await server.openDoor((given) => {
      parts = given
      return new DeviceCertificateIssuer(given)
    })
    // A machine may be so fast that all its HSM ever has in hand is signed in two seconds: here it is a slow one.
    const clock = slowDown()
    await other.rotate(await makeKey(), door)
    clock.goOn()
    const { keyId, tbs } = await planSomething()
    const [sent, late] = [
      await device.makeRotation(await makeKey(), {}, { door }),
      await ending.makeRotation(await makeKey(), {}, { door }),
    ]
    const burden = Promise.all(
      Array.from({ length: 1500 }, () => parts!.hsm.signDeviceCertificate(keyId, tbs)),
    )

    const { body } = await door.ask(sent)

    expect(body).toMatchObject({ outcome: 'postponed', rotation: { reason: 'scheduled' } })
    const { rotation } = body as { rotation: { start: string; end: string } }
    expect(Date.parse(rotation.start)).toBeGreaterThan(server.now())
    expect(Date.parse(rotation.end)).toBeGreaterThan(Date.parse(rotation.start))
    expect((await server.recordOf(device.deviceId)).certificates).toMatchObject([
      { status: 'active' },
    ])
    expect((await server.recordOf(device.deviceId)).intents).toHaveLength(1)
    readRotated(await door.ask(late))
    await burden
    clock.restore()
    expect(await device.rotate(await makeKey(), door)).toBeInstanceOf(Buffer)
  })

  /** A second of this process's clock is 25 milliseconds, until it runs at its usual pace again, from where it is then. */
  function slowDown() {
    const real = performance.now.bind(performance)
    const start = real()
    const spy = vi.spyOn(performance, 'now')
    spy.mockImplementation(() => start + 40 * (real() - start))
    return {
      goOn: () => {
        const ahead = 39 * (real() - start)
        spy.mockImplementation(() => real() + ahead)
      },
      restore: () => spy.mockRestore(),
    }
  }

  /** Bytes that the agent agrees to sign, of a rotation that never comes about. */
  async function planSomething(): Promise<{ keyId: string; tbs: Buffer }> {
    const device = await makeDevice()
    await makePast(device, 30)
    const away = await server.openDoor((parts) => new NeverSigning(parts))
    await away.post((await device.makeRotation(await makeKey())).text)
    const { rows } = await server.db.pool.query<{ keyId: string; tbs: Buffer }>(
      `select p.hsm_key_id as "keyId", i.tbs from certificate_intent i
        join provider_certificate p on p.id = i.provider_certificate_id
        where i.device_id = $1 and i.state = 'planned'`,
      [device.deviceId],
    )
    return rows[0]!
  }
})

describe('with several provider certificates', () => {
  const imported: string[] = []

  /** Another country, or the same one again, signs the provider’s key again. */
  async function importAnother(country: string, environment: string): Promise<string> {
    const { directory, hsm } = server.trust
    const now = () => new Date(server.now())
    const other = await StandInCountry.open(join(directory, `country-${randomUUID()}`), { now })
    const request = await readFile(join(directory, 'trust', 'provider.csr.pem'), 'utf8')
    const admitted = await other.admitProvider(request, { organisation: ORGANISATION })
    const key = (await hsm.listKeys()).find(({ purpose }) => purpose === 'provider-ca')!
    const { id } = await importProviderCertificate(
      server.db.database,
      {
        certificatePem: admitted.mosipSignedPem,
        chainPem: admitted.mosipChainPem,
        organisation: ORGANISATION,
        key,
        country,
        environment,
      },
      server.now(),
    )
    imported.push(id)
    await server.restart()
    return id
  }

  afterEach(async () => {
    await server.db.pool.query(
      `update provider_certificate set state = 'retired' where id = any($1)`,
      [imported.splice(0)],
    )
    await server.restart()
  })
  beforeEach(() => {
    expect(imported).toEqual([])
  })

  const marketOf = async (certificate: Buffer) => {
    const serial = new X509Certificate(certificate).serialNumber.toLowerCase().padStart(32, '0')
    const { rows } = await server.db.pool.query<{ country: string }>(
      `select p.country from device_certificate c join provider_certificate p on p.id = c.provider_certificate_id
        where c.serial_number = $1`,
      [serial],
    )
    return rows[0]?.country
  }

  it('keeps a device in the market of its certificate unless its group names another', async () => {
    const [stays, moves] = [await makeDevice(), await makeDevice()]
    for (const one of [stays, moves]) await makePast(one, 30)
    await importAnother('KE', 'live')
    const groupId = randomUUID()
    await server.db.pool.query(
      `insert into device_group (group_id, name, country, environment) values ($1, 'Kenya', 'KE', 'live')`,
      [groupId],
    )
    await server.db.pool.query('update device set group_id = $1 where device_id = $2', [
      groupId,
      moves.deviceId,
    ])
    expect(await marketOf(await stays.rotate(await makeKey()))).toBe('ET')
    expect(await marketOf(await moves.rotate(await makeKey()))).toBe('KE')
  })

  it('tells a device with a shortened certificate why to rotate, once a renewal exists', async () => {
    const device = await makeDevice()
    // As issuance in the last month of a provider certificate.
    const { rows } = await server.db.pool.query<{ id: string; not_after: Date }>(
      `select p.id, p.not_after from provider_certificate p join device_certificate c
        on c.provider_certificate_id = p.id where c.device_id = $1`,
      [device.deviceId],
    )
    await server.db.pool.query(
      'update device_certificate set not_after = $2, issued_at = $3 where device_id = $1',
      [device.deviceId, rows[0]!.not_after, new Date(rows[0]!.not_after.getTime() - 27 * DAY_MS)],
    )
    expect(await readRotation(device)).toMatchObject({ reason: 'certificate-ending' })
    server.advance(5000)
    await importAnother('ET', 'test')
    expect(await readRotation(device)).toMatchObject({ reason: 'issuer-renewed' })
  })
})
