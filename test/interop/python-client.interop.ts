import { randomUUID } from 'node:crypto'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CommandDesk } from '../../packages/server/src/commands/command-desk.ts'
import { insertTestOperator } from '../../packages/server/test/test-portal.ts'
import { type TestServer, startTestServer } from '../../packages/server/test/test-server.ts'
import { findPython } from './readers.ts'

/** The proof of docs/protocol.md: a client in Python that was written from it, against a real server. */

const SECRET = 'ABCDE-FGHJK-LMNPQ-RSTUV'
const SERIAL_NO = 'PY-0000000001'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  await server.trust.hsm.generateKey('command', { modulusBits: 2048 })
}, 120_000)
afterAll(() => server[Symbol.asyncDispose]())

/** @param whenRegistered what happens before the client does the rest */
async function runClient(
  python: string,
  given: object,
  whenRegistered: () => Promise<unknown>,
): Promise<Record<string, unknown>> {
  const program = join(import.meta.dirname, 'python', 'device_client.py')
  const client = spawn(python, ['-B', program], { stdio: 'pipe', timeout: 90_000 })
  const errors = text(client.stderr)
  client.stdin.write(`${JSON.stringify(given)}\n`)
  let last = ''
  for await (const line of createInterface({ input: client.stdout })) {
    last = line
    if (line === 'registered') {
      await whenRegistered()
      client.stdin.end('\n')
    }
  }
  if (!last.startsWith('{')) throw new Error(await errors)
  return JSON.parse(last) as Record<string, unknown>
}

async function orderRotation(deviceId: string): Promise<void> {
  const desk = new CommandDesk({ database: server.db.database, clock: server.now })
  const command = { type: 'rotate-key', body: { reason: 'policy' } } as const
  const operatorId = await insertTestOperator(server.db, 'Sara', 'operator')
  await desk.order({ orderId: randomUUID(), deviceIds: [deviceId], command }, operatorId)
}

it('registers, checks in, takes a command and rotates its key', async (test) => {
  const found = findPython()
  if ('skip' in found) return test.skip(found.skip)
  const model = await server.addModel({ level: 'L0', l0Policy: 'enrolment-secret' })
  const deviceId = await server.approve(model, SERIAL_NO, { enrolmentSecret: SECRET })
  const given = {
    port: server.door.port,
    root: server.trust.rootPem,
    digitalId: { serialNo: SERIAL_NO, ...model.identity },
    enrolmentSecret: SECRET,
  }
  const result = await runClient(found.python, given, () => orderRotation(deviceId))
  expect(result).toMatchObject({ commandsWaiting: true, left: 0, seq: 7 })
  const { certificates, presence } = await server.recordOf(deviceId)
  expect(certificates.map(({ thumbprint, status }) => [thumbprint, status])).toEqual([
    [result['registered'], 'superseded'],
    [result['rotated'], 'active'],
  ])
  expect(Number(presence?.last_seq)).toBe(7)
  const { rows } = await server.db.pool.query('select state from command where device_id = $1', [
    deviceId,
  ])
  expect(rows).toEqual([{ state: 'succeeded' }])
}, 120_000)
