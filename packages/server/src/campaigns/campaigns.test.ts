import { randomUUID } from 'node:crypto'
import type { CommandPage } from '@sanad/protocol/operator-api/commands'
import type {
  CampaignPage,
  CampaignPreview,
  CampaignView,
} from '@sanad/protocol/operator-api/campaigns'
import { HOUR_MS, MINUTE_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type CommandedDevice,
  TEST_KINDS,
  TestCommands,
  newOrder,
} from '../../test/test-commands.ts'
import type { TestOperator } from '../../test/test-portal.ts'
import { readHead } from '../record/event-reader.ts'
import { settleCommands } from '../commands/command-jobs.ts'
import { runCampaigns } from './run-campaigns.ts'

/** One command to many devices, at a rate, stopped when too much of it fails. */

const INFORMATION = { type: 'collect-information', body: {} }

let commands: TestCommands
let officer: TestOperator
/** Its devices match by their group, which is one for each test. */
let groupId: string
beforeAll(async () => {
  commands = await TestCommands.start()
  officer = await commands.portal.signIn('security-officer')
}, 120_000)
afterAll(() => commands[Symbol.asyncDispose]())
beforeEach(async () => {
  commands.time.now += HOUR_MS
  groupId = await commands.addGroup()
})

const options = () => ({
  database: commands.portal.db.database,
  kinds: TEST_KINDS,
  clock: () => commands.time.now,
})
const paceNow = () => runCampaigns(options())
/** A second later: at the highest rate enough for all devices of a test. */
const pace = () => {
  commands.time.now += 1000
  return paceNow()
}
const settle = () => settleCommands(options())
const head = () => readHead(commands.portal.db.database)

async function addDevices(count: number): Promise<CommandedDevice[]> {
  const devices: CommandedDevice[] = []
  for (let index = 0; index < count; index++) devices.push(await commands.addDevice())
  await commands.portal.db.pool.query(
    'update device set group_id = $1 where device_id = any($2::uuid[])',
    [groupId, devices.map(({ deviceId }) => deviceId)],
  )
  return devices
}

const newCampaign = (more: object = {}) => ({
  campaignId: randomUUID(),
  name: 'Look at all',
  filter: { groupId },
  command: INFORMATION,
  perMinute: 60_000,
  abort: { failedPercent: 50, ofAtLeast: 2 },
  ...more,
})

async function create(more: object = {}): Promise<string> {
  const payload = newCampaign(more)
  const reply = await officer.ask('POST', '/campaigns', { payload })
  expect(reply.statusCode, reply.body).toBe(201)
  return payload.campaignId
}
const read = async (campaignId: string) =>
  (await officer.ask('GET', `/campaigns/${campaignId}`)).json<CampaignView>()
const act = (campaignId: string, verb: 'pause' | 'resume' | 'stop') =>
  officer.ask('POST', `/campaigns/${campaignId}/${verb}`, { payload: {} })

/** Each device asks, obeys and says how it went. */
async function obey(devices: readonly CommandedDevice[], state: 'succeeded' | 'failed') {
  for (const device of devices) {
    const got = await device.ask()
    await device.ask(got.map((command) => device.report(command, { state })))
  }
}

describe('a campaign', () => {
  it('tells first whom it would be for', async () => {
    const devices = await addDevices(3)
    await commands.portal.db.pool.query(
      `update device set state = 'blocked' where device_id = $1`,
      [devices[0]?.deviceId],
    )
    const before = await head()
    const payload = { filter: { groupId } }
    const preview = (
      await officer.ask('POST', '/campaigns/preview', { payload })
    ).json<CampaignPreview>()
    expect(preview).toMatchObject({ devices: 2, leftOut: 1 })
    expect(preview.models).toEqual([{ make: 'Example', model: 'Slap 442', devices: 2 }])
    expect(preview.sample.map(({ deviceId }) => deviceId).toSorted()).toEqual(
      devices
        .slice(1)
        .map(({ deviceId }) => deviceId)
        .toSorted(),
    )
    expect(await head()).toEqual(before)
  })

  it('goes to all that match, and is finished when the last is over', async () => {
    const devices = await addDevices(3)
    const campaignId = await create()
    await pace()
    expect(await read(campaignId)).toMatchObject({
      state: 'running',
      devices: 3,
      counts: { waiting: 0, queued: 3, succeeded: 0 },
    })
    await obey(devices.slice(1), 'succeeded')
    await pace()
    expect(await read(campaignId)).toMatchObject({ state: 'running', counts: { succeeded: 2 } })
    await obey(devices.slice(0, 1), 'succeeded')
    await pace()
    expect(await read(campaignId)).toMatchObject({
      state: 'finished',
      counts: { queued: 0, succeeded: 3 },
      finishedAt: expect.any(String) as string,
    })
    const events = await commands.eventsOf(devices[0]?.deviceId ?? '')
    expect(events.at(-2)).toMatchObject({ type: 'command.ordered', data: { campaignId } })
  })

  it('keeps its rate, whatever happened to the server meanwhile', async () => {
    await addDevices(8)
    const campaignId = await create({ perMinute: 2 })
    const told = async () => {
      await paceNow()
      return 8 - (await read(campaignId)).counts.waiting
    }
    expect(await told()).toBe(1)
    expect(await told()).toBe(1)
    commands.time.now += 29_000
    expect(await told()).toBe(1)
    commands.time.now += 2_000
    expect(await told()).toBe(2)
    // An hour away: a minute is made up for, no more.
    commands.time.now += HOUR_MS
    expect(await told()).toBe(4)
  })

  it('stops by itself when more fails than it may, and cancels what was not sent', async () => {
    const devices = await addDevices(5)
    const campaignId = await create({ abort: { failedPercent: 40, ofAtLeast: 3 } })
    await pace()
    await obey(devices.slice(0, 2), 'failed')
    await pace()
    // Two of two failed; too few to tell.
    expect((await read(campaignId)).state).toBe('running')
    const [sent] = await devices[3]!.ask()
    await obey(devices.slice(2, 3), 'succeeded')
    await pace()
    expect(await read(campaignId)).toMatchObject({ state: 'stopped', stoppedBecause: 'failures' })
    // Not served from that moment on, though not cancelled yet.
    expect(await devices[4]!.ask()).toEqual([])
    await settle()
    expect((await read(campaignId)).counts).toMatchObject({ cancelled: 1, sent: 1 })
    await devices[3]!.ask([devices[3]!.report(sent!, { state: 'succeeded' })])
    await pace()
    expect(await read(campaignId)).toMatchObject({
      state: 'stopped',
      finishedAt: expect.any(String) as string,
      counts: { cancelled: 1, sent: 0, succeeded: 2, failed: 2 },
    })
  })

  it('does not count devices that are away as failures', async () => {
    await addDevices(3)
    const campaignId = await create({ lifeHours: 1, abort: { failedPercent: 1, ofAtLeast: 1 } })
    await pace()
    commands.time.now += 2 * HOUR_MS
    await settle()
    await pace()
    expect(await read(campaignId)).toMatchObject({ state: 'finished', counts: { expired: 3 } })
  })

  it('that is paused sends nothing, not even what waits, until it is resumed', async () => {
    const devices = await addDevices(3)
    const campaignId = await create({ perMinute: 1 })
    await pace()
    expect((await act(campaignId, 'pause')).json()).toMatchObject({ state: 'paused' })
    commands.time.now += 10 * MINUTE_MS
    await pace()
    for (const device of devices) expect(await device.ask()).toEqual([])
    expect((await read(campaignId)).counts).toMatchObject({ waiting: 2, queued: 1 })
    expect((await act(campaignId, 'resume')).json()).toMatchObject({ state: 'running' })
    const got = []
    for (const device of devices) got.push(...(await device.ask()))
    expect(got).toHaveLength(1)
  })

  it('tells each device for which something waits, when it is resumed', async () => {
    const devices = await addDevices(3)
    const campaignId = await create()
    await pace()
    await act(campaignId, 'pause')
    await settle()
    const listener = await commands.portal.db.pool.connect()
    const told = new Set<string>()
    listener.on('notification', ({ payload = '' }) => told.add(payload))
    try {
      await listener.query('listen sanad_command')
      await settle()
      expect(told.size).toBe(0)
      await act(campaignId, 'resume')
      await settle()
      await expect
        .poll(() => [...told].toSorted())
        .toEqual(devices.map(({ deviceId }) => deviceId).toSorted())
    } finally {
      listener.release(true)
    }
    await act(campaignId, 'stop')
  })

  it('that is over is neither paused, nor resumed, nor stopped', async () => {
    const campaignId = await create()
    await pace()
    expect(await read(campaignId)).toMatchObject({ state: 'finished', devices: 0 })
    const before = await head()
    for (const verb of ['pause', 'resume', 'stop'] as const)
      expect((await act(campaignId, verb)).json()).toMatchObject({ code: 'campaign.state-refused' })
    expect((await act(randomUUID(), 'stop')).json()).toMatchObject({ code: 'campaign.not-found' })
    expect(await head()).toEqual(before)
  })

  it('lets a command of it be ordered again, unless it was stopped', async () => {
    const [device] = await addDevices(1)
    const retryOne = async (campaignId: string) => {
      const page = await officer.ask('GET', `/commands?campaignId=${campaignId}`)
      const [item] = page.json<CommandPage>().items
      return officer.ask('POST', `/commands/${item?.commandId}/retry`, { payload: {} })
    }
    const finished = await create()
    await pace()
    await obey([device!], 'failed')
    await pace()
    expect(await read(finished)).toMatchObject({ state: 'finished', counts: { failed: 1 } })
    expect((await retryOne(finished)).json()).toMatchObject({ state: 'queued' })
    expect((await read(finished)).counts).toMatchObject({ failed: 0, queued: 1 })
    await obey([device!], 'succeeded')

    const stopped = await create({ abort: { failedPercent: 10, ofAtLeast: 1 } })
    await pace()
    await obey([device!], 'failed')
    await pace()
    expect((await read(stopped)).state).toBe('stopped')
    const before = await head()
    expect((await retryOne(stopped)).json()).toMatchObject({ code: 'campaign.state-refused' })
    expect((await read(stopped)).counts).toMatchObject({ failed: 1, queued: 0 })
    expect(await head()).toEqual(before)
  })

  it('that is continuing takes up devices that come to match, each once', async () => {
    const [first] = await addDevices(1)
    const campaignId = await create({ isContinuing: true })
    await pace()
    await obey([first!], 'succeeded')
    const [second] = await addDevices(1)
    commands.time.now += 6 * MINUTE_MS
    await pace()
    expect(await first!.ask()).toEqual([])
    expect(await second!.ask()).toHaveLength(1)
    expect(await read(campaignId)).toMatchObject({ state: 'running', devices: 2 })
    await act(campaignId, 'stop')
  })

  it('leaves out a device for which too much waits already', async () => {
    const [full, free] = await addDevices(2)
    for (let index = 0; index < 16; index++)
      await officer.ask('POST', '/commands', { payload: newOrder([full!.deviceId], INFORMATION) })
    const campaignId = await create()
    await pace()
    expect((await read(campaignId)).counts).toMatchObject({ waiting: 0, skipped: 1, queued: 1 })
    expect(await free!.ask()).toHaveLength(1)
  })

  it('is made once, however often the request is sent, and listed newest first', async () => {
    await addDevices(1)
    const payload = newCampaign()
    const [first, second] = [
      await officer.ask('POST', '/campaigns', { payload }),
      await officer.ask('POST', '/campaigns', { payload }),
    ]
    expect(second.json()).toEqual(first.json())
    const other = { ...payload, perMinute: 1 }
    expect((await officer.ask('POST', '/campaigns', { payload: other })).json()).toMatchObject({
      code: 'request.conflict',
    })
    const page = (await officer.ask('GET', '/campaigns?limit=1')).json<CampaignPage>()
    expect(page.items.map(({ campaignId }) => campaignId)).toEqual([payload.campaignId])
    const next = (
      await officer.ask('GET', `/campaigns?limit=1&after=${page.next}`)
    ).json<CampaignPage>()
    expect(next.items[0]?.campaignId).not.toBe(payload.campaignId)
  })

  it('needs the permission of its command, and never de-registers whoever comes', async () => {
    const operator = await commands.portal.signIn('operator')
    const before = await head()
    const reset = newCampaign({ command: { type: 'synchronise-time', body: { mode: 'reset' } } })
    expect((await operator.ask('POST', '/campaigns', { payload: reset })).statusCode).toBe(403)
    const deregister = { type: 'deregister', body: { reason: 'end-of-life' } }
    const payload = newCampaign({ command: deregister, isContinuing: true })
    expect((await officer.ask('POST', '/campaigns', { payload })).statusCode).toBe(400)
    expect(await head()).toEqual(before)
  })
})
