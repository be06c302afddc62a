import { randomUUID } from 'node:crypto'
import type { BulkActView, NewBulkAct } from '@sanad/protocol/operator-api/bulk-acts'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { CommandDesk } from '../src/commands/command-desk.ts'
import { commandsRoutes } from '../src/commands/commands.routes.ts'
import { readHead } from '../src/record/event-reader.ts'
import { makeTestBulkActs } from './test-bulk-acts.ts'
import {
  approveTestDevice,
  makeTestModels,
  registerTestDevice,
  type TestModels,
} from './test-devices.ts'
import { startTestPortal, type TestOperator, type TestPortal } from './test-portal.ts'

/** What the tests of acts on many devices share. Each test has devices of its own. */

export let portal: TestPortal
export let officer: TestOperator
export let models: TestModels
export let bulk: ReturnType<typeof makeTestBulkActs>

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
export let prefix: string
let made = 0
beforeEach(() => {
  prefix = `BULK${String(++made).padStart(3, '0')}X`
})

export async function makeDevices(count: number, state: 'approved' | 'registered' = 'registered') {
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
export async function insertDevices(count: number): Promise<void> {
  await portal.db.pool.query(
    `insert into device (device_id, model_id, serial_no, state, registered_at)
     select gen_random_uuid(), $1, $2 || n, 'registered', now() from generate_series(1, $3::int) n`,
    [models.face.modelId, prefix, count],
  )
}

/** As much of a certificate as rotation reads. */
export async function certify(deviceIds: readonly string[]): Promise<void> {
  await portal.db.pool.query('alter table device_certificate disable trigger all')
  await portal.db.pool.query(
    `insert into device_certificate (thumbprint_sha256, serial_number, device_id, spki_sha256,
       provider_certificate_id, status, not_before, not_after, issued_at, crl_shard, der)
     select id, replace(id::text, '-', ''), id, id, gen_random_uuid(), 'active', now(),
       now() + interval '1 year', now(), 0, '' from unnest($1::uuid[]) id`,
    [deviceIds],
  )
}

export const head = () => readHead(portal.db.database)
export const found = () => ({ filter: { search: prefix } })

export type Act = Omit<NewBulkAct, 'bulkActId' | 'selection'> & Partial<NewBulkAct>
export const bodyOf = (act: Act) => ({ bulkActId: randomUUID(), selection: found(), ...act })

export async function order(act: Act, as = officer): Promise<BulkActView> {
  const reply = await as.ask('POST', '/bulk-acts', { payload: bodyOf(act) })
  expect(reply.statusCode, reply.body).toBe(202)
  expect(reply.headers['location']).toContain('/bulk-acts/')
  return reply.json()
}

export const read = async (bulkActId: string) =>
  (await officer.ask('GET', `/bulk-acts/${bulkActId}`)).json<BulkActView>()

export async function done(act: Act): Promise<BulkActView> {
  const { bulkActId } = await order(act)
  await bulk.workOff()
  return read(bulkActId)
}

export async function refused(act: Act, as = officer): Promise<object> {
  const before = await head()
  const reply = await as.ask('POST', '/bulk-acts', { payload: bodyOf(act) })
  expect(await head()).toBe(before)
  return reply.json()
}
