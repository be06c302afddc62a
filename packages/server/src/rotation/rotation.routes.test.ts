import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type {
  DeviceKeyView,
  RotationOrderPage,
  RotationOrderPreview,
  RotationOrderView,
} from '@sanad/protocol/operator-api/keys'
import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type TestModels,
  approveTestDevice,
  makeTestModels,
  registerTestDevice,
} from '../../test/test-devices.ts'
import { type TestOperator, type TestPortal, startTestPortal } from '../../test/test-portal.ts'
import { readHead } from '../record/event-reader.ts'
import { ProviderCertificates } from '../certificates/provider-certificates.ts'
import { PolicyBook } from '../policies/policy-book.ts'
import { confirmRotations } from './confirm-rotations.ts'
import { fillOrders } from './fill-orders.ts'
import { settleOrders } from './settle-orders.ts'
import { RotationOrders } from './rotation-orders.ts'
import { RotationPlanner } from './rotation-planner.ts'
import { rotationRoutes } from './rotation.routes.ts'

/** Operators order keys to rotate before their time, and see how each device’s key stands. */

const NOW = Date.parse('2027-03-10T12:00:00Z')
/** Certificates a second that rotations may take. */
const PER_SECOND = 0.01

let portal: TestPortal
let officer: TestOperator
let models: TestModels
let now = NOW
beforeAll(async () => {
  const clock = () => now
  portal = await startTestPortal({
    clock: Date.now,
    routes: ({ db: { database } }) => [
      async (app) => {
        const policies = await PolicyBook.open(database, DEFAULT_POLICY_SETTINGS)
        const planner = new RotationPlanner(await ProviderCertificates.open(database))
        const pace = { forRotations: PER_SECOND }
        const orders = new RotationOrders({ database, pace, clock })
        await rotationRoutes({ database, policies, planner, clock, orders })(app)
      },
    ],
  })
  officer = await portal.signIn('security-officer')
  models = await makeTestModels(portal.db)
})
afterAll(() => portal[Symbol.asyncDispose]())
beforeEach(() => {
  now += HOUR_MS
})

/** A row as issuance leaves it; what is in the certificate plays no part here. */
async function addCertificate(
  deviceId: string,
  { status = 'active', replaces = null as string | null } = {},
): Promise<{ thumbprint: string; serialNumber: string }> {
  const der = randomBytes(32)
  const thumbprint = createHash('sha256').update(der).digest('base64url')
  const serialNumber = randomBytes(16).toString('hex')
  const { pool } = portal.db
  await pool.query(
    `insert into provider_certificate (id, country, environment, thumbprint_sha256, hsm_key_id, crl_name,
        organisation, not_before, not_after, der, issuers, state, imported_at)
      values ($1, 'ET', 'staging', 'none', repeat('0', 64), repeat('0', 16), 'Nobody', now(),
        now() + interval '1 year', '', '{}', 'retired', now())
      on conflict do nothing`,
    [NOBODY],
  )
  await pool.query(
    `insert into certificate_intent (serial_number, device_id, spki_sha256, provider_certificate_id, state,
        planned_at, settled_at, common_name, crl_shard, crl_url, not_before, not_after, purpose, replaces)
      values ($1, $2, $3, $4, 'issued', $5, $5, 'x', 0, 'x', $5, $6, $7, $8)`,
    [
      serialNumber,
      deviceId,
      randomBytes(32).toString('hex'),
      NOBODY,
      new Date(now),
      new Date(now + 40 * DAY_MS),
      replaces === null ? 'registration' : 'rotation',
      replaces,
    ],
  )
  await pool.query(
    `insert into device_certificate (thumbprint_sha256, serial_number, device_id, spki_sha256,
        provider_certificate_id, status, not_before, not_after, issued_at, crl_shard, der, purpose, replaces)
      select $1, serial_number, device_id, spki_sha256, provider_certificate_id, $2, not_before, not_after,
        planned_at, 0, $3, purpose, replaces
      from certificate_intent where serial_number = $4`,
    [thumbprint, status, der, serialNumber],
  )
  return { thumbprint, serialNumber }
}
const NOBODY = '11111111-1111-4111-8111-111111111111'

async function addDevice(): Promise<{
  deviceId: string
  thumbprint: string
  serialNumber: string
}> {
  const deviceId = await approveTestDevice(portal.db, models.face.modelId)
  await registerTestDevice(portal.db, deviceId)
  return { deviceId, ...(await addCertificate(deviceId)) }
}

const addDevices = (count: number) => Promise.all(Array.from({ length: count }, addDevice))

async function order(payload: object): Promise<RotationOrderView> {
  const reply = await officer.ask('POST', '/rotation-orders', { payload })
  expect(reply.statusCode, reply.body).toBe(201)
  return reply.json()
}
const list = async (query = '') =>
  (await officer.ask('GET', `/rotation-orders${query}`)).json<RotationOrderPage>()
const keyOf = async (deviceId: string) =>
  (await officer.ask('GET', `/devices/${deviceId}/key`)).json<DeviceKeyView>()
const head = () => readHead(portal.db.database)

async function windowsOf(orderId: string): Promise<{ start: number; end: number }[]> {
  const { rows } = await portal.db.pool.query<{ start: Date; end: Date }>(
    'select window_start as start, window_end as end from rotation_order_device where order_id = $1 order by window_start',
    [orderId],
  )
  return rows.map(({ start, end }) => ({ start: start.getTime(), end: end.getTime() }))
}

/** As the first message under the successor does. */
async function confirm(deviceId: string, thumbprint: string): Promise<void> {
  const confirmations = confirmRotations(() => now)
  await portal.db.database.transaction().execute(async (tx) => {
    await confirmations.hold(tx, [{ deviceId, thumbprint }])
    await confirmations.confirm(tx, [{ deviceId, thumbprint }])
  })
}

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
      windowStart: new Date(now).toISOString(),
      windowEnd: new Date(now + 2 * HOUR_MS).toISOString(),
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
    expect(windows[0]!.start).toBe(now)
    expect(windows[4]!.end).toBe(now + 10 * HOUR_MS)
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
    now += HOUR_MS
    const given = await order({ deviceIds: [device.deviceId], reason: 'tampered', withinHours: 1 })
    expect((await keyOf(device.deviceId)).rotation).toMatchObject({
      reason: 'ordered',
      start: given.windowStart,
    })

    now += HOUR_MS
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
    now += HOUR_MS
    const given = await order({ deviceIds: [device.deviceId], reason: 'policy', withinHours: 1 })
    await confirm(device.deviceId, next.thumbprint)
    expect((await list()).items[0]).toMatchObject({ orderId: given.orderId, state: 'running' })
    expect((await keyOf(device.deviceId)).rotation).toMatchObject({ reason: 'ordered' })
  })

  it('replaces a device’s waiting rotation order by a later one', async () => {
    const { deviceId } = await addDevice()
    const first = await order({ deviceIds: [deviceId], reason: 'policy' })
    now += HOUR_MS
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

describe('the key of a device', () => {
  it('shows a device’s key with current certificate, waiting certificate and policy', async () => {
    const device = await addDevice()
    const next = await addCertificate(device.deviceId, {
      status: 'pending',
      replaces: device.thumbprint,
    })
    expect(await keyOf(device.deviceId)).toMatchObject({
      deviceId: device.deviceId,
      active: { serialNumber: device.serialNumber, state: 'active' },
      pending: { serialNumber: next.serialNumber },
      rotation: { reason: 'scheduled' },
      policy: { version: 1, settings: DEFAULT_POLICY_SETTINGS },
      group: null,
      certificateInUse: null,
      recoverableUntil: null,
      purge: null,
    })
  })

  it('shows whether an expired key can still recover', async () => {
    const device = await addDevice()
    const end = now + 40 * DAY_MS
    now += 41 * DAY_MS
    expect(await keyOf(device.deviceId)).toMatchObject({
      active: { state: 'expired' },
      rotation: null,
      recoverableUntil: new Date(end + 14 * DAY_MS).toISOString(),
    })
    now -= 41 * DAY_MS
  })

  it('shows no key of an unregistered device, and 404 for an unknown one', async () => {
    const deviceId = await approveTestDevice(portal.db, models.face.modelId)
    expect(await keyOf(deviceId)).toMatchObject({ active: null, pending: null, rotation: null })
    expect((await officer.ask('GET', `/devices/${randomUUID()}/key`)).statusCode).toBe(404)
  })
})

it('refuses rotation orders without the permission', async () => {
  const auditor = await portal.signIn('auditor')
  const { deviceId } = await addDevice()
  const payload = { deviceIds: [deviceId], reason: 'policy' }
  expect((await auditor.ask('POST', '/rotation-orders', { payload })).statusCode).toBe(403)
  expect((await keyOf(deviceId)).rotation).toMatchObject({ reason: 'scheduled' })
})

describe('an order by a filter that finds more than a request gathers', () => {
  let large: RotationOrders
  let by: string
  beforeAll(async () => {
    const { database, pool } = portal.db
    const clock = () => now
    large = new RotationOrders({ database, pace: { forRotations: 1000 }, clock, mostAtOnce: 2 })
    const { rows } = await pool.query<{ operator_id: string }>(
      'select operator_id from operator where name = $1',
      [officer.name],
    )
    by = rows[0]!.operator_id
  })
  const fill = (atOnce?: number) =>
    fillOrders({ database: portal.db.database, clock: () => now }, undefined, atOnce)
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
    now += HOUR_MS
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
    now += HOUR_MS
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

  it('is cancelled while its devices are gathered, and neither waits for the other for ever', async () => {
    const { devices, filter } = await addGroup(12)
    for (let round = 0; round < 6; round++) {
      const { orderId } = await large.give({ filter, reason: 'policy' }, by)
      const settle = settleOrders({ database: portal.db.database, clock: () => now })
      await Promise.all([fill(1), large.cancel(orderId, by), settle])
      await settleOrders({ database: portal.db.database, clock: () => now })
      expect(await read(orderId)).toMatchObject({ state: 'cancelled', cancelling: null })
    }
    for (const { deviceId } of devices)
      expect((await keyOf(deviceId)).rotation).toMatchObject({ reason: 'scheduled' })
  })

  it('is cancelled at once, and lets its devices go afterwards, a part at a time', async () => {
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
    await settleOrders({ database, clock: () => now })
    expect(await read(orderId)).toMatchObject({ state: 'cancelled', cancelling: null })
    const outcomes = await outcomesOf(orderId)
    expect(devices.map(({ deviceId }) => outcomes.get(deviceId))).toEqual(
      devices.map(() => 'cancelled'),
    )
    expect(await head()).toBe(before + 1)
    for (const { deviceId } of devices)
      expect((await keyOf(deviceId)).rotation).toMatchObject({ reason: 'scheduled' })
  })

  it('wakes each of its devices when its own window begins, and none that has rotated', async () => {
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
        await settleOrders({ database: portal.db.database, clock: () => now })
        await listener.query('select')
      }
      await settle()
      expect(woken).toHaveLength(1)
      await settle()
      expect(woken).toHaveLength(1)
      now += 8 * HOUR_MS
      await settle()
      const waiting = devices.map(({ deviceId }) => deviceId).filter((id) => id !== second)
      expect(woken.toSorted()).toEqual(waiting.toSorted())
    } finally {
      listener.release(true)
    }
    await large.cancel(orderId, by)
  })

  it('is given once by the same request, and refuses another under its id', async () => {
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
