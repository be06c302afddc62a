import { randomUUID } from 'node:crypto'
import type { BulkActView, NewBulkAct } from '@sanad/protocol/operator-api/bulk-acts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sequenceEvents } from '../record/sequencer.ts'
import { makeTestBulkActs } from '../../test/test-bulk-acts.ts'
import { type TestModels, makeTestModels } from '../../test/test-devices.ts'
import { type TestOperator, type TestPortal, startTestPortal } from '../../test/test-portal.ts'
import { makeLogger } from '../platform/log.ts'
import { workOffAll } from './work-off.ts'

/** Acts on many devices that meet each other, operators who are sent away, and devices that are not there. */

let portal: TestPortal
let officer: TestOperator
let models: TestModels
let bulk: ReturnType<typeof makeTestBulkActs>
beforeAll(async () => {
  portal = await startTestPortal({
    routes: ({ db: { database }, clock }) => [(bulk = makeTestBulkActs(database, clock)).routes],
  })
  officer = await portal.signIn('security-officer')
  models = await makeTestModels(portal.db)
})
afterAll(() => portal[Symbol.asyncDispose]())

let prefix: string
let made = 0
beforeEach(() => {
  prefix = `MEET${String(++made).padStart(3, '0')}X`
})

async function insertDevices(count: number): Promise<string[]> {
  const { rows } = await portal.db.pool.query<{ device_id: string }>(
    `insert into device (device_id, model_id, serial_no, state, registered_at)
      select gen_random_uuid(), $1, $2 || n, 'registered', now() from generate_series(1, $3::int) n
      returning device_id`,
    [models.face.modelId, prefix, count],
  )
  return rows.map(({ device_id }) => device_id)
}

type Act = Omit<NewBulkAct, 'bulkActId' | 'selection'> & Partial<NewBulkAct>
const ask = (act: Act, as = officer) =>
  as.ask('POST', '/bulk-acts', {
    payload: { bulkActId: randomUUID(), selection: { filter: { search: prefix } }, ...act },
  })
async function order(act: Act, as = officer): Promise<string> {
  const reply = await ask(act, as)
  expect(reply.statusCode, reply.body).toBe(202)
  return reply.json<BulkActView>().bulkActId
}
const read = async (bulkActId: string) =>
  (await officer.ask('GET', `/bulk-acts/${bulkActId}`)).json<BulkActView>()

async function states(): Promise<Record<string, number>> {
  const { rows } = await portal.db.pool.query<{ state: string; count: number }>(
    'select state, count(*)::int as count from device where serial_no like $1 group by state',
    [`${prefix}%`],
  )
  return Object.fromEntries(rows.map(({ state, count }) => [state, count]))
}

async function eventsOf(deviceId: string): Promise<readonly string[]> {
  await sequenceEvents(portal.db.database)
  const { rows } = await portal.db.pool.query<{ type: string }>(
    'select type from event where device_id = $1 order by seq',
    [deviceId],
  )
  return rows.map(({ type }) => type)
}

/** One part of so many devices; then something happens; then the rest. */
async function betweenParts(
  act: 'suspend' | 'block',
  atOnce: number,
  happen: () => Promise<unknown>,
): Promise<void> {
  const { performers } = bulk
  let parts = 0
  const { database } = portal.db
  const gone = new AbortController()
  const work: (typeof performers)[typeof act]['work'] = async (...given) => {
    if (++parts === 1) gone.abort()
    return performers[act].work(...given)
  }
  const options = {
    database,
    performers: { ...performers, [act]: { atOnce, work } },
    clock: Date.now,
    log: makeLogger('silent'),
  }
  await workOffAll(options, gone.signal)
  expect(parts).toBe(1)
  await happen()
  await workOffAll(options)
}

describe('devices that are named', () => {
  it('takes the same devices in another order for the same request, and refuses a device named twice', async () => {
    const [first = '', second = ''] = await insertDevices(2)
    const act = { act: 'suspend', reason: 'policy', bulkActId: randomUUID() } as const
    await order({ ...act, selection: { deviceIds: [first, second] } })
    await order({ ...act, selection: { deviceIds: [second, first] } })
    const twice = await ask({ ...act, selection: { deviceIds: [first, second, first] } })
    expect(twice.json()).toMatchObject({
      code: 'request.malformed',
      detail: 'body/selection/deviceIds',
    })
    await bulk.workOff()
    expect(await read(act.bulkActId)).toMatchObject({ state: 'finished', changed: 2, failed: 0 })
    expect(await eventsOf(first)).toEqual(['device.suspended'])
  })

  it('refuses a bulk act on no device, on unknown devices, and on more than a request may name', async () => {
    const many = Array.from({ length: 10_001 }, () => randomUUID())
    const cases = [
      [many, 'request.too-large'],
      [many.slice(0, 1001), 'request.malformed'],
      [[], 'request.malformed'],
      [['not-an-id'], 'request.malformed'],
      [[null], 'request.malformed'],
      [many.slice(0, 1000), 'device.not-found'],
    ] as const
    for (const [deviceIds, code] of cases) {
      const selection = { deviceIds } as unknown as NewBulkAct['selection']
      const reply = await ask({ act: 'suspend', reason: 'policy', selection })
      expect(reply.json(), `${deviceIds.length} ids`).toMatchObject({ code })
    }
  })

  it('leaves devices alone that lost their trust before their turn, and says why for each', async () => {
    const ids = await insertDevices(3)
    const bulkActId = await order({
      act: 'suspend',
      reason: 'policy',
      selection: { deviceIds: ids },
    })
    await portal.db.pool.query(`update device set state = 'blocked' where device_id = $1`, [ids[0]])
    await bulk.workOff()
    expect(await read(bulkActId)).toMatchObject({ state: 'finished', changed: 2, failed: 1 })
    const page = await officer.ask('GET', `/bulk-acts/${bulkActId}/failures`)
    expect(page.json()).toMatchObject({
      items: [{ deviceId: ids[0], code: 'device.transition-refused' }],
    })
  })
})

describe('two acts over the same devices', () => {
  it('acts on each device once when the same bulk act is ordered twice at once', async () => {
    const ids = await insertDevices(300)
    const one = await order({ act: 'suspend', reason: 'policy' })
    const other = await order({ act: 'suspend', reason: 'lost' })
    await Promise.all([bulk.workOff(), bulk.workOff(), bulk.workOff()])
    const [first, second] = [await read(one), await read(other)]
    expect(first.changed + second.changed).toBe(300)
    expect(first.failed + second.failed).toBe(300)
    expect(await states()).toEqual({ suspended: 300 })
    for (const deviceId of [ids[0], ids[299]])
      expect(await eventsOf(deviceId ?? '')).toEqual(['device.suspended'])
  })

  it('leaves every device in a state that its record explains after two contrary bulk acts', async () => {
    const ids = await insertDevices(60)
    await order({ act: 'block', reason: 'stolen' })
    await order({ act: 'suspend', reason: 'policy' })
    await Promise.all([bulk.workOff(), bulk.workOff()])
    expect(await states()).toEqual({ blocked: 60 })
    for (const deviceId of [ids[0], ids[59]])
      expect((await eventsOf(deviceId ?? '')).filter((type) => type.startsWith('device.'))).toEqual(
        expect.arrayContaining(['device.blocked']),
      )
  })
})

describe('an act that is under way', () => {
  it('stops a bulk act in the middle when it is cancelled', async () => {
    await insertDevices(30)
    const bulkActId = await order({ act: 'suspend', reason: 'policy' })
    await betweenParts('suspend', 10, () =>
      officer.ask('POST', `/bulk-acts/${bulkActId}/cancel`, { payload: {} }),
    )
    expect(await read(bulkActId)).toMatchObject({ state: 'cancelled', done: 10, changed: 10 })
    expect(await states()).toEqual({ registered: 20, suspended: 10 })
  })

  it('ends a bulk act when its operator is disabled, and undoes nothing', async () => {
    await insertDevices(30)
    const author = await portal.signIn('security-officer')
    const bulkActId = await order({ act: 'block', reason: 'stolen' }, author)
    await betweenParts('block', 10, () => change(author, 'state', 'disabled'))
    expect(await read(bulkActId)).toMatchObject({
      state: 'failed',
      failureCode: 'bulk-act.no-longer-permitted',
      changed: 10,
    })
    expect(await states()).toEqual({ registered: 20, blocked: 10 })
  })

  it('ends a bulk act when its operator’s new role does not allow it, and otherwise continues', async () => {
    await insertDevices(20)
    const author = await portal.signIn('security-officer')
    const suspending = await order({ act: 'suspend', reason: 'policy' }, author)
    await change(author, 'role', 'operator')
    await bulk.workOff()
    expect(await read(suspending)).toMatchObject({ state: 'finished', changed: 20 })
    await change(author, 'role', 'security-officer')
    const blocking = await order({ act: 'block', reason: 'stolen' }, author)
    await change(author, 'role', 'operator')
    await bulk.workOff()
    expect(await read(blocking)).toMatchObject({
      state: 'failed',
      failureCode: 'bulk-act.no-longer-permitted',
      changed: 0,
    })
  })

  it('continues a bulk act after the session that ordered it has ended', async () => {
    await insertDevices(5)
    const author = await portal.signIn('operator')
    const bulkActId = await order({ act: 'suspend', reason: 'policy' }, author)
    await portal.db.pool.query(
      'delete from operator_session where operator_id = (select operator_id from operator where name = $1)',
      [author.name],
    )
    expect((await ask({ act: 'resume', reason: 'found' }, author)).statusCode).toBe(401)
    await bulk.workOff()
    expect(await read(bulkActId)).toMatchObject({ state: 'finished', changed: 5 })
  })
})

const change = (author: TestOperator, column: 'state' | 'role', value: string) =>
  portal.db.pool.query(`update operator set ${column} = $2 where name = $1`, [author.name, value])
