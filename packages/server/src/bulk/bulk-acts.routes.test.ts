import { randomUUID } from 'node:crypto'
import type {
  BulkActFailurePage,
  BulkActPage,
  BulkActPreview,
  BulkActView,
  NewBulkAct,
} from '@sanad/protocol/operator-api/bulk-acts'
import type { CommandPage } from '@sanad/protocol/operator-api/commands'
import type { RotationOrderView } from '@sanad/protocol/operator-api/keys'
import { type DeviceState, deviceLife } from '@sanad/protocol/domain/device-lifecycle'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeTestBulkActs } from '../../test/test-bulk-acts.ts'
import {
  type TestModels,
  approveTestDevice,
  makeTestModels,
  registerTestDevice,
} from '../../test/test-devices.ts'
import { type TestOperator, type TestPortal, startTestPortal } from '../../test/test-portal.ts'
import { readHead, readRecord } from '../record/event-reader.ts'
import { CommandDesk } from '../commands/command-desk.ts'
import { commandsRoutes } from '../commands/commands.routes.ts'
import { makeDeviceRegistry } from '../compose/device-registry.ts'
import { makeGroupRegistry } from '../compose/group-registry.ts'
import { fillOrders } from '../rotation/fill-orders.ts'
import { listOrders } from '../rotation/rotation-order-list.ts'

let portal: TestPortal
let officer: TestOperator
let models: TestModels
let bulk: ReturnType<typeof makeTestBulkActs>

beforeAll(async () => {
  portal = await startTestPortal({
    routes: ({ db: { database }, clock }) => [
      (bulk = makeTestBulkActs(database, clock)).routes,
      commandsRoutes({ database, desk: new CommandDesk({ database, clock }) }),
    ],
  })
  officer = await portal.signIn('security-officer')
  models = await makeTestModels(portal.db)
})
afterAll(() => portal[Symbol.asyncDispose]())

/** Each test has devices of its own, which its filter finds by the beginning of their numbers. */
let prefix: string
let made = 0
beforeEach(() => {
  prefix = `BULK${String(++made).padStart(3, '0')}X`
})

async function makeDevices(count: number, state: 'approved' | 'registered' = 'registered') {
  const ids: string[] = []
  for (let i = 0; i < count; i++) {
    const deviceId = await approveTestDevice(
      portal.db,
      models.face.modelId,
      `${prefix}${state[0]}${String(i).padStart(4, '0')}`,
    )
    if (state === 'registered') await registerTestDevice(portal.db, deviceId)
    ids.push(deviceId)
  }
  return ids
}

/** Many at once, without what registration does besides. */
async function insertDevices(count: number): Promise<void> {
  await portal.db.pool.query(
    `insert into device (device_id, model_id, serial_no, state, registered_at)
     select gen_random_uuid(), $1, $2 || n, 'registered', now() from generate_series(1, $3::int) n`,
    [models.face.modelId, prefix, count],
  )
}

/** As much of a certificate as rotation reads. */
async function certify(deviceIds: readonly string[]): Promise<void> {
  await portal.db.pool.query('alter table device_certificate disable trigger all')
  await portal.db.pool.query(
    `insert into device_certificate (thumbprint_sha256, serial_number, device_id, spki_sha256,
       provider_certificate_id, status, not_before, not_after, issued_at, crl_shard, der)
     select id, replace(id::text, '-', ''), id, id, gen_random_uuid(), 'active', now(),
       now() + interval '1 year', now(), 0, '' from unnest($1::uuid[]) id`,
    [deviceIds],
  )
}

const head = () => readHead(portal.db.database)
const found = () => ({ filter: { search: prefix } })

type Act = Omit<NewBulkAct, 'bulkActId' | 'selection'> & Partial<NewBulkAct>
const bodyOf = (act: Act) => ({ bulkActId: randomUUID(), selection: found(), ...act })

async function order(act: Act, as = officer): Promise<BulkActView> {
  const reply = await as.ask('POST', '/bulk-acts', { payload: bodyOf(act) })
  expect(reply.statusCode, reply.body).toBe(202)
  expect(reply.headers['location']).toContain('/bulk-acts/')
  return reply.json()
}

const read = async (bulkActId: string) =>
  (await officer.ask('GET', `/bulk-acts/${bulkActId}`)).json<BulkActView>()

async function done(act: Act): Promise<BulkActView> {
  const { bulkActId } = await order(act)
  await bulk.workOff()
  return read(bulkActId)
}

async function refused(act: Act, as = officer): Promise<object> {
  const before = await head()
  const reply = await as.ask('POST', '/bulk-acts', { payload: bodyOf(act) })
  expect(await head()).toBe(before)
  return reply.json()
}

async function states(): Promise<Record<DeviceState, number>> {
  const { rows } = await portal.db.pool.query<{ state: DeviceState; count: number }>(
    'select state, count(*) from device where serial_no like $1 group by state',
    [`${prefix}%`],
  )
  return Object.fromEntries(rows.map(({ state, count }) => [state, count])) as Record<
    DeviceState,
    number
  >
}

const eventsSince = async (seq: number) => {
  const { items } = await readRecord(portal.db.database, { limit: 200 })
  return items.filter(({ event }) => event.seq > seq).toReversed()
}

describe('an act on many devices', () => {
  it('is answered before it is done, and then does it to each as the single act does', async () => {
    const ids = await makeDevices(3)
    const before = await head()
    const ordered = await order({ act: 'suspend', reason: 'lost', note: 'Van stolen' })
    expect(ordered).toMatchObject({ state: 'queued', devices: 3, done: 0, reason: 'lost' })
    expect(await states()).toEqual({ registered: 3 })
    await bulk.workOff()
    expect(await read(ordered.bulkActId)).toMatchObject({ state: 'finished', done: 3, changed: 3 })
    expect(await states()).toEqual({ suspended: 3 })
    const items = await eventsSince(before)
    expect(items.map(({ event }) => event.type)).toEqual([
      'bulk-act.ordered',
      'device.suspended',
      'device.suspended',
      'device.suspended',
      'bulk-act.ended',
    ])
    const acted = items.filter(({ event }) => event.type === 'device.suspended')
    expect(new Set(acted.map(({ event }) => event.deviceId))).toEqual(new Set(ids))
    for (const { event, note } of acted) {
      expect(event).toMatchObject({
        actor: `operator:${officer.operatorId}`,
        data: { reason: 'lost' },
      })
      expect(note).toBe('Van stolen')
    }
  })

  it('leaves the record of one device as the single act leaves it', async () => {
    const [one = '', other = ''] = await makeDevices(2)
    await certify([one, other])
    const types = async (seq: number, deviceId: string) =>
      (await eventsSince(seq)).flatMap(({ event }) =>
        event.deviceId === deviceId ? [event.type] : [],
      )
    const before = await head()
    const registry = makeDeviceRegistry(portal.db.database)
    await registry.act(one, 'deregister', { reason: 'end-of-life' }, 'command-line')
    await done({
      act: 'deregister',
      reason: 'end-of-life',
      selection: { deviceIds: [other] },
    })
    expect(await types(before, other)).toEqual(await types(before, one))
    expect(await types(before, other)).toContain('certificate.revoked')
    const { rows } = await portal.db.pool.query(
      'select array_length(signers, 1) as signers from key_purge where device_id = any($1)',
      [[one, other]],
    )
    expect(rows).toEqual([{ signers: 1 }, { signers: 1 }])
  })

  it('names each device that it could not change, in a list and in a file', async () => {
    await makeDevices(2)
    await makeDevices(1, 'approved')
    const view = await done({ act: 'suspend', reason: 'policy' })
    expect(view).toMatchObject({ state: 'finished', done: 3, changed: 2, failed: 1 })
    const page = await officer.ask('GET', `/bulk-acts/${view.bulkActId}/failures`)
    expect(page.json<BulkActFailurePage>().items).toMatchObject([
      {
        serialNo: `${prefix}a0000`,
        code: 'device.transition-refused',
        detail: deviceLife.whyRefused('approved', 'suspend'),
      },
    ])
    const file = await officer.ask('GET', `/bulk-acts/${view.bulkActId}/failures.csv`)
    expect(file.body.trim().split(/\r?\n/)).toHaveLength(2)
  })

  it('goes on behind the last part when the server died in between, and does none twice', async () => {
    await insertDevices(600)
    const { bulkActId } = await order({ act: 'suspend', reason: 'policy' })
    // The first part alone, as if the process had been killed behind it.
    const killed = new AbortController()
    const { performers } = bulk
    const { work } = performers.suspend
    const once: typeof performers = {
      ...performers,
      suspend: {
        ...performers.suspend,
        work: async (...given) => {
          const worked = await work(...given)
          killed.abort()
          return worked
        },
      },
    }
    const { workOffAll } = await import('./work-off.ts')
    const { makeLogger } = await import('../platform/log.ts')
    const { database } = portal.db
    const options = { database, performers: once, clock: Date.now, log: makeLogger('silent') }
    await workOffAll(options, killed.signal)
    expect(await read(bulkActId)).toMatchObject({ state: 'running', done: 250, changed: 250 })
    expect(await states()).toEqual({ suspended: 250, registered: 350 })
    const before = await head()
    await bulk.workOff()
    expect(await read(bulkActId)).toMatchObject({ state: 'finished', done: 600, changed: 600 })
    expect((await head()) - before).toBe(350 + 1)
  })

  it('does nothing of a part whose transaction fails, tries again, and gives up with a code', async () => {
    await makeDevices(2)
    const { bulkActId } = await order({ act: 'suspend', reason: 'policy' })
    const { performers } = bulk
    const failing: typeof performers = {
      ...performers,
      suspend: {
        atOnce: 1,
        work: async (...given) => {
          await performers.suspend.work(...given)
          throw new Error('the disk is gone')
        },
      },
    }
    const { workOffAll } = await import('./work-off.ts')
    const { makeLogger } = await import('../platform/log.ts')
    const { database } = portal.db
    const options = {
      database,
      performers: failing,
      clock: Date.now,
      log: makeLogger('silent'),
    }
    for (let i = 0; i < 4; i++) await workOffAll(options)
    expect(await read(bulkActId)).toMatchObject({ state: 'running', done: 0 })
    expect(await states()).toEqual({ registered: 2 })
    await workOffAll(options)
    expect(await read(bulkActId)).toMatchObject({ state: 'failed', failureCode: 'server.internal' })
    expect(await states()).toEqual({ registered: 2 })
  })

  it('is cancelled: what is done stays, the rest is left, and twice is once', async () => {
    await makeDevices(2)
    const { bulkActId } = await order({ act: 'suspend', reason: 'policy' })
    const cancel = () => officer.ask('POST', `/bulk-acts/${bulkActId}/cancel`)
    expect((await cancel()).json()).toMatchObject({ state: 'cancelled', changed: 0 })
    const before = await head()
    expect((await cancel()).json()).toMatchObject({ state: 'cancelled' })
    await bulk.workOff()
    expect(await head()).toBe(before)
    expect(await states()).toEqual({ registered: 2 })
    const finished = await done({ act: 'suspend', reason: 'policy' })
    const late = await officer.ask('POST', `/bulk-acts/${finished.bulkActId}/cancel`)
    expect(late.json()).toMatchObject({ code: 'bulk-act.state-refused' })
  })

  it('is ordered once by three posts of the same request, and refuses another under its id', async () => {
    await makeDevices(2)
    const act = bodyOf({ act: 'suspend', reason: 'policy' })
    const replies = await Promise.all(
      [1, 2, 3].map(() => officer.ask('POST', '/bulk-acts', { payload: act })),
    )
    expect(replies.map(({ statusCode }) => statusCode)).toEqual([202, 202, 202])
    await bulk.workOff()
    const again = await officer.ask('POST', '/bulk-acts', { payload: act })
    expect(again.json()).toMatchObject({ state: 'finished', changed: 2 })
    expect(await refused({ ...act, reason: 'lost' })).toMatchObject({ code: 'request.conflict' })
    const stranger = await portal.signIn('operator')
    expect(await refused(act, stranger)).toMatchObject({ code: 'request.conflict' })
  })

  it('counts the hours of its filter from its order', async () => {
    const [early = ''] = await makeDevices(1)
    await portal.db.pool.query('update device set registered_at = $2 where device_id = $1', [
      early,
      new Date(Date.now() - 2 * 3_600_000),
    ])
    const filter = { search: prefix, silentForHours: 1 }
    const { bulkActId } = await order({ act: 'suspend', reason: 'policy', selection: { filter } })
    // An hour passes while it waits for its turn; one more device has been silent for an hour by then.
    await makeDevices(0)
    await portal.db.pool.query(
      `insert into device (device_id, model_id, serial_no, state, registered_at)
       values (gen_random_uuid(), $1, $2, 'registered', now())`,
      [models.face.modelId, `${prefix}late`],
    )
    const later = makeTestBulkActs(portal.db.database, () => Date.now() + 2 * 3_600_000)
    await later.workOff()
    expect(await read(bulkActId)).toMatchObject({ done: 1, changed: 1 })
    expect(await states()).toEqual({ suspended: 1, registered: 1 })
  })

  it('ends with a code when its group is deleted before its turn', async () => {
    await makeDevices(1)
    const groups = makeGroupRegistry({ database: portal.db.database, markets: () => [] })
    const { groupId } = await groups.create({ name: `Short-lived ${prefix}` }, 'command-line')
    const { bulkActId } = await order({ act: 'assign-group', groupId })
    await groups.delete(groupId, 'command-line')
    await bulk.workOff()
    expect(await read(bulkActId)).toMatchObject({
      state: 'failed',
      failureCode: 'group.not-found',
      group: { groupId, name: '' },
    })
  })

  it.each([
    ['without its reason', { act: 'block' }, 'body/reason: block needs it'],
    ['with what is another’s', { act: 'block', reason: 'lost', groupId: 'none' }, 'body/groupId'],
    ['without its group', { act: 'assign-group' }, 'body/groupId: assign-group needs it'],
  ] as const)('is refused %s, and nothing is ordered', async (_what, act, detail) => {
    const reply = (await refused(act)) as { code: string; detail: string }
    expect(reply.code).toBe('request.malformed')
    expect(reply.detail).toContain(detail)
  })

  it('is refused for a device or a group that is not there', async () => {
    const selection = { deviceIds: [randomUUID()] }
    expect(await refused({ act: 'suspend', reason: 'lost', selection })).toMatchObject({
      code: 'device.not-found',
    })
    expect(await refused({ act: 'assign-group', groupId: randomUUID() })).toMatchObject({
      code: 'group.not-found',
    })
  })

  it('refuses more than twenty that are not over', async () => {
    await makeDevices(1)
    const waiting: string[] = []
    for (let i = 0; i < 20; i++)
      waiting.push((await order({ act: 'resume', reason: 'found' })).bulkActId)
    expect(await refused({ act: 'resume', reason: 'found' })).toMatchObject({
      code: 'bulk-act.too-many-waiting',
    })
    await bulk.workOff()
    expect(await read(waiting[0] ?? '')).toMatchObject({ state: 'finished', failed: 1 })
  })
})

describe('who may act on many', () => {
  it.each([
    ['operator', 'suspend', true],
    ['operator', 'resume', true],
    ['operator', 'deregister', false],
    ['operator', 'block', false],
    ['security-officer', 'deregister', true],
    ['security-officer', 'block', true],
    ['technician', 'suspend', false],
    ['auditor', 'suspend', false],
  ] as const)('%s, %s: %s', async (role, act, isAllowed) => {
    await makeDevices(1)
    const asker = await portal.signIn(role)
    if (isAllowed) {
      await order({ act, reason: 'policy' }, asker)
      return bulk.workOff()
    }
    const code = 'operator.permission-missing'
    expect(await refused({ act, reason: 'policy' }, asker)).toMatchObject({ code })
    const { bulkActId: _, ...preview } = bodyOf({ act, reason: 'policy' })
    const previewed = await asker.ask('POST', '/bulk-acts/preview', { payload: preview })
    expect(previewed.json()).toMatchObject({ code })
  })

  it('lets an operator cancel nothing that he could not order', async () => {
    await makeDevices(1)
    const { bulkActId } = await order({ act: 'block', reason: 'stolen' })
    const operator = await portal.signIn('operator')
    const reply = await operator.ask('POST', `/bulk-acts/${bulkActId}/cancel`)
    expect(reply.json()).toMatchObject({ code: 'operator.permission-missing' })
    expect(await read(bulkActId)).toMatchObject({ state: 'queued' })
    await bulk.workOff()
  })

  it('keeps a command that de-registers to those who may de-register many', async () => {
    await makeDevices(1)
    const operator = await portal.signIn('operator')
    const command = { type: 'deregister', body: { reason: 'lost' } } as const
    expect(await refused({ act: 'send-command', command }, operator)).toMatchObject({
      code: 'operator.permission-missing',
    })
  })
})

describe('POST /bulk-acts/preview', () => {
  it('says whom an act would touch, who is left out and why, and changes nothing', async () => {
    await makeDevices(3)
    await makeDevices(2, 'approved')
    const before = await head()
    const reply = await officer.ask('POST', '/bulk-acts/preview', {
      payload: { act: 'suspend', reason: 'policy', selection: found() },
    })
    expect(reply.json<BulkActPreview>()).toEqual({
      devices: 5,
      connected: 0,
      states: { approved: 2, registered: 3, suspended: 0, deregistered: 0, blocked: 0 },
      models: [{ modelId: models.face.modelId, make: 'Example', model: 'Face 7', devices: 5 }],
      otherModels: 0,
      markets: [{ country: null, environment: null, devices: 5 }],
      willChange: 3,
      willRefuse: [
        {
          code: 'device.transition-refused',
          state: 'approved',
          reason: deviceLife.whyRefused('approved', 'suspend'),
          devices: 2,
        },
      ],
      unchanged: 0,
    })
    expect(await head()).toBe(before)
  })

  it('foretells what then happens, for every act', async () => {
    const ids = await makeDevices(3)
    await makeDevices(1, 'approved')
    await certify(ids.slice(0, 2))
    const groups = makeGroupRegistry({ database: portal.db.database, markets: () => [] })
    const { groupId } = await groups.create({ name: `Foretold ${prefix}` }, 'command-line')
    await groups.assign(groupId, ids.slice(0, 1), 'command-line')
    const acts: readonly Act[] = [
      { act: 'assign-group', groupId },
      { act: 'rotate-key', reason: 'policy' },
      { act: 'send-command', command: { type: 'collect-information', body: {} } },
      { act: 'suspend', reason: 'policy' },
      { act: 'resume', reason: 'found' },
      { act: 'block', reason: 'stolen' },
      { act: 'deregister', reason: 'end-of-life' },
    ]
    for (const act of acts) {
      const { bulkActId: _, ...payload } = bodyOf(act)
      const reply = await officer.ask('POST', '/bulk-acts/preview', { payload })
      expect(reply.statusCode, reply.body).toBe(200)
      const preview = reply.json<BulkActPreview>()
      const view = await done(act)
      const foretold = preview.willRefuse.reduce((sum, { devices }) => sum + devices, 0)
      expect({ act, changed: view.changed, failed: view.failed }).toEqual({
        act,
        changed: preview.willChange,
        failed: foretold,
      })
    }
  })
})

describe('rotation and commands for many', () => {
  const rotationOrder = async (bulkActId: string): Promise<RotationOrderView | undefined> =>
    (await listOrders(portal.db.database, {})).items.find(({ orderId }) => orderId === bulkActId)

  it('makes one order to rotate, with a window for each device', async () => {
    const ids = await makeDevices(4)
    await certify(ids)
    const { bulkActId } = await done({ act: 'rotate-key', reason: 'policy', withinHours: 8 })
    expect(await rotationOrder(bulkActId)).toMatchObject({ state: 'running', devices: 4 })
    const { rows } = await portal.db.pool.query<{ windows: number; first: number }>(
      `select count(distinct window_start) as windows, count(*) filter (where outcome is null) as first
       from rotation_order_device where order_id = $1`,
      [bulkActId],
    )
    expect(rows).toEqual([{ windows: 4, first: 4 }])
  })

  it('shows an order to rotate as filling until the bulk act ends, and counts the devices it took', async () => {
    const [withKey = ''] = await makeDevices(3)
    await certify([withKey])
    const { bulkActId } = await order({ act: 'rotate-key', reason: 'policy' })
    expect(await rotationOrder(bulkActId)).toMatchObject({ filling: { done: 0, devices: 3 } })
    await fillOrders({ database: portal.db.database, clock: Date.now })
    expect(await rotationOrder(bulkActId)).toMatchObject({ filling: { done: 0, devices: 3 } })
    await bulk.workOff()
    expect(await rotationOrder(bulkActId)).toMatchObject({ filling: null, devices: 1 })
  })

  it('closes an order to rotate when its bulk act is cancelled', async () => {
    const ids = await makeDevices(2)
    await certify(ids)
    const { bulkActId } = await order({ act: 'rotate-key', reason: 'policy' })
    await officer.ask('POST', `/bulk-acts/${bulkActId}/cancel`)
    expect(await rotationOrder(bulkActId)).toMatchObject({
      state: 'done',
      filling: null,
      devices: 0,
    })
  })

  it('sends one command to each that takes commands, under one order', async () => {
    const ids = await makeDevices(3)
    const command = { type: 'collect-information', body: {} } as const
    expect(await done({ act: 'send-command', command })).toMatchObject({ changed: 3 })
    for (const deviceId of ids) {
      const page = await officer.ask('GET', `/commands?deviceId=${deviceId}`)
      expect(page.json<CommandPage>().items).toMatchObject([{ type: 'collect-information' }])
    }
  })

  it('refuses a command to more devices than a campaign should have', async () => {
    await insertDevices(10_001)
    const command = { type: 'collect-information', body: {} } as const
    expect(await refused({ act: 'send-command', command })).toMatchObject({
      code: 'bulk-act.too-many-devices',
    })
  })
})

describe('GET /bulk-acts', () => {
  it('lists them newest first, page by page, by state', async () => {
    await makeDevices(1)
    const first = await done({ act: 'suspend', reason: 'policy' })
    const second = await done({ act: 'resume', reason: 'found' })
    const ask = async (query: string) =>
      (await officer.ask('GET', `/bulk-acts?${query}`)).json<BulkActPage>()
    const page = await ask('limit=1&state=finished')
    expect(page.items).toEqual([second])
    expect((await ask(`limit=1&state=finished&after=${page.next}`)).items).toEqual([first])
    const none = await officer.ask('GET', `/bulk-acts/${randomUUID()}`)
    expect(none.json()).toMatchObject({ code: 'bulk-act.not-found' })
  })
})
