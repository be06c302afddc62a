import { X509Certificate, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeTestModels } from '../../test/test-devices.ts'
import { type TestPortal, startTestPortal } from '../../test/test-portal.ts'
import { makeAuthority } from '../../test/throwaway-provider.ts'
import { makeDeviceRegistry } from '../compose/device-registry.ts'
import { devicesRoutes } from './devices.routes.ts'

let portal: TestPortal
/** Far more than a socket holds: the server waits for who reads. */
const DEVICES = 60_000

beforeAll(async () => {
  portal = await startTestPortal({
    tls: makeTls(),
    routes: ({ db: { database }, clock }) => [
      devicesRoutes({ database, clock, devices: makeDeviceRegistry(database, clock) }),
    ],
  })
  const { face } = await makeTestModels(portal.db)
  await portal.db.pool.query(
    `insert into device (device_id, model_id, serial_no)
      select gen_random_uuid(), $1, 'OUT' || n from generate_series(1, ${DEVICES}) n`,
    [face.modelId],
  )
}, 60_000)
afterAll(() => portal[Symbol.asyncDispose]())

/** An export is over when its socket is: only a real one shows that. */
function makeTls() {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const name = { organisation: 'Example Devices', commonName: 'localhost' }
  const { der } = makeAuthority({ name, keys }).certificate
  return {
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: new X509Certificate(der).toString(),
  }
}

it('stops reading when the client that asked for the file goes away, and holds nothing of the database', async () => {
  const { cookie } = await portal.signIn('security-officer')
  // Fastify does not know that its own listener speaks TLS.
  const address = await portal.app.listen({ host: '127.0.0.1', port: 0 })
  const url = `${address.replace('http:', 'https:')}${OPERATOR_API}/devices/export`
  const options = { headers: { cookie }, rejectUnauthorized: false }
  let pages = 0
  const { pool } = portal.db
  pool.on('acquire', () => pages++)
  for (let asked = 0; asked < 5; asked++) {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get(url, options, resolve).on('error', reject)
    })
    expect(answer.statusCode).toBe(200)
    await once(answer, 'readable')
    answer.destroy()
  }
  await expect.poll(() => pool.totalCount - pool.idleCount, { timeout: 20_000 }).toBe(0)
  const before = pages
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(pages).toBe(before)
  // All five to their ends would have read this many.
  expect(pages).toBeLessThan((5 * DEVICES) / 2_000)
}, 60_000)
