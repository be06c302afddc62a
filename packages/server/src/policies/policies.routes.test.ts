import { randomUUID } from 'node:crypto'
import {
  DEFAULT_POLICY_SETTINGS,
  type PolicyList,
  type PolicyPreview,
  type PolicySettings,
  type PolicyView,
} from '@sanad/protocol/operator-api/policies'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sequenceEvents } from '../record/sequencer.ts'
import { approveTestDevice, makeTestModels, type TestModels } from '../../test/test-devices.ts'
import { type TestOperator, type TestPortal, startTestPortal } from '../../test/test-portal.ts'
import { readHead } from '../record/event-reader.ts'
import { planRotation } from '../rotation/plan-rotation.ts'
import { policiesRoutes } from './policies.routes.ts'
import { PolicyBook } from './policy-book.ts'
import { PolicyForesight } from '../foresight/policy-foresight.ts'
import { PolicyRegistry } from './policy-registry.ts'

const NOW = Date.parse('2027-03-10T12:00:00Z')
const NOWHERE = '00000000-0000-4000-8000-000000000000'

let portal: TestPortal
let officer: TestOperator
let book: PolicyBook
let models: TestModels

beforeAll(async () => {
  portal = await startTestPortal({
    clock: () => NOW,
    routes: ({ db: { database }, clock }) => [
      async (app) => {
        book = await PolicyBook.open(database, DEFAULT_POLICY_SETTINGS)
        const foresight = new PolicyForesight({ database, clock, signingPerSecond: () => 2 })
        await policiesRoutes({
          policies: new PolicyRegistry(database, book),
          preview: (policyId, proposed) => foresight.preview(policyId, proposed),
        })(app)
      },
    ],
  })
  officer = await portal.signIn('security-officer')
  models = await makeTestModels(portal.db)
})
afterAll(() => portal[Symbol.asyncDispose]())

const head = () => readHead(portal.db.database)
const list = async () => (await officer.ask('GET', '/policies')).json<PolicyList>().items
const read = async (policyId: string) =>
  (await officer.ask('GET', `/policies/${policyId}`)).json<PolicyView>()

const settingsWith = (changed: Partial<PolicySettings>): PolicySettings => ({
  ...DEFAULT_POLICY_SETTINGS,
  ...changed,
})

async function create(changed: Partial<PolicySettings> = {}): Promise<PolicyView> {
  const payload = { name: `Policy ${randomUUID()}`, settings: settingsWith(changed) }
  const reply = await officer.ask('POST', '/policies', { payload })
  expect(reply.statusCode, reply.body).toBe(201)
  return reply.json()
}

async function fleetPolicy() {
  const found = (await list()).find(({ assignments }) =>
    assignments.some(({ scope }) => scope === 'fleet'),
  )
  if (found === undefined) throw new Error('no fleet policy')
  return found
}

/** What the asker is told, and that nothing is on record for it. */
async function expectRefused(
  ask: () => ReturnType<TestOperator['ask']>,
  expected: { readonly code: string; readonly detail?: unknown },
): Promise<void> {
  const [before, policies] = [await head(), await list()]
  expect((await ask()).json()).toMatchObject(expected)
  expect(await head()).toEqual(before)
  expect(await list()).toEqual(policies)
}

async function lastEvent(): Promise<unknown> {
  await sequenceEvents(portal.db.database)
  const { rows } = await portal.db.pool.query<{ canonical: Buffer }>(
    'select canonical from event order by seq desc limit 1',
  )
  return JSON.parse(rows[0]?.canonical.toString() ?? '{}')
}

describe('GET /policies', () => {
  it('begins with one for the whole fleet, by the server itself', async () => {
    const fleet = await fleetPolicy()
    expect(fleet).toMatchObject({ name: 'Standard', version: 1, settings: DEFAULT_POLICY_SETTINGS })
    const { versions } = await read(fleet.policyId)
    expect(versions).toMatchObject([{ version: 1, createdBy: null }])
  })
})

describe('POST /policies', () => {
  it('makes a policy that nobody follows yet, and puts it on record', async () => {
    const policy = await create({ rotationDays: 20 })
    expect(policy).toMatchObject({ version: 1, assignments: [], devices: 0 })
    expect(policy.versions).toMatchObject([{ version: 1, createdBy: officer.name }])
    expect(await lastEvent()).toMatchObject({
      type: 'policy.created',
      data: { policyId: policy.policyId, name: policy.name },
    })
  })

  it('refuses a name that another has, in whatever case', async () => {
    const { name } = await create()
    const payload = { name: name.toUpperCase(), settings: DEFAULT_POLICY_SETTINGS }
    await expectRefused(() => officer.ask('POST', '/policies', { payload }), {
      code: 'policy.duplicate',
    })
  })

  const contradictions: readonly [string, Partial<PolicySettings>, RegExp][] = [
    [
      'a key that outlives its certificate’s allowed life',
      { rotationDays: 85, overlapDays: 10 },
      /^rotationDays, overlapDays, maximumCertificateDays/,
    ],
    [
      'a window longer than the period',
      { rotationDays: 1, rotationWindowHours: 25 },
      /^rotationWindowHours, rotationDays/,
    ],
    [
      'check-ins so rare that one lost makes a device late',
      { checkInSeconds: 86_400, longestOfflineDays: 1 },
      /^checkInSeconds, longestOfflineDays/,
    ],
    [
      'an absence longer than the overlap',
      { longestOfflineDays: 11 },
      /^longestOfflineDays, overlapDays/,
    ],
  ]
  it.each(contradictions)('refuses %s, and says which fields', async (_title, changed, detail) => {
    const payload = { name: 'Contradiction', settings: settingsWith(changed) }
    await expectRefused(() => officer.ask('POST', '/policies', { payload }), {
      code: 'policy.settings-refused',
      detail: expect.stringMatching(detail),
    })
    const { policyId } = await fleetPolicy()
    const preview = await officer.ask('POST', `/policies/${policyId}/preview`, {
      payload: { settings: payload.settings },
    })
    expect(preview.json()).toMatchObject({ code: 'policy.settings-refused' })
  })
})

describe('POST /policies/:policyId/versions', () => {
  const change = (policyId: string, version: number, settings: PolicySettings) =>
    officer.ask('POST', `/policies/${policyId}/versions`, { payload: { version, settings } })

  it('keeps every version, newest first, and is in force at once', async () => {
    const { policyId } = await create()
    await assign(policyId, { scope: 'model', targetId: models.face.modelId })
    const reply = await change(policyId, 1, settingsWith({ checkInSeconds: 600 }))
    expect(reply.json<PolicyView>().versions).toMatchObject([
      { version: 2, settings: { checkInSeconds: 600 }, createdBy: officer.name },
      { version: 1, settings: { checkInSeconds: 86_400 } },
    ])
    expect(await lastEvent()).toMatchObject({
      type: 'policy.changed',
      data: { policyId, version: 2 },
    })
    const subject = { modelId: models.face.modelId, groupId: null, devicePolicyId: null }
    expect(book.policyOf(subject)).toMatchObject({ version: 2, settings: { checkInSeconds: 600 } })
    await unassign(policyId, 'model', models.face.modelId)
  })

  it('refuses a change of a version that somebody else changed meanwhile', async () => {
    const { policyId } = await create()
    await change(policyId, 1, settingsWith({ checkInSeconds: 600 }))
    await expectRefused(() => change(policyId, 1, settingsWith({ checkInSeconds: 700 })), {
      code: 'request.conflict',
    })
  })

  it('lets one of two at once through', async () => {
    const { policyId } = await create()
    const replies = await Promise.all(
      [600, 700].map((checkInSeconds) => change(policyId, 1, settingsWith({ checkInSeconds }))),
    )
    expect(replies.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)).toEqual([
      200, 409,
    ])
    expect((await read(policyId)).versions).toHaveLength(2)
  })

  it('makes no version of what is in force already', async () => {
    const { policyId } = await create()
    const before = await head()
    const reply = await change(policyId, 1, DEFAULT_POLICY_SETTINGS)
    expect(reply.json<PolicyView>().version).toBe(1)
    expect(await head()).toEqual(before)
  })

  it('refuses a policy that is not there', () =>
    expectRefused(() => change(NOWHERE, 1, DEFAULT_POLICY_SETTINGS), { code: 'policy.not-found' }))
})

function assign(policyId: string, payload: { scope: string; targetId?: string }) {
  return officer.ask('POST', `/policies/${policyId}/assignments`, { payload })
}
function unassign(policyId: string, scope: string, targetId: string) {
  return officer.ask('DELETE', `/policies/${policyId}/assignments/${scope}/${targetId}`)
}

async function makeGroup(): Promise<string> {
  const groupId = randomUUID()
  const name = `Group ${groupId}`
  await portal.db.database
    .insertInto('device_group')
    .values({
      group_id: groupId,
      name,
      country: null,
      environment: null,
    })
    .execute()
  return groupId
}

describe('POST /policies/:policyId/assignments', () => {
  it('gives a model, group or device a policy in the place of the one it had', async () => {
    const [first, second] = [await create(), await create()]
    const deviceId = await approveTestDevice(portal.db, models.face.modelId)
    const targets = [
      { scope: 'model', targetId: models.slap.modelId },
      { scope: 'group', targetId: await makeGroup() },
      { scope: 'device', targetId: deviceId },
    ]
    for (const target of targets) {
      expect((await assign(first.policyId, target)).statusCode).toBe(200)
      expect((await assign(second.policyId, target)).statusCode).toBe(200)
      expect(await lastEvent()).toMatchObject({
        type: 'policy.assigned',
        data: { policyId: second.policyId, ...target },
      })
    }
    expect((await read(first.policyId)).assignments).toEqual([])
    expect((await read(second.policyId)).assignments).toMatchObject([
      { scope: 'model', name: 'Example Slap 442' },
      { scope: 'group', name: expect.stringMatching(/^Group/) as string },
      { scope: 'device', name: expect.stringMatching(/^EX/) as string },
    ])
    const before = await head()
    for (const target of targets) await assign(second.policyId, target)
    expect(await head()).toEqual(before)
    for (const { scope, targetId } of targets) await unassign(second.policyId, scope, targetId)
  })

  it('replaces the policy of the fleet, which cannot be taken away', async () => {
    const [standard, other] = [await fleetPolicy(), await create()]
    await assign(other.policyId, { scope: 'fleet' })
    expect((await fleetPolicy()).policyId).toBe(other.policyId)
    for (const targetId of ['all', NOWHERE]) {
      await expectRefused(() => unassign(other.policyId, 'fleet', targetId), {
        code: 'request.malformed',
      })
    }
    await assign(standard.policyId, { scope: 'fleet' })
  })

  it('refuses a target that is not there, or none where one is needed', async () => {
    const { policyId } = await create()
    const missing = {
      model: 'model.not-found',
      group: 'group.not-found',
      device: 'device.not-found',
    }
    for (const [scope, code] of Object.entries(missing)) {
      await expectRefused(() => assign(policyId, { scope, targetId: NOWHERE }), { code })
      await expectRefused(() => assign(policyId, { scope }), { code: 'request.malformed' })
    }
    await expectRefused(() => assign(policyId, { scope: 'fleet', targetId: NOWHERE }), {
      code: 'request.malformed',
    })
    await expectRefused(() => assign(NOWHERE, { scope: 'fleet' }), { code: 'policy.not-found' })
  })
})

describe('DELETE /policies/:policyId/assignments/:scope/:targetId', () => {
  it('puts the target back under the next wider policy, and is harmless to repeat', async () => {
    const { policyId } = await create()
    const target = { scope: 'model', targetId: models.face.modelId }
    await assign(policyId, target)
    const subject = { modelId: models.face.modelId, groupId: null, devicePolicyId: null }
    expect(book.policyOf(subject).policyId).toBe(policyId)
    await unassign(policyId, target.scope, target.targetId)
    expect(await lastEvent()).toMatchObject({ type: 'policy.unassigned', data: { ...target } })
    expect(book.policyOf(subject).policyId).toBe((await fleetPolicy()).policyId)
    const before = await head()
    expect((await unassign(policyId, target.scope, target.targetId)).statusCode).toBe(200)
    expect(await head()).toEqual(before)
  })
})

interface Certified {
  readonly modelId: string
  readonly groupId?: string
  readonly issuedDaysAgo?: number
  readonly lifeDays?: number
  readonly status?: string
  readonly lastCheckInDaysAgo?: number
  readonly state?: string
}

/** A registered device with its certificate, straight in the tables: the preview reads nothing else. */
async function certify({
  modelId,
  groupId,
  issuedDaysAgo = 1,
  lifeDays = 40,
  status = 'active',
  lastCheckInDaysAgo = 0,
  state = 'registered',
}: Certified): Promise<{ deviceId: string; issuedAt: number; notAfter: number }> {
  const { pool } = portal.db
  const deviceId = await approveTestDevice(portal.db, modelId)
  const [issuedAt, serial] = [NOW - issuedDaysAgo * DAY_MS, randomUUID().replaceAll('-', '')]
  const notAfter = issuedAt + lifeDays * DAY_MS
  await pool.query(
    'update device set state = $2, registered_at = $3, group_id = $4 where device_id = $1',
    [deviceId, state, new Date(issuedAt), groupId ?? null],
  )
  await pool.query(
    'insert into device_presence (device_id, last_seq, last_check_in_at) values ($1, 1, $2)',
    [deviceId, new Date(NOW - lastCheckInDaysAgo * DAY_MS)],
  )
  const providerId = await provider()
  const spki = serial + serial
  await pool.query(
    `insert into certificate_intent (serial_number, device_id, spki_sha256, provider_certificate_id, state,
       planned_at, settled_at, common_name, crl_shard, crl_url, not_before, not_after)
     values ($1, $2, $3, $4, 'issued', $5, $5, 'x', 0, 'x', $5, $6)`,
    [serial, deviceId, spki, providerId, new Date(issuedAt), new Date(notAfter)],
  )
  await pool.query(
    `insert into device_certificate (thumbprint_sha256, serial_number, device_id, spki_sha256,
       provider_certificate_id, status, not_before, not_after, issued_at, crl_shard, der)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $7, 0, '')`,
    [serial, serial, deviceId, spki, providerId, status, new Date(issuedAt), new Date(notAfter)],
  )
  return { deviceId, issuedAt, notAfter }
}

let providerId: string | undefined
async function provider(): Promise<string> {
  if (providerId !== undefined) return providerId
  providerId = randomUUID()
  const hex = 'ab'.repeat(32)
  await portal.db.pool.query(
    `insert into provider_certificate (id, country, environment, thumbprint_sha256, hsm_key_id, crl_name,
       organisation, not_before, not_after, der, issuers, imported_at)
     values ($1, 'XT', 'test', $2, $2, $3, 'Example', '2026-01-01', '2029-01-01', '', '{}', now())`,
    [providerId, hex, hex.slice(0, 16)],
  )
  return providerId
}

describe('POST /policies/:policyId/preview', () => {
  const preview = async (policyId: string, changed: Partial<PolicySettings>) => {
    const payload = { settings: settingsWith(changed) }
    const reply = await officer.ask('POST', `/policies/${policyId}/preview`, { payload })
    expect(reply.statusCode, reply.body).toBe(200)
    return reply.json<PolicyPreview>()
  }

  it('says whom a change touches: the devices whose narrowest policy it is', async () => {
    const [ofModel, ofGroup, ofDevice] = [await create(), await create(), await create()]
    const groupId = await makeGroup()
    const { modelId } = models.slap
    await certify({ modelId })
    await certify({ modelId })
    await certify({ modelId, groupId })
    const { deviceId } = await certify({ modelId, groupId })
    await certify({ modelId, state: 'suspended' })
    await approveTestDevice(portal.db, modelId)
    await assign(ofModel.policyId, { scope: 'model', targetId: modelId })
    await assign(ofGroup.policyId, { scope: 'group', targetId: groupId })
    await assign(ofDevice.policyId, { scope: 'device', targetId: deviceId })

    const slap = { name: 'Example Slap 442' }
    const group = { name: `Group ${groupId}` }
    expect(await preview(ofModel.policyId, {})).toMatchObject({
      devices: 2,
      models: [{ ...slap, devices: 2 }],
      groups: [],
    })
    expect(await preview(ofGroup.policyId, {})).toMatchObject({
      devices: 1,
      models: [{ ...slap, devices: 1 }],
      groups: [{ ...group, devices: 1 }],
    })
    expect(await preview(ofDevice.policyId, {})).toMatchObject({ devices: 1 })
    expect((await list()).find(({ policyId }) => policyId === ofModel.policyId)?.devices).toBe(2)

    await unassign(ofModel.policyId, 'model', modelId)
    await unassign(ofGroup.policyId, 'group', groupId)
    await unassign(ofDevice.policyId, 'device', deviceId)
  })

  it('says when each key is due, now and under the change, as the check-in will say it', async () => {
    const { policyId, settings } = await create()
    const groupId = await makeGroup()
    await assign(policyId, { scope: 'group', targetId: groupId })
    const lives = [
      [0.1, 40],
      [5, 40],
      [12, 40],
      [29.9, 40],
      [3, 20],
      [12, 13],
    ] as const
    const certified = await Promise.all(
      lives.map(([issuedDaysAgo, lifeDays]) =>
        certify({ modelId: models.face.modelId, groupId, issuedDaysAgo, lifeDays }),
      ),
    )

    for (const changed of [{ rotationDays: 10 }, { rotationDays: 60 }, { overlapDays: 20 }]) {
      const answer = await preview(policyId, changed)
      const ends = (policy: PolicySettings) =>
        certified.map((certificate) => planRotation({ certificate, policy }).end)
      const dayOf = (end: number) => new Date(Math.max(end, NOW)).toISOString().slice(0, 10)
      const countOn = (policy: PolicySettings, day: string) =>
        ends(policy).filter((end) => dayOf(end) === day).length
      const proposed = settingsWith(changed)
      for (const { day, asItIs, asProposed } of answer.days) {
        expect({ day, asItIs, asProposed }).toEqual({
          day,
          asItIs: countOn(settings, day),
          asProposed: countOn(proposed, day),
        })
      }
      const sum = (of: 'asItIs' | 'asProposed') =>
        answer.days.reduce((total, each) => total + each[of], 0)
      expect([sum('asItIs'), sum('asProposed')]).toEqual([certified.length, certified.length])
      const dueAtOnce = ends(proposed).filter((end) => end <= NOW).length
      expect(answer).toMatchObject({ dueAtOnce, pacedHours: dueAtOnce / 2 / 3600 })
    }
    await unassign(policyId, 'group', groupId)
  })

  it('says who would be away for too long, and who past the end could recover', async () => {
    const { policyId } = await create()
    const groupId = await makeGroup()
    await assign(policyId, { scope: 'group', targetId: groupId })
    const device = { modelId: models.face.modelId, groupId }
    await certify({ ...device, lastCheckInDaysAgo: 4 })
    await certify({ ...device, lastCheckInDaysAgo: 8 })
    await certify({ ...device, issuedDaysAgo: 45, lifeDays: 40 })
    await certify({ ...device, issuedDaysAgo: 60, lifeDays: 40, status: 'expired' })

    expect(await preview(policyId, {})).toMatchObject({
      devices: 4,
      offlineTooLong: 1,
      couldRecover: 1,
      couldNotRecover: 1,
    })
    expect(await preview(policyId, { longestOfflineDays: 3, graceDays: 30 })).toMatchObject({
      offlineTooLong: 2,
      couldRecover: 2,
      couldNotRecover: 0,
    })
    expect(await preview(policyId, { recovery: 'refused' })).toMatchObject({
      couldRecover: 0,
      couldNotRecover: 2,
    })
    await unassign(policyId, 'group', groupId)
  })

  it('changes nothing', async () => {
    const { policyId } = await fleetPolicy()
    const [before, policies] = [await head(), await list()]
    await preview(policyId, { rotationDays: 7 })
    expect([await head(), await list()]).toEqual([before, policies])
  })
})

describe('policies', () => {
  it('are read by everyone and changed by those who guard the keys', async () => {
    const { policyId } = await create()
    const payload = { name: 'Mine', settings: DEFAULT_POLICY_SETTINGS }
    for (const role of ['operator', 'technician', 'auditor'] as const) {
      const asker = await portal.signIn(role)
      expect((await asker.ask('GET', `/policies/${policyId}`)).statusCode).toBe(200)
      await expectRefused(() => asker.ask('POST', '/policies', { payload }), {
        code: 'operator.permission-missing',
      })
      await expectRefused(
        () =>
          asker.ask('POST', `/policies/${policyId}/assignments`, { payload: { scope: 'fleet' } }),
        { code: 'operator.permission-missing' },
      )
    }
  })
})
