import { randomUUID } from 'node:crypto'
import type { RotationOrderPage, RotationOrderPreview } from '@sanad/protocol/operator-api/keys'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import {
  addCertificate,
  addDevice,
  addDevices,
  confirm,
  head,
  keyOf,
  models,
  time,
  officer,
  order,
  PER_SECOND,
  portal,
  windowsOf,
} from '../../test/ordered-rotations.ts'
import { approveTestDevice } from '../../test/test-devices.ts'

/** Operators order keys to rotate before their time, and see how each device’s key stands. */

const list = async (query = '') =>
  (await officer.ask('GET', `/rotation-orders${query}`)).json<RotationOrderPage>()

describe('an order to rotate', () => {
  it('previews a rotation order’s reach and duration without changing anything', async () => {
    const devices = await addDevices(3)
    const before = await head()
    const payload = {
      deviceIds: devices.map(({ deviceId }) => deviceId),
      reason: 'policy',
      withinHours: 2,
    }
    const reply = await officer.ask('POST', '/rotation-orders/preview', { payload })
    expect(reply.json<RotationOrderPreview>()).toEqual({
      devices: 3,
      signingPerSecond: PER_SECOND,
      windowStart: new Date(time.now).toISOString(),
      windowEnd: new Date(time.now + 2 * HOUR_MS).toISOString(),
    })
    expect(await head()).toEqual(before)
  })

  it('spreads an order’s rotation windows over the given time', async () => {
    const devices = await addDevices(5)
    const given = await order({
      deviceIds: devices.map(({ deviceId }) => deviceId),
      reason: 'policy',
      withinHours: 10,
    })
    expect(given).toMatchObject({
      state: 'running',
      devices: 5,
      rotated: 0,
      orderedBy: officer.name,
    })
    const windows = await windowsOf(given.orderId)
    expect(windows).toHaveLength(5)
    expect(windows[0]!.start).toBe(time.now)
    expect(windows[4]!.end).toBe(time.now + 10 * HOUR_MS)
    for (const { start, end } of windows) expect(end - start).toBe(1.25 * HOUR_MS)
    expect(new Set(windows.map(({ start }) => start)).size).toBe(5)
  })

  it('stretches a rotation order where the HSM needs more time', async () => {
    const devices = await addDevices(5)
    const given = await order({
      deviceIds: devices.map(({ deviceId }) => deviceId),
      reason: 'key-compromised',
      withinHours: 0,
    })
    const seconds = (Date.parse(given.windowEnd) - Date.parse(given.windowStart)) / 1000
    expect(seconds).toBe(5 / PER_SECOND)
  })

  it('orders rotation of the filter’s devices that have a key', async () => {
    const devices = await addDevices(2)
    const withoutKey = await approveTestDevice(portal.db, models.face.modelId)
    const { rows } = await portal.db.pool.query<{ serial_no: string }>(
      'select serial_no from device where device_id = any($1)',
      [[devices[0]!.deviceId]],
    )
    const given = await order({ filter: { search: rows[0]!.serial_no }, reason: 'policy' })
    expect(given.devices).toBe(1)
    expect(await order({ deviceIds: [withoutKey], reason: 'policy' })).toMatchObject({
      devices: 0,
      state: 'done',
    })
  })

  it('gives a rotation order once for repeated requests, and refuses another under its id', async () => {
    const devices = await addDevices(2)
    const deviceIds = devices.map(({ deviceId }) => deviceId)
    const asked = { orderId: randomUUID(), deviceIds, reason: 'policy' as const }
    const given = await Promise.all([order(asked), order(asked), order(asked)])
    expect(new Set(given.map(({ orderId }) => orderId))).toEqual(new Set([asked.orderId]))
    expect(await order(asked)).toMatchObject({ orderId: asked.orderId, devices: 2 })
    const { items } = await list()
    expect(items.filter(({ orderId }) => orderId === asked.orderId)).toHaveLength(1)
    expect(items[1]?.devices).not.toBe(2)
    const payload = { ...asked, reason: 'lost' }
    const other = await officer.ask('POST', '/rotation-orders', { payload })
    expect(other.json()).toMatchObject({ code: 'request.conflict' })
  })

  it('shows a rotation order on the device’s key until the key has rotated', async () => {
    const device = await addDevice()
    expect((await keyOf(device.deviceId)).rotation).toMatchObject({ reason: 'scheduled' })
    time.now += HOUR_MS
    const given = await order({ deviceIds: [device.deviceId], reason: 'tampered', withinHours: 1 })
    expect((await keyOf(device.deviceId)).rotation).toMatchObject({
      reason: 'ordered',
      start: given.windowStart,
    })

    time.now += HOUR_MS
    const next = await addCertificate(device.deviceId, {
      status: 'pending',
      replaces: device.thumbprint,
    })
    await confirm(device.deviceId, next.thumbprint)

    const key = await keyOf(device.deviceId)
    expect(key.active).toMatchObject({ serialNumber: next.serialNumber, state: 'active' })
    expect(key.rotation).toMatchObject({ reason: 'scheduled' })
    expect((await list()).items[0]).toMatchObject({
      orderId: given.orderId,
      state: 'done',
      rotated: 1,
    })
  })

  it('does not count a rotation already under way for a later order', async () => {
    const device = await addDevice()
    const next = await addCertificate(device.deviceId, {
      status: 'pending',
      replaces: device.thumbprint,
    })
    time.now += HOUR_MS
    const given = await order({ deviceIds: [device.deviceId], reason: 'policy', withinHours: 1 })
    await confirm(device.deviceId, next.thumbprint)
    expect((await list()).items[0]).toMatchObject({ orderId: given.orderId, state: 'running' })
    expect((await keyOf(device.deviceId)).rotation).toMatchObject({ reason: 'ordered' })
  })

  it('replaces a device’s waiting rotation order by a later one', async () => {
    const { deviceId } = await addDevice()
    const first = await order({ deviceIds: [deviceId], reason: 'policy' })
    time.now += HOUR_MS
    const second = await order({ deviceIds: [deviceId], reason: 'policy', withinHours: 1 })
    expect((await keyOf(deviceId)).rotation).toMatchObject({ start: second.windowStart })
    const { items } = await list()
    expect(items.find(({ orderId }) => orderId === first.orderId)).toMatchObject({
      state: 'done',
      rotated: 0,
    })
  })

  it('leaves each device one order when two are given at once', async () => {
    const { deviceId } = await addDevice()
    await Promise.all([1, 2, 3].map(() => order({ deviceIds: [deviceId], reason: 'policy' })))
    const { rows } = await portal.db.pool.query(
      'select from rotation_order_device where device_id = $1 and outcome is null',
      [deviceId],
    )
    expect(rows).toHaveLength(1)
  })

  it('returns devices to their schedule when a rotation order is cancelled', async () => {
    const { deviceId } = await addDevice()
    const { orderId } = await order({
      deviceIds: [deviceId],
      reason: 'policy',
      note: 'a rehearsal',
    })
    const cancel = () => officer.ask('POST', `/rotation-orders/${orderId}/cancel`)
    expect((await cancel()).json()).toMatchObject({ state: 'cancelled' })
    expect((await keyOf(deviceId)).rotation).toMatchObject({ reason: 'scheduled' })
    const before = await head()
    expect((await cancel()).json()).toMatchObject({ state: 'cancelled' })
    expect(await head()).toEqual(before)
  })

  it('completes a rotation order without devices whose trust ended', async () => {
    const { deviceId } = await addDevice()
    await order({ deviceIds: [deviceId], reason: 'policy' })
    await portal.db.pool.query("update device set state = 'deregistered' where device_id = $1", [
      deviceId,
    ])
    expect((await list()).items[0]).toMatchObject({ state: 'done', rotated: 0 })
  })

  it('refuses a rotation order with both devices and a filter, or neither', async () => {
    const { deviceId } = await addDevice()
    const before = { head: await head(), orders: await list('?limit=100') }
    for (const payload of [
      { reason: 'policy' },
      { reason: 'policy', deviceIds: [deviceId], filter: {} },
    ])
      expect((await officer.ask('POST', '/rotation-orders', { payload })).statusCode).toBe(400)
    expect({ head: await head(), orders: await list('?limit=100') }).toEqual(before)
  })

  it('refuses to cancel an unknown rotation order', async () => {
    const reply = await officer.ask('POST', `/rotation-orders/${randomUUID()}/cancel`)
    expect(reply.statusCode).toBe(404)
    expect(reply.json()).toMatchObject({ code: 'rotation-order.not-found' })
  })

  it('lists rotation orders in pages, newest first, once each', async () => {
    const seen: string[] = []
    let next: string | null = ''
    while (next !== null) {
      const page: RotationOrderPage = await list(`?limit=3${next === '' ? '' : `&after=${next}`}`)
      seen.push(...page.items.map(({ orderId }) => orderId))
      next = page.next
    }
    expect(seen).toEqual((await list('?limit=100')).items.map(({ orderId }) => orderId))
    expect(new Set(seen).size).toBe(seen.length)
    expect((await officer.ask('GET', '/rotation-orders?after=bm90')).statusCode).toBe(400)
  })
})

it('refuses rotation orders without the permission', async () => {
  const auditor = await portal.signIn('auditor')
  const { deviceId } = await addDevice()
  const payload = { deviceIds: [deviceId], reason: 'policy' }
  expect((await auditor.ask('POST', '/rotation-orders', { payload })).statusCode).toBe(403)
  expect((await keyOf(deviceId)).rotation).toMatchObject({ reason: 'scheduled' })
})
