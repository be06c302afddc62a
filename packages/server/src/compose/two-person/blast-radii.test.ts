import { randomUUID } from 'node:crypto'
import type { ForTwo } from '@sanad/protocol/operator-api/operations'
import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, startTestDatabase } from '../../../test/test-database.ts'
import { type TestModels, makeTestModels } from '../../../test/test-devices.ts'
import { TestFleet } from '../../../test/test-fleet.ts'
import { PolicyForesight } from '../../foresight/policy-foresight.ts'
import type { ProposedInput } from '../../operators/proposals/proposal-tables.ts'
import { FtmRevocation } from '../../revocation/ftm/ftm-revocation.ts'
import { AddressGuard } from '../../webhooks/address-guard.ts'
import { twoPersonOperations } from './two-person-operations.ts'

/** What a second person is shown of each operation, counted on a real database. */

const NOW = Date.parse('2027-03-10T12:00:00Z')
const clock = () => NOW
/** So few, that a test has more. */
const MOST_JUDGED = 3

let db: TestDatabase
let fleet: TestFleet
let models: TestModels
let providerId: string
let fleetPolicyId: string
let operations: ReturnType<typeof twoPersonOperations>

beforeAll(async () => {
  db = await startTestDatabase()
  fleet = new TestFleet(db)
  models = await makeTestModels(db)
  providerId = await fleet.addProvider('MA', NOW + 300 * DAY_MS)
  fleetPolicyId = await fleet.addFleetPolicy()
  const { database } = db
  const foresight = new PolicyForesight({ database, clock, signingPerSecond: () => 10 })
  operations = twoPersonOperations({
    database,
    clock,
    foresight: {
      countEffects: (policyId, settings) => foresight.countEffects(policyId, settings, MOST_JUDGED),
    },
    revocation: new FtmRevocation({ database, clock, guard: new AddressGuard() }),
  })
})
afterAll(() => db[Symbol.asyncDispose]())
beforeEach(() => fleet.clear())

const inputOf = (params: object, body: object | null = null): ProposedInput => ({
  params,
  query: {},
  body,
})
const radiusOf = (operation: ForTwo, input: ProposedInput) =>
  operations[operation].readRadius(input)
const kindOf = async (operation: ForTwo, input: ProposedInput) =>
  operations[operation].kindOf(input)

interface Added {
  readonly deviceId: string
  readonly serialNumber: string
  readonly serialNo: string
}

interface AddedAs {
  readonly modelId?: string
  readonly groupId?: string | null
  readonly state?: string
  readonly isConnected?: boolean
  readonly ageDays?: number
}

/** A device with a certificate of forty days. */
async function add({ isConnected = false, ageDays = 1, ...more }: AddedAs = {}): Promise<Added> {
  const issuedAt = NOW - ageDays * DAY_MS
  const modelId = models.face.modelId
  const deviceId = await fleet.addDevice({ modelId, registeredAt: issuedAt, ...more })
  const serialNumber = await fleet.addCertificate({
    deviceId,
    providerId,
    issuedAt,
    notAfter: issuedAt + 40 * DAY_MS,
  })
  if (isConnected) await connect(deviceId)
  const { rows } = await db.pool.query<{ serial_no: string }>(
    'select serial_no from device where device_id = $1',
    [deviceId],
  )
  return { deviceId, serialNumber, serialNo: rows[0]?.serial_no ?? '' }
}

async function connect(deviceId: string): Promise<void> {
  const processId = randomUUID()
  await db.pool.query('insert into channel_process (process_id) values ($1)', [processId])
  await db.pool.query(
    'insert into channel_device (device_id, process_id, since) values ($1, $2, now())',
    [deviceId, processId],
  )
}

describe('revoking a certificate', () => {
  const revoke = ({ deviceId, serialNumber }: Omit<Added, 'serialNo'>) =>
    radiusOf('revokeCertificate', inputOf({ deviceId, serialNumber }, { reason: 'stolen' }))

  it('stops the one device that uses it, and says whether it is connected', async () => {
    const device = await add({ isConnected: true })
    await add()
    expect(await revoke(device)).toEqual({
      devices: 1,
      connected: 1,
      subject: device.serialNo,
      effects: [
        { effect: 'certificate-revoked', devices: 1, when: 'at-once' },
        { effect: 'devices-stop', devices: 1, when: 'at-once' },
      ],
      changes: [{ member: device.serialNumber, from: 'active', to: 'revoked' }],
    })
  })

  it('stops no device where the certificate is no longer in use', async () => {
    const { deviceId } = await add()
    const issuedAt = NOW - 20 * DAY_MS
    const serialNumber = await fleet.addCertificate({
      deviceId,
      providerId,
      issuedAt,
      notAfter: NOW + 20 * DAY_MS,
      status: 'superseded',
    })
    const { effects, changes } = await revoke({ deviceId, serialNumber })
    expect(effects.map(({ effect }) => effect)).toEqual(['certificate-revoked'])
    expect(changes).toEqual([{ member: serialNumber, from: 'superseded', to: 'revoked' }])
  })

  it('is refused for a certificate of another device, and for one that is revoked', async () => {
    const [device, other] = [await add(), await add()]
    await expect(revoke({ ...device, serialNumber: other.serialNumber })).rejects.toThrow(
      'certificate.not-found',
    )
    await db.pool.query(
      `update device_certificate set status = 'revoked', revoked_at = now(), revocation_reason = 'keyCompromise'
       where serial_number = $1`,
      [device.serialNumber],
    )
    await expect(revoke(device)).rejects.toThrow('key.transition-refused')
  })
})

describe('setting clocks back', () => {
  it('touches the one device, and says to which time', async () => {
    const device = await add({ isConnected: true })
    const floor = '2027-03-01T00:00:00.000Z'
    const input = inputOf({ deviceId: device.deviceId }, { reason: 'repaired', floor })
    expect(await radiusOf('orderClockReset', input)).toEqual({
      devices: 1,
      connected: 1,
      subject: device.serialNo,
      effects: [{ effect: 'clock-set-back', devices: 1, when: 'next-contact' }],
      changes: [{ member: 'floor', from: null, to: floor }],
    })
  })

  it('is refused for a device that is not in use', async () => {
    const { deviceId } = await add({ state: 'deregistered' })
    await expect(radiusOf('orderClockReset', inputOf({ deviceId }, {}))).rejects.toThrow(
      'device.transition-refused',
    )
  })

  it('by a campaign counts every device that it finds, and those connected', async () => {
    await add({ isConnected: true })
    await add()
    await add({ modelId: models.slap.modelId })
    const command = { type: 'synchronise-time', body: { mode: 'reset' } }
    const filter = { state: ['registered'], modelId: models.face.modelId }
    const input = inputOf({}, { name: 'Clocks', filter, command })
    expect(await kindOf('createCampaign', input)).toBe('clock-reset')
    expect(await radiusOf('createCampaign', input)).toMatchObject({
      devices: 2,
      connected: 1,
      subject: 'Clocks',
      effects: [{ effect: 'clock-set-back', devices: 2, when: 'next-contact' }],
    })
  })
})

describe('a campaign that ends trust', () => {
  const command = { type: 'deregister', body: { reason: 'end-of-life' } }
  const campaign = (more: object) => inputOf({}, { name: 'Old ones', command, ...more })

  it('counts the devices that stop and those that are left as they are', async () => {
    await add({ isConnected: true })
    await add({ state: 'suspended' })
    await add({ state: 'deregistered' })
    const input = campaign({ filter: {} })
    expect(await kindOf('createCampaign', input)).toBe('bulk-end-of-trust')
    expect(await radiusOf('createCampaign', input)).toMatchObject({
      devices: 3,
      connected: 1,
      effects: [
        { effect: 'devices-stop', devices: 2 },
        { effect: 'devices-left', devices: 1 },
      ],
      changes: [],
    })
  })

  it('says that it continues for devices that match later', async () => {
    await add()
    const { changes } = await radiusOf(
      'createCampaign',
      campaign({ filter: {}, isContinuing: true }),
    )
    expect(changes).toEqual([{ member: 'isContinuing', from: null, to: 'true' }])
  })

  it('needs no second person for one device, nor to rotate keys', async () => {
    const { deviceId } = await add()
    expect(await kindOf('createCampaign', campaign({ deviceIds: [deviceId] }))).toBeUndefined()
    const rotation = { name: 'Keys', filter: {}, rotation: { reason: 'policy' } }
    expect(await kindOf('createCampaign', inputOf({}, rotation))).toBeUndefined()
  })
})

describe('FTM providers', () => {
  const ofProvider = (body: object | null = null) =>
    inputOf({ ftmProviderId: models.ftmProviderId }, body)

  it('to be added are shown with the certificate that chips would chain to', async () => {
    const body = { name: 'Silicon Ltd', certificatePem: models.factory.rootPem }
    // The test's factory began today, whatever the clock of this test says.
    const now = twoPersonOperations({
      database: db.database,
      clock: Date.now,
      foresight: { countEffects: () => Promise.reject(new Error('not asked')) },
      revocation: new FtmRevocation({ database: db.database, clock, guard: new AddressGuard() }),
    })
    const radius = await now.addFtmProvider.readRadius(inputOf({}, body))
    expect(radius).toMatchObject({ devices: 0, connected: 0, subject: 'Silicon Ltd' })
    expect(radius.effects).toEqual([
      { effect: 'chips-trusted', devices: null, when: 'next-registration' },
    ])
    expect(radius.changes.map(({ member }) => member)).toEqual(['certificate', 'certificateSha256'])
    expect(radius.changes[1]?.to).toMatch(/^[0-9a-f]{64}$/)
  })

  it('to be retired are shown with the registered devices whose chips they made', async () => {
    await add({ modelId: models.slap.modelId, isConnected: true })
    await add({ modelId: models.slap.modelId })
    await add({ modelId: models.slap.modelId, state: 'deregistered' })
    await add()
    expect(await radiusOf('retireFtmProvider', ofProvider({ reason: 'policy' }))).toEqual({
      devices: 2,
      connected: 1,
      subject: 'Chipworks',
      effects: [{ effect: 'chips-refused', devices: 2, when: 'next-registration' }],
      changes: [{ member: 'state', from: 'trusted', to: 'retired' }],
    })
  })

  it('that are not there are refused before anything is proposed', async () => {
    const nowhere = inputOf({ ftmProviderId: randomUUID() }, { reason: 'policy' })
    await expect(radiusOf('retireFtmProvider', nowhere)).rejects.toThrow('ftm-provider.not-found')
  })

  it('whose revoked chips are treated otherwise are shown before and after', async () => {
    await add({ modelId: models.slap.modelId })
    const url = 'https://chips.example/list.crl'
    const input = ofProvider({ revocationPolicy: 'refuse', url })
    expect(await kindOf('setFtmRevocation', input)).toBe('ftm-provider')
    expect(await radiusOf('setFtmRevocation', input)).toMatchObject({
      devices: 1,
      effects: [{ effect: 'chip-lists-change', devices: null, when: 'next-registration' }],
      changes: [
        { member: 'revocationPolicy', to: 'refuse' },
        { member: 'url', from: null, to: url },
      ],
    })
  })

  it('whose terms stay as they are need no second person', async () => {
    const { revocationPolicy, url } = await new FtmRevocation({
      database: db.database,
      clock,
      guard: new AddressGuard(),
    }).describe(models.ftmProviderId)
    expect(await kindOf('setFtmRevocation', ofProvider({ revocationPolicy, url }))).toBeUndefined()
  })
})

describe('a policy that changes the life of keys', () => {
  const settingsOf = (more: object) => ({ ...DEFAULT_POLICY_SETTINGS, ...more })
  const change = (policyId: string, more: object) =>
    inputOf({ policyId }, { version: 1, settings: settingsOf(more) })

  it('counts its own devices, those connected, and keys that are due at once', async () => {
    await add({ isConnected: true, ageDays: 20 })
    await add({ ageDays: 1 })
    await add({ modelId: models.slap.modelId, ageDays: 20 })
    const policyId = await fleet.addPolicy(`Slaps ${randomUUID()}`)
    await fleet.setPolicy(policyId, DEFAULT_POLICY_SETTINGS, NOW)
    await fleet.assignPolicy(policyId, 'model', models.slap.modelId)
    const input = change(fleetPolicyId, { rotationDays: 14 })
    expect(await kindOf('changePolicy', input)).toBe('key-life')
    const radius = await radiusOf('changePolicy', input)
    expect(radius).toMatchObject({
      devices: 2,
      connected: 1,
      effects: [
        { effect: 'keys-change-life', devices: 2 },
        { effect: 'keys-due-at-once', devices: 1 },
      ],
    })
    expect(radius.changes).toContainEqual({ member: 'rotationDays', from: '30', to: '14' })
    await db.pool.query(`delete from policy_assignment where scope = 'model'`)
  })

  it('counts devices that could not recover any more', async () => {
    const device = await add({ ageDays: 60 })
    await db.pool.query(
      `update device_certificate set status = 'expired' where serial_number = $1`,
      [device.serialNumber],
    )
    const { effects } = await radiusOf('changePolicy', change(fleetPolicyId, { graceDays: 1 }))
    expect(effects).toContainEqual({ effect: 'recovery-ends', devices: 1, when: 'next-check-in' })
  })

  it('says “at least” of what it does not count to the end', async () => {
    for (let index = 0; index <= MOST_JUDGED; index++) await add({ ageDays: 20 })
    const radius = await radiusOf('changePolicy', change(fleetPolicyId, { rotationDays: 14 }))
    expect(radius).toMatchObject({
      devices: MOST_JUDGED + 1,
      effects: [
        { effect: 'keys-change-life', devices: MOST_JUDGED + 1 },
        { effect: 'keys-due-at-once', devices: MOST_JUDGED, isAtLeast: true },
        { effect: 'recovery-ends', devices: 0, isAtLeast: true },
      ],
    })
  })

  it('needs no second person where keys live as before', async () => {
    const input = change(fleetPolicyId, { checkInSeconds: 7_200 })
    expect(await kindOf('changePolicy', input)).toBeUndefined()
  })
})

describe('giving a policy to devices', () => {
  async function addShorter(): Promise<string> {
    const policyId = await fleet.addPolicy(`Shorter ${randomUUID()}`)
    await fleet.setPolicy(policyId, { ...DEFAULT_POLICY_SETTINGS, rotationDays: 10 }, NOW)
    return policyId
  }

  it('of a group counts the devices of that group, and names what ruled them', async () => {
    const groupId = await fleet.addGroup(`North ${randomUUID()}`)
    await add({ groupId, isConnected: true })
    await add({ groupId })
    await add()
    const policyId = await addShorter()
    const input = inputOf({ policyId }, { scope: 'group', targetId: groupId })
    expect(await kindOf('assignPolicy', input)).toBe('key-life')
    const radius = await radiusOf('assignPolicy', input)
    expect(radius).toMatchObject({
      devices: 2,
      connected: 1,
      effects: [{ effect: 'keys-change-life', devices: 2, when: 'next-check-in' }],
    })
    expect(radius.subject).toMatch(/^North /)
    expect(radius.changes).toContainEqual({ member: 'rotationDays', from: null, to: '10' })
  })

  it('of the whole fleet counts every registered device, and names the policy before', async () => {
    await add()
    await add({ modelId: models.slap.modelId })
    await add({ state: 'suspended' })
    const input = inputOf({ policyId: await addShorter() }, { scope: 'fleet' })
    const radius = await radiusOf('assignPolicy', input)
    expect(radius).toMatchObject({ devices: 2, subject: 'fleet' })
    expect(radius.changes[0]?.member).toBe('policy')
    expect(radius.changes[0]?.to).toMatch(/^Shorter/)
    expect(radius.changes[0]?.from).not.toBeNull()
  })

  it('and taking it away again count the same devices', async () => {
    await add({ modelId: models.slap.modelId })
    const policyId = await addShorter()
    const targetId = models.slap.modelId
    await fleet.assignPolicy(policyId, 'model', targetId)
    const radius = await radiusOf('unassignPolicy', inputOf({ policyId, scope: 'model', targetId }))
    expect(radius.devices).toBe(1)
    expect(radius.changes[0]).toMatchObject({ member: 'policy', to: null })
    await db.pool.query(`delete from policy_assignment where scope = 'model'`)
  })
})
