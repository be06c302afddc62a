import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DEFAULT_POLICY_SETTINGS, type PolicySettings } from '@sanad/protocol/operator-api/policies'
import type { ReceivedAnswer } from '@sanad/protocol/wire/envelope/answer'
import { parseCertificate } from '@sanad/protocol/asn1/x509'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { StandInCountry } from '../../simulator/src/country/stand-in-country.ts'
import { importProviderCertificate } from '../src/certificates/import-provider-certificate.ts'
import { makeGroupRegistry } from '../src/compose/group-registry.ts'
import { PolicyRegistry } from '../src/policies/policy-registry.ts'
import { DeviceUnderTest } from './device-under-test.ts'
import {
  OPERATOR,
  type TestFtmProvider,
  type TestModel,
  type TestServer,
  startTestServer,
} from './test-server.ts'
import { ORGANISATION } from './test-trust.ts'

/** What operators decide in policies and groups, as devices meet it at their own door. */

let server: TestServer
let ftm: TestFtmProvider
let operatorId: string
beforeAll(async () => {
  server = await startTestServer()
  ftm = await server.addFtmProvider()
  operatorId = randomUUID()
  await server.db.database
    .insertInto('operator')
    .values({
      operator_id: operatorId,
      name: 'Officer',
      name_key: 'officer',
      role: 'security-officer',
      password_hash: '',
      must_change_password: false,
    })
    .execute()
})
afterAll(() => server[Symbol.asyncDispose]())

const addModel = () => server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
const makeDevice = (model: TestModel) => DeviceUnderTest.makeL1(server, model, ftm)
const policies = () => new PolicyRegistry(server.db.database, server.door.policies)
const settingsWith = (changed: Partial<PolicySettings>) => ({
  ...DEFAULT_POLICY_SETTINGS,
  ...changed,
})

/** A policy of the model. */
async function rule(model: TestModel, changed: Partial<PolicySettings>): Promise<string> {
  const policy = { name: `Policy ${randomUUID()}`, settings: settingsWith(changed) }
  const { policyId } = await policies().create(policy, operatorId)
  await policies().assign(policyId, { scope: 'model', targetId: model.modelId }, operatorId)
  return policyId
}

function bodyOf(answer: ReceivedAnswer) {
  if (answer.type !== 'check-in-answer') throw new Error(answer.type)
  return answer.body
}

describe('a policy that is changed', () => {
  it('applies a changed policy at the next check-in of the devices that follow it', async () => {
    const [model, other] = [await addModel(), await addModel()]
    const [device, bystander] = [await makeDevice(model), await makeDevice(other)]
    const policyId = await rule(model, {})
    await device.register()
    await bystander.register()
    const before = bodyOf(await device.checkIn())
    const otherBefore = bodyOf(await bystander.checkIn())

    const settings = settingsWith({ checkInSeconds: 600, rotationDays: 10, longestOfflineDays: 5 })
    await policies().change(policyId, { version: 1, settings }, operatorId)

    const after = bodyOf(await device.checkIn())
    expect(after).toMatchObject({ nextCheckInSeconds: 600, longestOfflineSeconds: 5 * 86_400 })
    const movedBy = Date.parse(before.rotation.end) - Date.parse(after.rotation.end)
    expect(movedBy).toBe(20 * DAY_MS)
    expect(bodyOf(await bystander.checkIn())).toEqual(otherBefore)
  })

  it('applies the device’s policy before the group’s, and the group’s before the model’s', async () => {
    const model = await addModel()
    const device = await makeDevice(model)
    await device.register()
    const groups = makeGroupRegistry({ database: server.db.database, markets: () => [] })
    const { groupId } = await groups.create({ name: 'Narrower' }, OPERATOR)
    await groups.assign(groupId, [device.deviceId], OPERATOR)
    const give = async (scope: 'group' | 'device', targetId: string, checkInSeconds: number) => {
      const settings = settingsWith({ checkInSeconds })
      const { policyId } = await policies().create({ name: `For ${scope}`, settings }, operatorId)
      await policies().assign(policyId, { scope, targetId }, operatorId)
      return policyId
    }
    const seconds = async () => bodyOf(await device.checkIn()).nextCheckInSeconds

    await rule(model, { checkInSeconds: 100 })
    expect(await seconds()).toBe(100)
    await give('group', groupId, 200)
    expect(await seconds()).toBe(200)
    const own = await give('device', device.deviceId, 300)
    expect(await seconds()).toBe(300)
    await policies().unassign(own, 'device', device.deviceId, operatorId)
    expect(await seconds()).toBe(200)
  })
})

describe('a first certificate', () => {
  it('limits a first certificate and interval by the device’s policy', async () => {
    const model = await addModel()
    await rule(model, { rotationDays: 5, overlapDays: 7, checkInSeconds: 900 })
    const device = await makeDevice(model)

    const answer = await device.register()

    expect(answer).toMatchObject({ outcome: 'registered', nextCheckInSeconds: 900 })
    const { notAfter } = parseCertificate(device.certificate ?? Buffer.alloc(0))
    expect(Math.round((notAfter - server.now()) / DAY_MS)).toBe(12)
  })

  it('refuses a first certificate for a key shorter than the policy demands', async () => {
    const model = await addModel()
    await rule(model, { minimumKeyBits: 3072 })
    const device = await makeDevice(model)
    const before = await server.countIssued()

    const answer = await device.register()

    expect(answer).toMatchObject({ outcome: 'refused' })
    expect((await server.timelineOf(device.deviceId)).at(-1)).toMatchObject({
      type: 'device.registration-refused',
      data: { code: 'registration.key-weak' },
    })
    expect(await server.countIssued()).toEqual(before)
    expect(await server.recordOf(device.deviceId)).toMatchObject({ device: { state: 'approved' } })
  })
})

describe('with provider certificates for two markets', () => {
  it('certifies a device for its group’s market, and none without a group', async () => {
    const { database } = server.db
    const ids = { test: '', production: await admitToSecondMarket() }
    const door = await server.openDoor()
    const groups = makeGroupRegistry({
      database,
      markets: () => [
        { country: 'ET', environment: 'test' },
        { country: 'ET', environment: 'production' },
      ],
    })
    const rows = await database
      .selectFrom('provider_certificate')
      .select(['id', 'environment'])
      .execute()
    ids.test = rows.find(({ environment }) => environment === 'test')?.id ?? ''
    const model = await addModel()
    for (const environment of ['test', 'production'] as const) {
      const { groupId } = await groups.create(
        { name: `Market ${environment}`, country: 'ET', environment },
        OPERATOR,
      )
      const device = await makeDevice(model)
      const before = await server.countIssued()
      const reply = await door.post(
        (await device.makeRegistration(await device.fetchChallenge(door), {}, { door })).text,
      )
      expect(reply.status).toBe(503)
      expect(await server.countIssued()).toEqual(before)

      await groups.assign(groupId, [device.deviceId], OPERATOR)
      expect(await device.register({}, { door })).toMatchObject({ outcome: 'registered' })
      const issued = await database
        .selectFrom('device_certificate')
        .select('provider_certificate_id')
        .where('device_id', '=', device.deviceId)
        .executeTakeFirst()
      expect(issued?.provider_certificate_id).toBe(ids[environment])
    }
  })
})

/** The same key, certified by another authority of the country. */
async function admitToSecondMarket(): Promise<string> {
  const { directory, hsm } = server.trust
  const now = () => new Date(server.now())
  const country = await StandInCountry.open(join(directory, 'second-country'), { now })
  const csr = await readFile(join(directory, 'trust', 'provider.csr.pem'), 'utf8')
  const admitted = await country.admitProvider(csr, { organisation: ORGANISATION })
  const keys = await hsm.listKeys()
  const key = keys.find(({ purpose }) => purpose === 'provider-ca')
  if (key === undefined) throw new Error('the token has no provider key')
  const { id } = await importProviderCertificate(
    server.db.database,
    {
      certificatePem: admitted.mosipSignedPem,
      chainPem: admitted.mosipChainPem,
      organisation: ORGANISATION,
      key,
      country: 'ET',
      environment: 'production',
    },
    server.now(),
  )
  return id
}
