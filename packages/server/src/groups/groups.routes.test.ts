import { randomUUID } from 'node:crypto'
import type { DeviceCounts, DeviceList, DeviceView } from '@sanad/protocol/operator-api/devices'
import type { BulkActFailurePage, BulkActView } from '@sanad/protocol/operator-api/bulk-acts'
import type {
  GroupAssigned,
  GroupDetail,
  GroupList,
  GroupView,
} from '@sanad/protocol/operator-api/groups'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LightMyRequestResponse } from 'fastify'
import { makeTestBulkActs } from '../../test/test-bulk-acts.ts'
import { type TestModels, approveTestDevice, makeTestModels } from '../../test/test-devices.ts'
import { type TestOperator, type TestPortal, startTestPortal } from '../../test/test-portal.ts'
import { readHead, readRecord } from '../record/event-reader.ts'
import { makeDeviceRegistry } from '../compose/device-registry.ts'
import { devicesRoutes } from '../fleet/devices.routes.ts'
import { makeGroupRegistry } from '../compose/group-registry.ts'
import { groupsRoutes } from './groups.routes.ts'

const NOWHERE = '00000000-0000-4000-8000-000000000000'

let portal: TestPortal
let operator: TestOperator
let models: TestModels
let bulk: ReturnType<typeof makeTestBulkActs>
let deviceIds: string[]

beforeAll(async () => {
  portal = await startTestPortal({
    routes: ({ db: { database }, clock }) => [
      devicesRoutes({ database, clock, devices: makeDeviceRegistry(database, clock) }),
      (bulk = makeTestBulkActs(database, clock)).routes,
      groupsRoutes({
        groups: makeGroupRegistry({
          database,
          markets: () => [{ country: 'ET', environment: 'production' }],
        }),
        filler: bulk.filler,
      }),
    ],
  })
  operator = await portal.signIn('operator')
  models = await makeTestModels(portal.db)
  deviceIds = []
  for (let i = 0; i < 6; i++)
    deviceIds.push(
      await approveTestDevice(portal.db, i < 4 ? models.face.modelId : models.slap.modelId),
    )
})
afterAll(() => portal[Symbol.asyncDispose]())

const head = () => readHead(portal.db.database)
const list = async () => (await operator.ask('GET', '/groups')).json<GroupList>().items
const lastEvent = async () =>
  (await readRecord(portal.db.database, { limit: 1 })).items.map(({ event }) => event)[0]

async function create(more: object = {}): Promise<GroupView> {
  const payload = { name: `Group ${randomUUID()}`, ...more }
  const reply = await operator.ask('POST', '/groups', { payload })
  expect(reply.statusCode, reply.body).toBe(201)
  return reply.json()
}

async function assign(groupId: string, payload: object): Promise<number> {
  const reply = await operator.ask('POST', `/groups/${groupId}/devices`, { payload })
  expect(reply.statusCode, reply.body).toBe(200)
  return reply.json<GroupAssigned>().devices
}

const readAct = async (bulkActId: string) =>
  (await operator.ask('GET', `/bulk-acts/${bulkActId}`)).json<BulkActView>()

/** Ordered, and then worked off. */
async function fill(groupId: string, payload: object): Promise<BulkActView> {
  const reply = await operator.ask('POST', `/groups/${groupId}/devices`, { payload })
  expect(reply.statusCode, reply.body).toBe(202)
  const ordered = reply.json<BulkActView>()
  expect(ordered).toMatchObject({ state: 'queued', act: 'assign-group', done: 0 })
  await bulk.workOff()
  return readAct(ordered.bulkActId)
}

async function fillFrom(groupId: string, file: string): Promise<LightMyRequestResponse> {
  return operator.ask('POST', `/groups/${groupId}/fill/${randomUUID()}`, {
    payload: Buffer.from(file),
    headers: { 'content-type': 'text/csv' },
  })
}

const membersOf = async (groupId: string, more = '') =>
  (await operator.ask('GET', `/devices?groupId=${groupId}${more}`)).json<DeviceList>()

const groupsOfDevices = () =>
  portal.db.database.selectFrom('device').select(['device_id', 'group_id', 'revision']).execute()

async function expectRefused(path: string, payload: object, expected: object): Promise<void> {
  const [before, groups, devices] = [await head(), await list(), await groupsOfDevices()]
  expect((await operator.ask('POST', path, { payload })).json()).toMatchObject(expected)
  expect(await head()).toEqual(before)
  expect(await list()).toEqual(groups)
  expect(await groupsOfDevices()).toEqual(devices)
}

describe('POST /groups', () => {
  it('makes a group without devices, for a market or for any, and puts it on record', async () => {
    const group = await create({ country: 'ET', environment: 'production' })
    expect(group).toMatchObject({ country: 'ET', environment: 'production', devices: 0 })
    expect(await create()).toMatchObject({ country: null, environment: null })
    const { groupId, name } = group
    expect(await list()).toContainEqual(group)
    const events = (await readRecord(portal.db.database, { limit: 2 })).items
    expect(events[1]?.event).toMatchObject({ type: 'group.created', data: { groupId, name } })
  })

  it('refuses a name that another has, in whatever case', async () => {
    const { name } = await create()
    await expectRefused('/groups', { name: name.toUpperCase() }, { code: 'group.duplicate' })
  })

  it('refuses a market that no provider certificate is for, or half of one', async () => {
    const code = 'request.malformed'
    for (const market of [
      { country: 'ET', environment: 'staging' },
      { country: 'KE', environment: 'production' },
      { country: 'ET' },
      { environment: 'production' },
    ])
      await expectRefused('/groups', { name: 'Nobody’s market', ...market }, { code })
  })
})

describe('POST /groups/:groupId/devices', () => {
  it('puts devices into a group, which every list and view then shows', async () => {
    const { groupId, name } = await create()
    const [first = '', second = ''] = deviceIds
    expect(await assign(groupId, { deviceIds: [first, second, first] })).toBe(2)
    expect(await lastEvent()).toMatchObject({
      type: 'group.devices-assigned',
      data: { groupId, devices: 2 },
    })
    const { items } = await membersOf(groupId)
    expect(items.map(({ deviceId }) => deviceId).toSorted()).toEqual([first, second].toSorted())
    expect(items[0]?.group).toEqual({ groupId, name })
    const view = (await operator.ask('GET', `/devices/${first}`)).json<DeviceView>()
    expect(view).toMatchObject({ group: { groupId, name }, revision: 2 })
    expect((await list()).find((group) => group.groupId === groupId)?.devices).toBe(2)
  })

  it('moves them from one group to another, and out of any', async () => {
    const [first, second] = [await create(), await create()]
    await assign(first.groupId, { deviceIds })
    expect(await assign(second.groupId, { deviceIds: deviceIds.slice(0, 2) })).toBe(2)
    expect((await membersOf(first.groupId)).items).toHaveLength(4)
    expect(await assign('none', { deviceIds })).toBe(6)
    expect((await lastEvent())?.data).toEqual({ devices: 6 })
    const [one = ''] = deviceIds
    const view = (await operator.ask('GET', `/devices/${one}`)).json<DeviceView>()
    expect(view.group).toBeNull()
  })

  it('takes what a filter finds, and leaves the others', async () => {
    const { groupId } = await create()
    const filled = await fill(groupId, { filter: { modelId: models.slap.modelId } })
    expect(filled).toMatchObject({ state: 'finished', devices: 2, done: 2, changed: 2, failed: 0 })
    const { items } = await membersOf(groupId)
    expect(new Set(items.map(({ modelId }) => modelId))).toEqual(new Set([models.slap.modelId]))
    const { groupId: other } = await create()
    expect(await fill(other, { filter: { groupId } })).toMatchObject({ changed: 2 })
    expect(await fill('none', { filter: { groupId: other } })).toMatchObject({ changed: 2 })
    expect(await fill(other, { filter: { groupId } })).toMatchObject({ devices: 0, changed: 0 })
  })

  it('takes more than fit in one part, each part on record', async () => {
    const { groupId } = await create()
    const { modelId } = models.face
    await portal.db.pool.query(
      `insert into device (device_id, model_id, serial_no)
       select gen_random_uuid(), $1, 'MANY' || n from generate_series(1, 10001) n`,
      [modelId],
    )
    const before = await head()
    const filled = await fill(groupId, { filter: { search: 'MANY' } })
    expect(filled).toMatchObject({ state: 'finished', changed: 10_001, done: 10_001 })
    const { rows } = await portal.db.pool.query('select count(*) from device where group_id = $1', [
      groupId,
    ])
    expect(rows).toEqual([{ count: 10_001 }])
    const limit = (await head()) - before
    expect(limit).toBeGreaterThanOrEqual(3)
    const { items } = await readRecord(portal.db.database, { limit })
    const counts = items.flatMap(({ event }) =>
      event.type === 'group.devices-assigned' ? [event.data.devices] : [],
    )
    expect(counts.reduce((sum, count) => sum + count)).toBe(10_001)
    expect(Math.max(...counts)).toBe(1000)
    expect(items.map(({ event }) => event.type)).toEqual([
      'bulk-act.ended',
      ...counts.map(() => 'group.devices-assigned'),
      'bulk-act.ordered',
    ])
  })

  it('is harmless to repeat', async () => {
    const { groupId } = await create()
    await assign(groupId, { deviceIds })
    const before = await head()
    expect(await assign(groupId, { deviceIds })).toBe(0)
    expect(await head()).toEqual(before)
  })

  it('refuses a group or a device that is not there, and moves none', async () => {
    const { groupId } = await create()
    await expectRefused(`/groups/${NOWHERE}/devices`, { deviceIds }, { code: 'group.not-found' })
    await expectRefused(`/groups/${NOWHERE}/devices`, { filter: {} }, { code: 'group.not-found' })
    await expectRefused(
      `/groups/${groupId}/devices`,
      { deviceIds: [...deviceIds, NOWHERE] },
      { code: 'device.not-found' },
    )
  })

  it('is refused to those who only read', async () => {
    const { groupId } = await create()
    for (const role of ['technician', 'auditor'] as const) {
      const asker = await portal.signIn(role)
      const before = await head()
      const replies = [
        await asker.ask('POST', '/groups', { payload: { name: 'Mine' } }),
        await asker.ask('POST', `/groups/${groupId}/devices`, { payload: { deviceIds } }),
      ]
      for (const reply of replies)
        expect(reply.json()).toMatchObject({ code: 'operator.permission-missing' })
      expect(await head()).toEqual(before)
      expect((await asker.ask('GET', '/groups')).statusCode).toBe(200)
    }
  })
})

describe('POST /groups/:groupId/fill/:bulkActId', () => {
  const serialNos = async () =>
    (await portal.db.database.selectFrom('device').select(['device_id', 'serial_no']).execute())
      .filter(({ device_id }) => deviceIds.includes(device_id))
      .map(({ serial_no }) => serial_no)

  it('puts the devices of a file into the group, and names the rows that are none', async () => {
    const { groupId } = await create()
    const [first = '', second = ''] = await serialNos()
    const reply = await fillFrom(
      groupId,
      `Serial No;note\r\n${first};x\r\nNOBODY;y\r\n${second};\r\n`,
    )
    expect(reply.statusCode, reply.body).toBe(202)
    await bulk.workOff()
    const { bulkActId } = reply.json<BulkActView>()
    expect(await readAct(bulkActId)).toMatchObject({ state: 'finished', changed: 2, failed: 1 })
    const failures = await operator.ask('GET', `/bulk-acts/${bulkActId}/failures`)
    expect(failures.json<BulkActFailurePage>().items).toEqual([
      {
        deviceId: null,
        serialNo: 'NOBODY',
        code: 'device.not-found',
        detail: 'No device has this serial number.',
      },
    ])
    const csv = await operator.ask('GET', `/bulk-acts/${bulkActId}/failures.csv`)
    expect(csv.body).toContain('NOBODY')
    expect((await membersOf(groupId)).items).toHaveLength(2)
  })

  it('takes a bare column without a header', async () => {
    const { groupId } = await create()
    const [first = ''] = await serialNos()
    await fillFrom(groupId, `${first}\n`)
    await bulk.workOff()
    expect((await membersOf(groupId)).items).toHaveLength(1)
  })

  it.each([
    ['nothing', '', 'it is empty'],
    ['a header alone', 'serialNo\n', 'it is empty'],
    ['a workbook', 'PK\u0003\u0004\u0000\u0000', 'it is not a text'],
    ['no number that is known', 'serialNo\nNOBODY\n', 'no device has a serial number of the file'],
  ])('refuses %s, and orders nothing', async (_what, file, detail) => {
    const { groupId } = await create()
    const before = await head()
    expect((await fillFrom(groupId, file)).json()).toMatchObject({
      code: 'group.file-not-readable',
      detail,
    })
    expect(await head()).toBe(before)
  })
})

describe('one group', () => {
  const read = async (groupId: string) =>
    (await operator.ask('GET', `/groups/${groupId}`)).json<GroupDetail>()

  it('shows its devices by state, who is connected, its market and its policy', async () => {
    const { groupId } = await create({ country: 'ET', environment: 'production' })
    await assign(groupId, { deviceIds })
    expect(await read(groupId)).toMatchObject({
      devices: 6,
      connected: 0,
      states: { approved: 6, registered: 0 },
      country: 'ET',
      policy: null,
    })
  })

  it('takes another name and another market, each on record, and nothing twice', async () => {
    const { groupId } = await create()
    const change = async (payload: object) =>
      (await operator.ask('POST', `/groups/${groupId}`, { payload })).json<GroupDetail>()
    const name = `Renamed ${groupId}`
    expect(await change({ name })).toMatchObject({ name, country: null })
    expect(await lastEvent()).toMatchObject({ type: 'group.changed', data: { groupId, name } })
    const market = { country: 'ET', environment: 'production' }
    expect(await change({ market })).toMatchObject({ name, ...market })
    const before = await head()
    expect(await change({ name, market })).toMatchObject(market)
    expect(await head()).toBe(before)
    expect(await change({ market: null })).toMatchObject({ country: null, environment: null })
  })

  it('refuses the name of another, and a market that no certificate is for', async () => {
    const [{ groupId }, { name }] = [await create(), await create()]
    const path = `/groups/${groupId}`
    await expectRefused(path, { name }, { code: 'group.duplicate' })
    const market = { country: 'KE', environment: 'production' }
    await expectRefused(path, { market }, { code: 'request.malformed' })
    await expectRefused(`/groups/${NOWHERE}`, { name: 'New' }, { code: 'group.not-found' })
  })

  it('is deleted when nothing leans on it, and not before', async () => {
    const { groupId, name } = await create()
    const remove = () => operator.ask('DELETE', `/groups/${groupId}`)
    await assign(groupId, { deviceIds })
    expect((await remove()).json()).toMatchObject({ code: 'group.in-use' })
    await fill('none', { filter: { groupId } })
    expect((await remove()).statusCode).toBe(204)
    expect(await lastEvent()).toMatchObject({ type: 'group.deleted', data: { groupId, name } })
    expect((await list()).some((group) => group.groupId === groupId)).toBe(false)
    expect((await remove()).json()).toMatchObject({ code: 'group.not-found' })
  })
})

describe('the device list of a group', () => {
  it('is paged in every order without repeating or losing one, and counted', async () => {
    const { groupId } = await create({ country: 'ET', environment: 'production' })
    await assign(groupId, { deviceIds })
    for (const sort of ['serialNo', '-approvedAt', '-lastCheckInAt']) {
      const seen: string[] = []
      let after = ''
      do {
        const page = await membersOf(groupId, `&sort=${sort}&limit=4${after}`)
        expect(page.total).toEqual({ count: 6, isExact: true })
        seen.push(...page.items.map(({ deviceId }) => deviceId))
        after = page.next === null ? '' : `&after=${page.next}`
      } while (after !== '')
      expect(seen.toSorted()).toEqual(deviceIds.toSorted())
    }
    const counts = await operator.ask('GET', `/devices/counts?groupId=${groupId}`)
    expect(counts.json<DeviceCounts>().total).toBe(6)
    const ofCountry = await operator.ask('GET', '/devices?country=ET&level=L1')
    expect(ofCountry.json<DeviceList>().items).toHaveLength(2)
    const none = await operator.ask('GET', '/devices?country=KE')
    expect(none.json<DeviceList>().items).toEqual([])
  })
})
