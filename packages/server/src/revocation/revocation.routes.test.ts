import { DeviceCertificateList } from '@sanad/protocol/operator-api/devices'
import { HotlistEntry, RevocationListsView } from '@sanad/protocol/operator-api/keys'
import type { Static } from 'typebox'
import { Value } from 'typebox/value'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DeviceUnderTest } from '../../test/device-under-test.ts'
import { type TestPortal, startTestPortal } from '../../test/test-portal.ts'
import {
  type TestFtmProvider,
  type TestModel,
  type TestServer,
  startTestServer,
} from '../../test/test-server.ts'
import { ProviderCertificates } from '../certificates/provider-certificates.ts'
import { makeDeviceRegistry } from '../compose/device-registry.ts'
import { devicesRoutes } from '../fleet/devices.routes.ts'
import { initialPolicyOf, readPolicy } from '../platform/config.ts'
import { makeLogger } from '../platform/log.ts'
import { PolicyBook } from '../policies/policy-book.ts'
import { RevocationLists } from './revocation-lists.ts'
import { revocationRoutes } from './revocation.routes.ts'

let server: TestServer
/** Its own database holds the sessions; what the routes are about is the server’s. */
let portal: TestPortal
let lists: RevocationLists
let ftm: TestFtmProvider
let model: TestModel
let timesWoken = 0

const baseUrl = 'https://crl.example.test'

beforeAll(async () => {
  server = await startTestServer()
  const { database } = server.db
  const providers = await ProviderCertificates.open(database)
  const policies = await PolicyBook.open(database, initialPolicyOf(readPolicy({})))
  const clock = server.now
  const { hsm } = server.trust
  lists = new RevocationLists({
    database,
    hsm,
    providers,
    clock,
    log: makeLogger('silent'),
    baseUrl,
  })
  portal = await startTestPortal({
    routes: () => [
      devicesRoutes({ database, clock, devices: makeDeviceRegistry(database, clock, policies) }),
      revocationRoutes({ database, providers, clock, baseUrl, whenRevoked: () => timesWoken++ }),
    ],
  })
  ftm = await server.addFtmProvider()
  model = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
})
afterAll(async () => {
  await portal[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

async function registerDevice(): Promise<DeviceUnderTest> {
  const device = await DeviceUnderTest.makeL1(server, model, ftm)
  await device.register()
  return device
}

async function readCertificates(deviceId: string) {
  const auditor = await portal.signIn('auditor')
  const reply = await auditor.ask('GET', `/devices/${deviceId}/certificates`)
  expect(reply.statusCode).toBe(200)
  const body = reply.json<Static<typeof DeviceCertificateList>>()
  expect(Value.Check(DeviceCertificateList, body)).toBe(true)
  return body.items
}

async function serialOf({ deviceId }: DeviceUnderTest): Promise<string> {
  const [certificate] = await readCertificates(deviceId)
  return certificate?.serialNumber ?? ''
}

describe('POST /devices/:deviceId/certificates/:serialNumber/revoke', () => {
  const revoke = async (
    role: Parameters<TestPortal['signIn']>[0],
    deviceId: string,
    serialNumber: string,
    payload: object = { reason: 'key-compromised', note: 'Found in a log file.' },
  ) =>
    (await portal.signIn(role)).ask(
      'POST',
      `/devices/${deviceId}/certificates/${serialNumber}/revoke`,
      { payload },
    )

  it('revokes a certificate at once, records it, and starts a pass over the lists', async () => {
    const device = await registerDevice()
    const serialNumber = await serialOf(device)
    const woken = timesWoken
    const reply = await revoke('security-officer', device.deviceId, serialNumber)
    expect(reply.statusCode).toBe(200)
    expect(reply.json()).toMatchObject({
      serialNumber,
      status: 'revoked',
      revocationReason: 'key-compromised',
      purpose: 'registration',
      replaces: null,
    })
    expect(timesWoken).toBe(woken + 1)
    const events = await server.timelineOf(device.deviceId)
    expect(events.at(-1)).toMatchObject({
      type: 'certificate.revoked',
      data: { serialNumber, reason: 'key-compromised' },
    })
    const notes = await server.db.pool.query('select note from event_note where seq = $1', [
      events.at(-1)?.seq,
    ])
    expect(notes.rows).toEqual([{ note: 'Found in a log file.' }])
  })

  it('refuses messages under a revoked certificate before any list is made', async () => {
    const device = await registerDevice()
    expect((await device.checkIn()).type).toBe('check-in-answer')
    await revoke('administrator', device.deviceId, await serialOf(device))
    await expect(device.checkIn()).rejects.toThrow(/401.*request\.not-authentic/s)
    expect((await server.recordOf(device.deviceId)).device.state).toBe('registered')
  })

  it('refuses a second revocation, and changes nothing', async () => {
    const device = await registerDevice()
    const serialNumber = await serialOf(device)
    await revoke('administrator', device.deviceId, serialNumber)
    const before = await readCertificates(device.deviceId)
    const timeline = await server.timelineOf(device.deviceId)
    const reply = await revoke('administrator', device.deviceId, serialNumber)
    expect(reply.statusCode).toBe(409)
    expect(reply.json()).toMatchObject({ code: 'key.transition-refused' })
    expect(await readCertificates(device.deviceId)).toEqual(before)
    // Not the head of the record: what the server noted of other devices may be written meanwhile.
    expect(await server.timelineOf(device.deviceId)).toEqual(timeline)
  })

  it('refuses to revoke an expired, foreign or unknown certificate, and changes nothing', async () => {
    const [one, other] = [await registerDevice(), await registerDevice()]
    const serialNumber = await serialOf(one)
    const before = await readCertificates(one.deviceId)
    expect((await revoke('administrator', other.deviceId, serialNumber)).statusCode).toBe(404)
    expect((await revoke('administrator', one.deviceId, 'ab'.repeat(16))).statusCode).toBe(404)
    server.advance(41 * 86_400_000)
    const late = await revoke('administrator', one.deviceId, serialNumber)
    server.advance(-41 * 86_400_000)
    expect(late.json()).toMatchObject({ code: 'key.transition-refused' })
    expect(await readCertificates(one.deviceId)).toEqual(before)
  })

  it.each(['operator', 'technician', 'auditor'] as const)(
    'refuses revocation by the role %s',
    async (role) => {
      const device = await registerDevice()
      const reply = await revoke(role, device.deviceId, await serialOf(device))
      expect(reply.json()).toMatchObject({ code: 'operator.permission-missing' })
      expect((await readCertificates(device.deviceId))[0]?.status).toBe('active')
    },
  )

  it('refuses an unlisted reason of revocation', async () => {
    const device = await registerDevice()
    const reply = await revoke('administrator', device.deviceId, await serialOf(device), {
      reason: 'because',
    })
    expect(reply.statusCode).toBe(400)
    expect((await readCertificates(device.deviceId))[0]?.status).toBe('active')
  })
})

describe('GET /devices/:deviceId/certificates', () => {
  it('lists a device’s certificates with purpose, first use and distribution point', async () => {
    const device = await registerDevice()
    const [certificate] = await readCertificates(device.deviceId)
    expect(certificate).toMatchObject({
      status: 'active',
      purpose: 'registration',
      replaces: null,
      supersededAt: null,
      revokedAt: null,
      revocationReason: null,
    })
    expect(certificate?.crlUrl).toMatch(
      /^https:\/\/crl\.example\.test\/crl\/[0-9a-f]{16}\/\d+\.crl$/,
    )
    expect(certificate?.confirmedAt).toBe(certificate?.issuedAt)
  })
})

describe('GET /revocation-lists', () => {
  const read = async () => {
    const reply = await (await portal.signIn('technician')).ask('GET', '/revocation-lists')
    expect(reply.statusCode).toBe(200)
    const body = reply.json<Static<typeof RevocationListsView>>()
    expect(Value.Check(RevocationListsView, body)).toBe(true)
    return body
  }

  it('counts waiting revocations before the first pass, and served lists after it', async () => {
    const before = await read()
    expect(before.issuers).toMatchObject([{ lists: 0, waiting: 128, oldestThisUpdate: null }])
    await lists.publishDue()
    const { problem, issuers } = await read()
    expect(problem).toBe(null)
    expect(issuers).toMatchObject([
      { lists: 128, waiting: 0, subject: 'C=ET, O=Example Biometrics, CN=Device Provider CA' },
    ])
    const device = await registerDevice()
    await server.act(device.deviceId, 'block')
    expect((await read()).issuers[0]?.waiting).toBe(1)
    const entries = issuers[0]?.entries ?? 0
    await lists.publishDue()
    expect((await read()).issuers[0]).toMatchObject({ waiting: 0, entries: entries + 1 })
  })
})

describe('GET /devices/:deviceId/hotlist-entry', () => {
  const read = async (deviceId: string) => {
    const reply = await (
      await portal.signIn('auditor')
    ).ask('GET', `/devices/${deviceId}/hotlist-entry`)
    if (reply.statusCode === 200) expect(Value.Check(HotlistEntry, reply.json())).toBe(true)
    return reply.json<Static<typeof HotlistEntry>>()
  }

  it('gives the hotlist entry of a device as MOSIP’s service takes it', async () => {
    const device = await registerDevice()
    const { serialNo, make, model: name } = device.identity
    expect(await read(device.deviceId)).toEqual({
      id: serialNo + make + name,
      idType: 'DEVICE',
      status: 'UNBLOCKED',
      expiryTimestamp: null,
    })
    await server.act(device.deviceId, 'block')
    expect(await read(device.deviceId)).toMatchObject({ status: 'BLOCKED' })
  })

  it('answers "not found" for the hotlist entry of an unknown device', async () => {
    expect(await read('00000000-0000-4000-8000-000000000009')).toMatchObject({
      code: 'device.not-found',
    })
  })
})
