import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestCommands } from '../../test/test-commands.ts'
import { PolicyBook } from '../policies/policy-book.ts'
import { confirmRotations } from '../rotation/confirm-rotations.ts'
import { CheckIns, type WriteAnswer } from './check-ins.ts'

let commands: TestCommands
beforeAll(async () => {
  commands = await TestCommands.start()
}, 120_000)
afterAll(() => commands[Symbol.asyncDispose]())

const CHECK_IN = {
  deviceInformation: {
    deviceStatus: 'Ready',
    certification: 'L1',
    firmware: '1.0',
    serviceVersion: '0.9.5',
    specVersions: ['0.9.5'],
    purpose: 'Registration',
    env: 'Staging',
    clientVersion: '0.1.0',
    operatingSystem: 'Debian GNU/Linux 13',
  },
  installation: 'c2FuYWQtYmVuY2gtaG9zdA',
  certificateInUse: 'yes',
}

async function open(writeAnswer: WriteAnswer): Promise<CheckIns> {
  const { pool, database } = commands.portal.db
  const clock = () => commands.time.now
  const policies = await PolicyBook.open(database, DEFAULT_POLICY_SETTINGS)
  const confirmations = confirmRotations(clock)
  return new CheckIns({ pool, database, clock, policies, writeAnswer, confirmations })
}

it('fails only the check-in of a batch that cannot be answered', async () => {
  const [odd, other] = [await commands.addDevice(), await commands.addDevice()]
  const failure = new TypeError('a fault of ours')
  const checkIns = await open(({ deviceId }) => {
    if (deviceId === odd.deviceId) throw failure
    return { nextCheckInSeconds: 60 } as ReturnType<WriteAnswer>
  })
  const messages = await Promise.all([odd, other].map((device) => device.message(CHECK_IN, 1)))
  const [first, second] = await checkIns.takeAll(messages)
  expect(first).toBe(failure)
  expect(second).toMatchObject({ type: 'check-in-answer', body: { nextCheckInSeconds: 60 } })
  const { rows } = await commands.portal.db.pool.query<{ device_id: string; last_seq: number }>(
    'select device_id, last_seq from device_presence where device_id = any($1::uuid[])',
    [[odd.deviceId, other.deviceId]],
  )
  expect(new Map(rows.map((row) => [row.device_id, row.last_seq]))).toEqual(
    new Map([
      [odd.deviceId, 0],
      [other.deviceId, 1],
    ]),
  )
})
