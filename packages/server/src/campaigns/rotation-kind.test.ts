import { randomUUID } from 'node:crypto'
import type { CampaignView } from '@sanad/protocol/operator-api/campaigns'
import { HOUR_MS, MINUTE_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CommandedDevice } from '../../test/commanded-device.ts'
import { TEST_KINDS, TestCommands } from '../../test/test-commands.ts'
import type { TestOperator } from '../../test/test-portal.ts'
import { listOrders } from '../rotation/rotation-order-list.ts'
import { RotationOrders } from '../rotation/rotation-orders.ts'
import { settleOrders } from '../rotation/settle-orders.ts'
import { runCampaigns } from './run-campaigns.ts'

/** Orders to rotate keys, in a campaign. */

let commands: TestCommands
let officer: TestOperator
let devices: CommandedDevice[]
beforeAll(async () => {
  commands = await TestCommands.start()
  officer = await commands.portal.signIn('security-officer')
}, 120_000)
afterAll(() => commands[Symbol.asyncDispose]())
beforeEach(async () => {
  commands.time.now += HOUR_MS
  devices = await commands.addDevices(4)
})

async function create(more: object = {}): Promise<string> {
  const payload = {
    campaignId: randomUUID(),
    name: 'New keys',
    deviceIds: devices.map(({ deviceId }) => deviceId),
    rotation: { reason: 'policy' },
    perMinute: 60_000,
    abort: { failedPercent: 50, ofAtLeast: 2 },
    lifeHours: 24,
    phases: [{ devices: 1, success: { percent: 100, ofAtLeast: 1 } }, {}],
    ...more,
  }
  const reply = await officer.ask('POST', '/campaigns', { payload })
  expect(reply.statusCode, reply.body).toBe(201)
  return payload.campaignId
}
const options = () => ({
  database: commands.portal.db.database,
  kinds: TEST_KINDS,
  clock: () => commands.time.now,
})
async function run(ms = MINUTE_MS): Promise<void> {
  commands.time.now += ms
  await settleOrders(options())
  await runCampaigns(options())
}
const read = async (campaignId: string) =>
  (await officer.ask('GET', `/campaigns/${campaignId}`)).json<CampaignView>()
/** As the first message under the new key leaves it. */
const rotate = (some: readonly CommandedDevice[]) =>
  commands.portal.db.pool.query(
    `update rotation_order_device set outcome = 'rotated', settled_at = now()
      where outcome is null and device_id = any($1::uuid[])`,
    [some.map(({ deviceId }) => deviceId)],
  )

describe('a campaign of rotations', () => {
  it('wakes each device when it is told to rotate, phase by phase, and finishes when all keys are new', async () => {
    const listener = await commands.portal.db.pool.connect()
    const woken: string[] = []
    listener.on('notification', ({ payload = '' }) => woken.push(payload))
    try {
      await listener.query('listen sanad_command')
      const campaignId = await create()
      await run()
      await listener.query('select')
      expect(woken).toEqual([devices[0]?.deviceId])
      expect(await read(campaignId)).toMatchObject({
        kind: 'rotation',
        type: null,
        body: { reason: 'policy' },
        counts: { waiting: 3, sent: 1 },
      })
      await rotate(devices.slice(0, 1))
      await run()
      await listener.query('select')
      expect(woken.toSorted()).toEqual(devices.map(({ deviceId }) => deviceId))
      await rotate(devices)
      await run()
      expect(await read(campaignId)).toMatchObject({ state: 'finished', counts: { succeeded: 4 } })
    } finally {
      listener.release(true)
    }
  })

  it('tells no more devices to rotate in a minute than the HSM can sign for', async () => {
    const [device] = devices
    const campaignId = await create({ phases: undefined })
    await run()
    const { rows } = await commands.portal.db.pool.query<{ seconds: number }>(
      `select extract(epoch from window_end - window_start)::float8 as seconds
        from rotation_order_device where order_id = $1 and device_id = $2`,
      [campaignId, device?.deviceId],
    )
    expect(rows[0]?.seconds).toBe(60)
    expect(TEST_KINDS.rotation.mostPerMinute?.()).toBe(600)
    await officer.ask('POST', `/campaigns/${campaignId}/stop`, { payload: {} })
  })

  it('cancels rotations that wait when the campaign is stopped, and expires those of devices that never come', async () => {
    const stopped = await create({ phases: undefined })
    await run()
    expect((await read(stopped)).counts).toMatchObject({ sent: 4 })
    await officer.ask('POST', `/campaigns/${stopped}/stop`, { payload: {} })
    await run()
    expect(await read(stopped)).toMatchObject({
      state: 'stopped',
      counts: { sent: 0, cancelled: 4 },
      finishedAt: expect.any(String) as string,
    })
    const lapsed = await create({ phases: undefined })
    await run()
    await run(25 * HOUR_MS)
    expect(await read(lapsed)).toMatchObject({ state: 'finished', counts: { expired: 4 } })
  })

  it('keeps the order of a campaign out of the list of rotation orders, and refuses to cancel it', async () => {
    const campaignId = await create()
    await run()
    const { database } = options()
    const { items } = await listOrders(database, {})
    expect(items.map(({ orderId }) => orderId)).not.toContain(campaignId)
    const orders = new RotationOrders({ ...options(), pace: { forRotations: 10 } })
    await expect(orders.cancel(campaignId, randomUUID())).rejects.toMatchObject({
      code: 'rotation-order.not-found',
    })
    await officer.ask('POST', `/campaigns/${campaignId}/stop`, { payload: {} })
  })

  it('refuses a campaign of rotations to an auditor', async () => {
    const auditor = await commands.portal.signIn('auditor')
    const payload = {
      campaignId: randomUUID(),
      name: 'New keys',
      filter: {},
      rotation: { reason: 'policy' },
      perMinute: 1,
      abort: { failedPercent: 50, ofAtLeast: 1 },
    }
    const reply = await auditor.ask('POST', '/campaigns', { payload })
    expect(reply.json()).toMatchObject({ code: 'operator.permission-missing' })
  })
})
