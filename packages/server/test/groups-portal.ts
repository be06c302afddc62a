import { randomUUID } from 'node:crypto'
import type { BulkActView } from '@sanad/protocol/operator-api/bulk-acts'
import type { DeviceList } from '@sanad/protocol/operator-api/devices'
import type { GroupAssigned, GroupList, GroupView } from '@sanad/protocol/operator-api/groups'
import { afterAll, beforeAll, expect } from 'vitest'
import { makeDeviceRegistry } from '../src/compose/device-registry.ts'
import { makeGroupRegistry } from '../src/compose/group-registry.ts'
import { devicesRoutes } from '../src/fleet/devices.routes.ts'
import { groupsRoutes } from '../src/groups/groups.routes.ts'
import { readHead, readRecord } from '../src/record/event-reader.ts'
import { makeTestBulkActs } from './test-bulk-acts.ts'
import { approveTestDevice, makeTestModels, type TestModels } from './test-devices.ts'
import { startTestPortal, type TestOperator, type TestPortal } from './test-portal.ts'

/** What the tests of groups share. */

export const NOWHERE = '00000000-0000-4000-8000-000000000000'

export let portal: TestPortal
export let operator: TestOperator
export let models: TestModels
export let bulk: ReturnType<typeof makeTestBulkActs>
export let deviceIds: string[]

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

export const head = () => readHead(portal.db.database)
export const list = async () => (await operator.ask('GET', '/groups')).json<GroupList>().items
export const lastEvent = async () =>
  (await readRecord(portal.db.database, { limit: 1 })).items.map(({ event }) => event)[0]

export async function create(more: object = {}): Promise<GroupView> {
  const payload = { name: `Group ${randomUUID()}`, ...more }
  const reply = await operator.ask('POST', '/groups', { payload })
  expect(reply.statusCode, reply.body).toBe(201)
  return reply.json()
}

export async function assign(groupId: string, payload: object): Promise<number> {
  const reply = await operator.ask('POST', `/groups/${groupId}/devices`, { payload })
  expect(reply.statusCode, reply.body).toBe(200)
  return reply.json<GroupAssigned>().devices
}

export const readAct = async (bulkActId: string) =>
  (await operator.ask('GET', `/bulk-acts/${bulkActId}`)).json<BulkActView>()

/** Ordered, and then worked off. */
export async function fill(groupId: string, payload: object): Promise<BulkActView> {
  const reply = await operator.ask('POST', `/groups/${groupId}/devices`, { payload })
  expect(reply.statusCode, reply.body).toBe(202)
  const ordered = reply.json<BulkActView>()
  expect(ordered).toMatchObject({ state: 'queued', act: 'assign-group', done: 0 })
  await bulk.workOff()
  return readAct(ordered.bulkActId)
}

export const membersOf = async (groupId: string, more = '') =>
  (await operator.ask('GET', `/devices?groupId=${groupId}${more}`)).json<DeviceList>()

const groupsOfDevices = () =>
  portal.db.database.selectFrom('device').select(['device_id', 'group_id', 'revision']).execute()

export async function expectRefused(
  path: string,
  payload: object,
  expected: object,
): Promise<void> {
  const [before, groups, devices] = [await head(), await list(), await groupsOfDevices()]
  expect((await operator.ask('POST', path, { payload })).json()).toMatchObject(expected)
  expect(await head()).toEqual(before)
  expect(await list()).toEqual(groups)
  expect(await groupsOfDevices()).toEqual(devices)
}
