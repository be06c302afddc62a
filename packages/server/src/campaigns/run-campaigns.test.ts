import { randomUUID } from 'node:crypto'
import type { CommandPage } from '@sanad/protocol/operator-api/commands'
import { HOUR_MS, MINUTE_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import { openTestCampaigns } from '../../test/test-campaigns.ts'

/** Campaigns keep their rate, stop for failures, and are paused, resumed and stopped by operators. */

const campaigns = openTestCampaigns()
const { act, addDevices, create, head, obey, pace, paceNow, read, settle } = campaigns

describe('running campaigns', () => {
  it('keeps the rate of a campaign, whatever happened to the server meanwhile', async () => {
    await addDevices(8)
    const campaignId = await create({ perMinute: 2 })
    const told = async () => {
      await paceNow()
      return 8 - (await read(campaignId)).counts.waiting
    }
    expect(await told()).toBe(1)
    expect(await told()).toBe(1)
    campaigns.commands.time.now += 29_000
    expect(await told()).toBe(1)
    campaigns.commands.time.now += 2_000
    expect(await told()).toBe(2)
    // An hour away: a minute is made up for, no more.
    campaigns.commands.time.now += HOUR_MS
    expect(await told()).toBe(4)
  })

  it('stops a campaign when more fails than it may, and cancels what was not sent', async () => {
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

  it('does not count devices that are away as failures of a campaign', async () => {
    await addDevices(3)
    const campaignId = await create({ lifeHours: 1, abort: { failedPercent: 1, ofAtLeast: 1 } })
    await pace()
    campaigns.commands.time.now += 2 * HOUR_MS
    await settle()
    await pace()
    expect(await read(campaignId)).toMatchObject({ state: 'finished', counts: { expired: 3 } })
  })

  it('sends nothing of a paused campaign, not even what waits, until it is resumed', async () => {
    const devices = await addDevices(3)
    const campaignId = await create({ perMinute: 1 })
    await pace()
    expect((await act(campaignId, 'pause')).json()).toMatchObject({ state: 'paused' })
    campaigns.commands.time.now += 10 * MINUTE_MS
    await pace()
    for (const device of devices) expect(await device.ask()).toEqual([])
    expect((await read(campaignId)).counts).toMatchObject({ waiting: 2, queued: 1 })
    expect((await act(campaignId, 'resume')).json()).toMatchObject({ state: 'running' })
    const got = []
    for (const device of devices) got.push(...(await device.ask()))
    expect(got).toHaveLength(1)
  })

  it('wakes each device for which a command waits when a campaign is resumed', async () => {
    const devices = await addDevices(3)
    const campaignId = await create()
    await pace()
    await act(campaignId, 'pause')
    await settle()
    const listener = await campaigns.commands.portal.db.pool.connect()
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

  it('refuses to pause, resume or stop a campaign that has ended', async () => {
    const campaignId = await create()
    await pace()
    expect(await read(campaignId)).toMatchObject({ state: 'finished', devices: 0 })
    const before = await head()
    for (const verb of ['pause', 'resume', 'stop'] as const)
      expect((await act(campaignId, verb)).json()).toMatchObject({ code: 'campaign.state-refused' })
    expect((await act(randomUUID(), 'stop')).json()).toMatchObject({ code: 'campaign.not-found' })
    expect(await head()).toEqual(before)
  })

  it('orders a command of a campaign again, unless the campaign was stopped', async () => {
    const [device] = await addDevices(1)
    const retryOne = async (campaignId: string) => {
      const page = await campaigns.officer.ask('GET', `/commands?campaignId=${campaignId}`)
      const [item] = page.json<CommandPage>().items
      return campaigns.officer.ask('POST', `/commands/${item?.commandId}/retry`, { payload: {} })
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
})
