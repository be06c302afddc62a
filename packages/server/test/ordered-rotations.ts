import { createHash, randomBytes } from 'node:crypto'
import type { DeviceKeyView, RotationOrderView } from '@sanad/protocol/operator-api/keys'
import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { ProviderCertificates } from '../src/certificates/provider-certificates.ts'
import { PolicyBook } from '../src/policies/policy-book.ts'
import { readHead } from '../src/record/event-reader.ts'
import { confirmRotations } from '../src/rotation/confirm-rotations.ts'
import { RotationOrders } from '../src/rotation/rotation-orders.ts'
import { RotationPlanner } from '../src/rotation/rotation-planner.ts'
import { rotationRoutes } from '../src/rotation/rotation.routes.ts'
import {
  approveTestDevice,
  makeTestModels,
  registerTestDevice,
  type TestModels,
} from './test-devices.ts'
import { startTestPortal, type TestOperator, type TestPortal } from './test-portal.ts'

/** What the tests of orders to rotate share: devices with keys, and a clock that tests move. */

const NOW = Date.parse('2027-03-10T12:00:00Z')
/** Certificates a second that rotations may take. */
export const PER_SECOND = 0.01

export let portal: TestPortal
export let officer: TestOperator
export let models: TestModels
export const time = { now: NOW }
beforeAll(async () => {
  const clock = () => time.now
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
  time.now += HOUR_MS
})

/** A row as issuance leaves it; what is in the certificate plays no part here. */
export async function addCertificate(
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
      new Date(time.now),
      new Date(time.now + 40 * DAY_MS),
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

export async function addDevice(): Promise<{
  deviceId: string
  thumbprint: string
  serialNumber: string
}> {
  const deviceId = await approveTestDevice(portal.db, models.face.modelId)
  await registerTestDevice(portal.db, deviceId)
  return { deviceId, ...(await addCertificate(deviceId)) }
}

export const addDevices = (count: number) => Promise.all(Array.from({ length: count }, addDevice))

export async function order(payload: object): Promise<RotationOrderView> {
  const reply = await officer.ask('POST', '/rotation-orders', { payload })
  expect(reply.statusCode, reply.body).toBe(201)
  return reply.json()
}

export const keyOf = async (deviceId: string) =>
  (await officer.ask('GET', `/devices/${deviceId}/key`)).json<DeviceKeyView>()
export const head = () => readHead(portal.db.database)

export async function windowsOf(orderId: string): Promise<{ start: number; end: number }[]> {
  const { rows } = await portal.db.pool.query<{ start: Date; end: Date }>(
    'select window_start as start, window_end as end from rotation_order_device where order_id = $1 order by window_start',
    [orderId],
  )
  return rows.map(({ start, end }) => ({ start: start.getTime(), end: end.getTime() }))
}

/** As the first message under the successor does. */
export async function confirm(deviceId: string, thumbprint: string): Promise<void> {
  const confirmations = confirmRotations(() => time.now)
  await portal.db.database.transaction().execute(async (tx) => {
    await confirmations.hold(tx, [{ deviceId, thumbprint }])
    await confirmations.confirm(tx, [{ deviceId, thumbprint }])
  })
}
