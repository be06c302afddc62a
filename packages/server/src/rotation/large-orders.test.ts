import { randomUUID } from 'node:crypto'
import type { RotationOrderView } from '@sanad/protocol/operator-api/keys'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  addCertificate,
  addDevices,
  confirm,
  head,
  keyOf,
  time,
  officer,
  order,
  portal,
  windowsOf,
} from '../../test/ordered-rotations.ts'
import { fillOrders } from './fill-orders.ts'
import { RotationOrders } from './rotation-orders.ts'
import { settleOrders } from './settle-orders.ts'

describe('an order by a filter that finds more than a request gathers', () => {
  let large: RotationOrders
  let by: string
  beforeAll(async () => {
    const { database, pool } = portal.db
    const clock = () => time.now
    large = new RotationOrders({ database, pace: { forRotations: 1000 }, clock, mostAtOnce: 2 })
    const { rows } = await pool.query<{ operator_id: string }>(
      'select operator_id from operator where name = $1',
      [officer.name],
    )
    by = rows[0]!.operator_id
  })
  const fill = (atOnce?: number) =>
    fillOrders({ database: portal.db.database, clock: () => time.now }, undefined, atOnce)
  const read = async (orderId: string) =>
    (await officer.ask('GET', `/rotation-orders/${orderId}`)).json<RotationOrderView>()

  /** In a group of their own, which is the filter. */
  async function addGroup(count: number) {
    const groupId = randomUUID()
    const { pool } = portal.db
    await pool.query('insert into device_group (group_id, name) values ($1, $2)', [
      groupId,
      groupId,
    ])
    const devices = await addDevices(count)
    await pool.query('update device set group_id = $1 where device_id = any($2)', [
      groupId,
      devices.map(({ deviceId }) => deviceId),
    ])
    time.now += HOUR_MS
    return { devices, filter: { groupId } }
  }
  const outcomesOf = async (orderId: string) => {
    const { rows } = await portal.db.pool.query<{ device_id: string; outcome: string | null }>(
      'select device_id, outcome from rotation_order_device where order_id = $1',
      [orderId],
    )
    return new Map(rows.map(({ device_id, outcome }) => [device_id, outcome]))
  }

  it('creates a large rotation order at once, and reaches each device once', async () => {
    const { devices, filter } = await addGroup(7)
    const before = await head()
    const given = await large.give({ filter, reason: 'policy', withinHours: 8 }, by)
    expect(given).toMatchObject({
      state: 'running',
      devices: 7,
      filling: { done: 0, devices: 7 },
    })
    expect(await head()).toBe(before + 1)
    await Promise.all([fill(2), fill(2), fill(3)])
    expect(await read(given.orderId)).toMatchObject({
      state: 'running',
      devices: 7,
      filling: null,
    })
    expect(await head()).toBe(before + 1)
    const windows = await windowsOf(given.orderId)
    expect(windows[0]!.start).toBe(Date.parse(given.windowStart))
    expect(windows[6]!.end).toBe(Date.parse(given.windowEnd))
    expect(new Set(windows.map(({ start }) => start)).size).toBe(7)
    expect((await outcomesOf(given.orderId)).size).toBe(devices.length)
  })

  it('leaves a device to a later order while filling, and counts what rotated meanwhile', async () => {
    const { devices, filter } = await addGroup(4)
    const [later, rotated] = devices
    const given = await large.give({ filter, reason: 'policy' }, by)
    time.now += HOUR_MS
    const second = await order({ deviceIds: [later!.deviceId], reason: 'lost', withinHours: 1 })
    const next = await addCertificate(rotated!.deviceId, {
      status: 'pending',
      replaces: rotated!.thumbprint,
    })
    await confirm(rotated!.deviceId, next.thumbprint)
    await fill()
    const outcomes = await outcomesOf(given.orderId)
    expect(outcomes.get(later!.deviceId)).toBe('overtaken')
    expect(outcomes.get(rotated!.deviceId)).toBe('rotated')
    expect((await keyOf(later!.deviceId)).rotation).toMatchObject({ start: second.windowStart })
    expect(await read(given.orderId)).toMatchObject({ devices: 4, rotated: 1, state: 'running' })
  })

  it('stops filling a cancelled rotation order, on record once', async () => {
    const { filter } = await addGroup(5)
    const { orderId } = await large.give({ filter, reason: 'policy' }, by)
    const before = await head()
    await large.cancel(orderId, by)
    await large.cancel(orderId, by)
    await fill()
    expect(await read(orderId)).toMatchObject({ state: 'cancelled', filling: null })
    expect((await outcomesOf(orderId)).size).toBe(0)
    expect(await head()).toBe(before + 1)
  })

  it('cancels a large rotation order while its devices are gathered, without a deadlock', async () => {
    const { devices, filter } = await addGroup(12)
    for (let round = 0; round < 6; round++) {
      const { orderId } = await large.give({ filter, reason: 'policy' }, by)
      const settle = settleOrders({ database: portal.db.database, clock: () => time.now })
      await Promise.all([fill(1), large.cancel(orderId, by), settle])
      await settleOrders({ database: portal.db.database, clock: () => time.now })
      expect(await read(orderId)).toMatchObject({ state: 'cancelled', cancelling: null })
    }
    for (const { deviceId } of devices)
      expect((await keyOf(deviceId)).rotation).toMatchObject({ reason: 'scheduled' })
  })

  it('cancels a large rotation order at once, and releases its devices afterwards, a part at a time', async () => {
    const { devices, filter } = await addGroup(5)
    const { orderId } = await large.give({ filter, reason: 'policy' }, by)
    await fill()
    const before = await head()
    expect(await large.cancel(orderId, by)).toMatchObject({
      state: 'cancelled',
      cancelling: { done: 2, devices: 5 },
    })
    expect(await head()).toBe(before + 1)
    const database = portal.db.database
    await settleOrders({ database, clock: () => time.now })
    expect(await read(orderId)).toMatchObject({ state: 'cancelled', cancelling: null })
    const outcomes = await outcomesOf(orderId)
    expect(devices.map(({ deviceId }) => outcomes.get(deviceId))).toEqual(
      devices.map(() => 'cancelled'),
    )
    expect(await head()).toBe(before + 1)
    for (const { deviceId } of devices)
      expect((await keyOf(deviceId)).rotation).toMatchObject({ reason: 'scheduled' })
  })

  it('wakes each device of a rotation order when its window begins, and none that has rotated', async () => {
    const { devices, filter } = await addGroup(4)
    const { orderId } = await large.give({ filter, reason: 'policy', withinHours: 8 }, by)
    await fill()
    const [, second] = (await outcomesOf(orderId)).keys()
    await portal.db.pool.query(
      `update rotation_order_device set outcome = 'rotated', settled_at = now()
        where order_id = $1 and device_id = $2`,
      [orderId, second],
    )
    const listener = await portal.db.pool.connect()
    const woken: string[] = []
    const own = new Set(devices.map(({ deviceId }) => deviceId))
    listener.on('notification', ({ payload = '' }) => own.has(payload) && woken.push(payload))
    try {
      await listener.query('listen sanad_command')
      const settle = async () => {
        await settleOrders({ database: portal.db.database, clock: () => time.now })
        await listener.query('select')
      }
      await settle()
      expect(woken).toHaveLength(1)
      await settle()
      expect(woken).toHaveLength(1)
      time.now += 8 * HOUR_MS
      await settle()
      const waiting = devices.map(({ deviceId }) => deviceId).filter((id) => id !== second)
      expect(woken.toSorted()).toEqual(waiting.toSorted())
    } finally {
      listener.release(true)
    }
    await large.cancel(orderId, by)
  })

  it('gives a large rotation order once for repeated requests, and refuses another under its id', async () => {
    const { filter } = await addGroup(5)
    const asked = { orderId: randomUUID(), filter, reason: 'policy' as const }
    const given = await Promise.all([1, 2, 3].map(() => large.give(asked, by)))
    expect(new Set(given.map(({ orderId }) => orderId))).toEqual(new Set([asked.orderId]))
    await expect(large.give({ ...asked, reason: 'lost' }, by)).rejects.toMatchObject({
      code: 'request.conflict',
    })
    await fill()
  })
})
