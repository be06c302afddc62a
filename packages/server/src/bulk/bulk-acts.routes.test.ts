import { randomUUID } from 'node:crypto'
import { deviceLife, type DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import type { BulkActFailurePage } from '@sanad/protocol/operator-api/bulk-acts'
import { describe, expect, it } from 'vitest'
import {
  bodyOf,
  bulk,
  certify,
  done,
  head,
  insertDevices,
  makeDevices,
  models,
  officer,
  order,
  portal,
  prefix,
  read,
  refused,
} from '../../test/bulk-acts-portal.ts'
import { makeTestBulkActs } from '../../test/test-bulk-acts.ts'
import { makeDeviceRegistry } from '../compose/device-registry.ts'
import { makeGroupRegistry } from '../compose/group-registry.ts'
import { readRecord } from '../record/event-reader.ts'

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
  it('answers a bulk act before it is done, and then acts on each device as the single act does', async () => {
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

  it('records a bulk act on one device exactly as the single act', async () => {
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

  it('lists each device that a bulk act could not change, as JSON and as a file', async () => {
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

  it('continues a bulk act after the last part when the server died, and acts on no device twice', async () => {
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

  it('undoes a part of a bulk act that fails, retries it, and gives up with a code', async () => {
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

  it('cancels the rest of a bulk act, keeps what is done, and does nothing the second time', async () => {
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

  it('orders a bulk act once when its request comes three times, and refuses another request under its id', async () => {
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

  it('counts the hours in a bulk act’s filter from the time of the order', async () => {
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

  it('ends a bulk act with a code when its group is deleted first', async () => {
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
  ] as const)('refuses a bulk act %s, and orders nothing', async (_what, act, detail) => {
    const reply = (await refused(act)) as { code: string; detail: string }
    expect(reply.code).toBe('request.malformed')
    expect(reply.detail).toContain(detail)
  })

  it('refuses a bulk act on an unknown device or group', async () => {
    const selection = { deviceIds: [randomUUID()] }
    expect(await refused({ act: 'suspend', reason: 'lost', selection })).toMatchObject({
      code: 'device.not-found',
    })
    expect(await refused({ act: 'assign-group', groupId: randomUUID() })).toMatchObject({
      code: 'group.not-found',
    })
  })

  it('refuses a twenty-first unfinished bulk act', async () => {
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
