import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { IMPORT_COLUMNS } from '@sanad/protocol/domain/import-columns'
import type { ImportView, RowErrorPage } from '@sanad/protocol/operator-api/imports'
import { afterAll, beforeAll, expect } from 'vitest'
import { makeDeviceRegistry } from '../src/compose/device-registry.ts'
import { devicesRoutes } from '../src/fleet/devices.routes.ts'
import { ImportDesk } from '../src/imports/import-desk.ts'
import { importsRoutes } from '../src/imports/imports.routes.ts'
import { makeLogger } from '../src/platform/log.ts'
import { readHead } from '../src/record/event-reader.ts'
import { drawSerialNo, makeTestModels, type TestModels } from './test-devices.ts'
import { startTestPortal, type TestOperator, type TestPortal } from './test-portal.ts'

/** What the tests of imports share: a portal that imports, uploads, and what came of them. */

export let portal: TestPortal
export let operator: TestOperator
export let models: TestModels
export let desk: ImportDesk

beforeAll(async () => {
  portal = await startTestPortal({
    routes: ({ db, clock }) => {
      const { database } = db
      desk = new ImportDesk({ database, clock, log: makeLogger('silent') })
      return [
        importsRoutes({ database, desk }),
        devicesRoutes({ database, clock, devices: makeDeviceRegistry(database, clock) }),
      ]
    },
  })
  models = await makeTestModels(portal.db)
  operator = await portal.signIn('operator')
})
afterAll(async () => {
  await desk.stop()
  await portal[Symbol.asyncDispose]()
})

export const HEADER = IMPORT_COLUMNS.filter((column) => column !== 'group').join(',')
export const csv = (...lines: readonly string[]) => [HEADER, ...lines].join('\r\n')
export const slap = (serialNo = drawSerialNo(), chip = '') =>
  `${serialNo},Example,Slap 442,Finger,Slap,L1,${chip},`

export const upload = (
  payload: string | Buffer | Readable,
  more: { id?: string; type?: string } = {},
) =>
  operator.ask('POST', `/imports/${more.id ?? randomUUID()}`, {
    payload,
    headers: { 'content-type': more.type ?? 'text/csv' },
  })

export async function uploaded(
  payload: string | Buffer | Readable,
  type?: string,
): Promise<ImportView> {
  const reply = await upload(payload, type === undefined ? {} : { type })
  expect(reply.json<ImportView>(), reply.body).toMatchObject({ state: 'ready' })
  return reply.json<ImportView>()
}

export const read = async (id: string) =>
  (await operator.ask('GET', `/imports/${id}`)).json<ImportView>()
export const errorsOf = async (id: string) =>
  (await operator.ask('GET', `/imports/${id}/errors?limit=200`)).json<RowErrorPage>()
export const confirm = (id: string, choice: 'all' | 'valid') =>
  operator.ask('POST', `/imports/${id}/confirm`, { payload: { choice } })

export async function untilSettled(id: string): Promise<ImportView> {
  for (let i = 0; i < 500; i++) {
    const view = await read(id)
    if (view.state !== 'applying') return view
    await wait(20)
  }
  throw new Error('the import was not applied')
}

async function count(query: string, ...values: readonly string[]): Promise<number> {
  const { rows } = await portal.db.pool.query<{ n: number }>(`select count(*) as n ${query}`, [
    ...values,
  ])
  return rows[0]?.n ?? 0
}
export const countDevices = () => count('from device')
/** Rows put aside. */
export const rowsOf = (id: string) => count('from device_import_row where import_id = $1', id)
const head = () => readHead(portal.db.database)

/** Neither devices nor events. */
export async function withNothingChanged(work: () => Promise<void>): Promise<void> {
  const before = [await countDevices(), await head()]
  await work()
  expect([await countDevices(), await head()]).toEqual(before)
}
