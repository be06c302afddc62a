import { hash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestModels, approveTestDevice, makeTestModels } from '../../test/test-devices.ts'
import { type TestOperator, type TestPortal, startTestPortal } from '../../test/test-portal.ts'
import { purgeRoutes } from './purge.routes.ts'

let portal: TestPortal
let auditor: TestOperator
let models: TestModels
beforeAll(async () => {
  portal = await startTestPortal({ routes: ({ db: { database } }) => [purgeRoutes({ database })] })
  auditor = await portal.signIn('auditor')
  models = await makeTestModels(portal.db)
})
afterAll(() => portal[Symbol.asyncDispose]())

const STATEMENT = 'e30.e30.AAAA'
const CONFIRMED_AT = '2027-03-11T12:00:00.000Z'

async function addPurge(deviceId: string, state: 'awaited' | 'confirmed'): Promise<void> {
  const isConfirmed = state === 'confirmed'
  await portal.db.pool.query(
    `insert into key_purge (purge_id, device_id, state, ordered_at, due_at, signers, confirmed_at, statement,
       statement_sha256, keys)
     values ($1, $2, $3, '2027-03-10T12:00:00Z', '2027-03-17T12:00:00Z', '{x}', $4, $5, $6, $7)`,
    [
      randomUUID(),
      deviceId,
      state,
      isConfirmed ? CONFIRMED_AT : null,
      isConfirmed ? STATEMENT : null,
      isConfirmed ? hash('sha256', STATEMENT) : null,
      isConfirmed ? 1 : null,
    ],
  )
}

const read = (deviceId: string) => auditor.ask('GET', `/devices/${deviceId}/purge-certificate`)

describe('GET /devices/:deviceId/purge-certificate', () => {
  it('gives the purge certificate as the device signed it', async () => {
    const deviceId = await approveTestDevice(portal.db, models.face.modelId)
    await addPurge(deviceId, 'confirmed')
    const reply = await read(deviceId)
    expect(reply.statusCode).toBe(200)
    expect(reply.json()).toEqual({
      statement: STATEMENT,
      statementSha256: hash('sha256', STATEMENT),
      confirmedAt: CONFIRMED_AT,
    })
  })

  it('answers "not found" where no purge was confirmed', async () => {
    const deviceId = await approveTestDevice(portal.db, models.face.modelId)
    expect((await read(deviceId)).statusCode).toBe(404)
    await addPurge(deviceId, 'awaited')
    const reply = await read(deviceId)
    expect(reply.statusCode).toBe(404)
    expect(reply.json()).toMatchObject({ code: 'certificate.not-found' })
  })

  it('refuses the purge certificate without a session', async () => {
    const url = `/api/v1/devices/${randomUUID()}/purge-certificate`
    expect((await portal.app.inject({ method: 'GET', url })).statusCode).toBe(401)
  })
})
