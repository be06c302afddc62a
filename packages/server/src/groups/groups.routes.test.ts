import type { DeviceView } from '@sanad/protocol/operator-api/devices'
import { describe, expect, it } from 'vitest'
import {
  assign,
  create,
  deviceIds,
  expectRefused,
  fill,
  head,
  lastEvent,
  list,
  membersOf,
  models,
  NOWHERE,
  operator,
  portal,
} from '../../test/groups-portal.ts'
import { readRecord } from '../record/event-reader.ts'

describe('POST /groups', () => {
  it('creates an empty group, with or without a market, and records it', async () => {
    const group = await create({ country: 'ET', environment: 'production' })
    expect(group).toMatchObject({ country: 'ET', environment: 'production', devices: 0 })
    expect(await create()).toMatchObject({ country: null, environment: null })
    const { groupId, name } = group
    expect(await list()).toContainEqual(group)
    const events = (await readRecord(portal.db.database, { limit: 2 })).items
    expect(events[1]?.event).toMatchObject({ type: 'group.created', data: { groupId, name } })
  })

  it('refuses a group name that is taken, in any case of letters', async () => {
    const { name } = await create()
    await expectRefused('/groups', { name: name.toUpperCase() }, { code: 'group.duplicate' })
  })

  it('refuses a group whose market is incomplete or has no provider certificate', async () => {
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
  it('puts devices into a group, and shows it in every list and view', async () => {
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

  it('moves devices from one group to another, and out of all groups', async () => {
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

  it('puts the devices that a filter finds into a group, and no others', async () => {
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

  it('assigns more devices than fit in one part, and records each part', async () => {
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

  it('changes nothing when an assignment to a group is repeated', async () => {
    const { groupId } = await create()
    await assign(groupId, { deviceIds })
    const before = await head()
    expect(await assign(groupId, { deviceIds })).toBe(0)
    expect(await head()).toEqual(before)
  })

  it('refuses an unknown group or device, and moves no device', async () => {
    const { groupId } = await create()
    await expectRefused(`/groups/${NOWHERE}/devices`, { deviceIds }, { code: 'group.not-found' })
    await expectRefused(`/groups/${NOWHERE}/devices`, { filter: {} }, { code: 'group.not-found' })
    await expectRefused(
      `/groups/${groupId}/devices`,
      { deviceIds: [...deviceIds, NOWHERE] },
      { code: 'device.not-found' },
    )
  })

  it('refuses assignments to groups from roles that only read', async () => {
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
