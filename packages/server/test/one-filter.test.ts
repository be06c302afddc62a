import { randomUUID } from 'node:crypto'
import type { BulkActPreview } from '@sanad/protocol/operator-api/bulk-acts'
import type { DeviceCounts, DeviceFilter, DeviceList } from '@sanad/protocol/operator-api/devices'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { campaignKinds } from '../src/campaigns/campaign-kinds.ts'
import { previewCampaign } from '../src/campaigns/campaign-preview.ts'
import { Campaigns } from '../src/campaigns/campaigns.ts'
import { fillCampaigns } from '../src/campaigns/fill-campaigns.ts'
import { makeDeviceRegistry } from '../src/compose/device-registry.ts'
import { devicesRoutes } from '../src/fleet/devices.routes.ts'
import { takeFound } from '../src/fleet/take-found.ts'
import { RotationOrders } from '../src/rotation/rotation-orders.ts'
import { fillOrders } from '../src/rotation/fill-orders.ts'
import { makeTestBulkActs } from './test-bulk-acts.ts'
import { type TestModels, makeTestModels } from './test-devices.ts'
import { type TestOperator, type TestPortal, startTestPortal } from './test-portal.ts'

/** Whatever is filtered by, the list, its counts, the file, acts, campaigns and orders mean the same devices. */

let portal: TestPortal
let officer: TestOperator
let models: TestModels
const NOW = Date.parse('2026-06-01T12:00:00.000Z')
const clock = () => NOW
const GROUPS = [randomUUID(), randomUUID()]
const STATES = ['approved', 'registered', 'suspended', 'deregistered', 'blocked'] as const
const DEVICES = 60

beforeAll(async () => {
  portal = await startTestPortal({
    clock,
    routes: ({ db: { database } }) => [
      devicesRoutes({ database, clock, devices: makeDeviceRegistry(database, clock) }),
      makeTestBulkActs(database, clock).routes,
    ],
  })
  officer = await portal.signIn('security-officer')
  models = await makeTestModels(portal.db)
  const { pool } = portal.db
  await pool.query(
    `insert into device_group (group_id, name, country, environment)
      values ($1, 'North', 'ET', 'production'), ($2, 'South', null, null)`,
    GROUPS,
  )
  await pool.query(
    `insert into device (device_id, model_id, serial_no, state, registered_at, group_id)
      select gen_random_uuid(), ($1::uuid[])[1 + n % 2], 'ONE' || n, ($2::text[])[1 + n % 5],
        case when n % 5 > 0 then $4::timestamptz - make_interval(hours => n) end, ($3::uuid[])[1 + n % 3]
      from generate_series(1, ${DEVICES}) n`,
    [[models.face.modelId, models.slap.modelId], STATES, GROUPS, new Date(NOW)],
  )
  await pool.query(
    `insert into device_presence (device_id, last_seq, last_check_in_at, service_version, firmware)
      select device_id, 1, $1::timestamptz - make_interval(hours => right(serial_no, 1)::int * 10), '2.' || right(serial_no, 1),
        'fw' || left(right(serial_no, 2), 1)
      from device where serial_no ~ '[0-6]$'`,
    [new Date(NOW)],
  )
  await pool.query('alter table device_certificate disable trigger all')
  await pool.query(
    `insert into device_certificate (thumbprint_sha256, serial_number, device_id, spki_sha256,
        provider_certificate_id, status, not_before, not_after, issued_at, crl_shard, der)
      select device_id::text, device_id::text, device_id, device_id::text, gen_random_uuid(), 'active',
        $1::timestamptz - interval '40 days', $1::timestamptz + make_interval(days => right(serial_no, 1)::int - 2),
        $1::timestamptz - interval '40 days', 0, ''
      from device where serial_no ~ '[1-8]$' and state in ('registered', 'suspended')`,
    [new Date(NOW)],
  )
}, 60_000)
afterAll(() => portal[Symbol.asyncDispose]())

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 3, nil: undefined })

const FILTERS = () =>
  fc.record({
    search: maybe(fc.constantFrom('one', 'ONE1', '5', 'example', 'one 2', '%', '_', 'none')),
    serialNo: fc.option(fc.constantFrom('ONE7', 'one7'), { freq: 12, nil: undefined }),
    state: maybe(fc.uniqueArray(fc.constantFrom(...STATES), { minLength: 1 })),
    make: fc.option(fc.constantFrom('Example', 'example'), { freq: 6, nil: undefined }),
    modelId: maybe(fc.constantFrom(models.face.modelId, models.slap.modelId)),
    groupId: maybe(fc.constantFrom(...GROUPS, 'none')),
    country: fc.option(fc.constantFrom('ET', 'PH'), { freq: 6, nil: undefined }),
    connected: fc.option(fc.boolean(), { freq: 6, nil: undefined }),
    serviceVersion: fc.option(fc.constantFrom('2.1', '2.5'), { freq: 8, nil: undefined }),
    firmware: fc.option(fc.constantFrom('fw1', 'fw4'), { freq: 8, nil: undefined }),
    expiresWithinDays: maybe(fc.integer({ min: 0, max: 6 })),
    silentForHours: maybe(fc.integer({ min: 1, max: 80 })),
  })

type Given = { readonly [Name in keyof DeviceFilter]?: DeviceFilter[Name] | undefined }
const said = (given: Given): DeviceFilter =>
  // What is undefined is not said.
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))

const asQuery = (filter: DeviceFilter): string =>
  new URLSearchParams(
    Object.entries(filter).flatMap(([name, value]) =>
      [value].flat().map((each): [string, string] => [name, String(each)]),
    ),
  ).toString()

const rowsOf = async (table: string, id: string, value: string) => {
  const { rows } = await portal.db.pool.query<{ device_id: string }>(
    `select device_id from ${table} where ${id} = $1 order by device_id`,
    [value],
  )
  return rows.map(({ device_id }) => device_id)
}

async function keyed(deviceIds: readonly string[]): Promise<readonly string[]> {
  const { rows } = await portal.db.pool.query<{ device_id: string }>(
    `select device_id from device d where device_id = any($1) and state = 'registered'
      and exists (select from device_certificate c where c.device_id = d.device_id) order by device_id`,
    [deviceIds],
  )
  return rows.map(({ device_id }) => device_id)
}

async function listed(filter: DeviceFilter): Promise<DeviceList['items']> {
  const reply = await officer.ask('GET', `/devices?limit=100&${asQuery(filter)}`)
  expect(reply.statusCode, reply.body).toBe(200)
  return reply.json<DeviceList>().items
}

it('every combination gives the same devices everywhere', async () => {
  const { database } = portal.db
  const kinds = campaignKinds({ forRotations: 10 })
  const campaigns = [undefined, 0].map(
    (mostAtOnce) => new Campaigns({ ...atOnce(mostAtOnce), kinds }),
  )
  const orders = [undefined, 0].map(
    (mostAtOnce) => new RotationOrders({ ...atOnce(mostAtOnce), pace: { forRotations: 10 } }),
  )
  const check = async (given: Given): Promise<void> => {
    const filter = said(given)
    const items = await listed(filter)
    const ids = items.map(({ deviceId }) => deviceId).toSorted()
    const counts = await officer.ask('GET', `/devices/counts?${asQuery(filter)}`)
    expect(counts.json<DeviceCounts>().total).toBe(ids.length)
    const file = await officer.ask('GET', `/devices/export?${asQuery(filter)}`)
    expect(file.body.trim().split(/\r?\n/)).toHaveLength(1 + ids.length)
    const payload = { act: 'suspend', reason: 'policy', selection: { filter } }
    const preview = await officer.ask('POST', '/bulk-acts/preview', { payload })
    expect(preview.json<BulkActPreview>().devices).toBe(ids.length)
    const whole = { place: null, count: 1000, now: NOW }
    const found = await database.transaction().execute((tx) => takeFound(tx, filter, whole))
    expect(found).toEqual(ids)

    const tellable = items
      .filter(({ state }) => state === 'registered' || state === 'suspended')
      .map(({ deviceId }) => deviceId)
      .toSorted()
    expect(await previewCampaign({ database, kinds }, { filter }, NOW)).toMatchObject({
      devices: tellable.length,
      leftOut: ids.length - tellable.length,
    })
    const { operatorId } = officer
    for (const each of campaigns) {
      const { campaignId } = await each.create(campaignOf(filter), operatorId)
      await fillCampaigns({ database, kinds, clock }, undefined, 7)
      expect(await rowsOf('campaign_device', 'campaign_id', campaignId)).toEqual(tellable)
    }
    for (const each of orders) {
      const { orderId } = await each.give({ filter, reason: 'policy' }, operatorId)
      await fillOrders({ database, clock }, undefined, 7)
      expect(await rowsOf('rotation_order_device', 'order_id', orderId)).toEqual(await keyed(ids))
    }
  }
  await fc.assert(fc.asyncProperty(FILTERS(), check), { numRuns: 40 })
}, 120_000)

const atOnce = (mostAtOnce: number | undefined) => ({
  database: portal.db.database,
  clock,
  ...(mostAtOnce !== undefined && { mostAtOnce }),
})

const campaignOf = (filter: DeviceFilter) => ({
  campaignId: randomUUID(),
  name: 'Whom it means',
  filter,
  command: { type: 'collect-information', body: {} } as const,
  perMinute: 1,
  abort: { failedPercent: 50, ofAtLeast: 20 },
})
