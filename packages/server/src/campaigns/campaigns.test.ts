import type { CampaignPage, CampaignPreview } from '@sanad/protocol/operator-api/campaigns'
import { MINUTE_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import { openTestCampaigns } from '../../test/test-campaigns.ts'

/** Campaigns of commands are previewed, created, listed and filled. */

const campaigns = openTestCampaigns()
const { act, addDevices, create, head, newCampaign, obey, pace, read } = campaigns

describe('creating campaigns', () => {
  it('previews the devices that a campaign would be for, and orders nothing', async () => {
    const devices = await addDevices(3)
    await campaigns.commands.portal.db.pool.query(
      `update device set state = 'blocked' where device_id = $1`,
      [devices[0]?.deviceId],
    )
    const before = await head()
    const payload = { filter: { groupId: campaigns.groupId } }
    const preview = (
      await campaigns.officer.ask('POST', '/campaigns/preview', { payload })
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

  it('sends the command to every device that matches, and finishes with the last result', async () => {
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
    const events = await campaigns.commands.eventsOf(devices[0]?.deviceId ?? '')
    expect(events.at(-2)).toMatchObject({ type: 'command.ordered', data: { campaignId } })
  })

  it('takes up devices that come to match a continuing campaign, each once', async () => {
    const [first] = await addDevices(1)
    const campaignId = await create({ isContinuing: true })
    await pace()
    await obey([first!], 'succeeded')
    const [second] = await addDevices(1)
    campaigns.commands.time.now += 6 * MINUTE_MS
    await pace()
    expect(await first!.ask()).toEqual([])
    expect(await second!.ask()).toHaveLength(1)
    expect(await read(campaignId)).toMatchObject({ state: 'running', devices: 2 })
    await act(campaignId, 'stop')
  })

  it('leaves out a device for which too many commands wait already', async () => {
    const [full, free] = await addDevices(2)
    await campaigns.fillRoom(full!)
    const campaignId = await create()
    await pace()
    expect((await read(campaignId)).counts).toMatchObject({ waiting: 0, skipped: 1, queued: 1 })
    expect(await free!.ask()).toHaveLength(1)
  })

  it('creates one campaign, however often the request is sent, and lists the newest first', async () => {
    await addDevices(1)
    const payload = newCampaign()
    const [first, second] = [
      await campaigns.officer.ask('POST', '/campaigns', { payload }),
      await campaigns.officer.ask('POST', '/campaigns', { payload }),
    ]
    expect(second.json()).toEqual(first.json())
    const other = { ...payload, perMinute: 1 }
    expect(
      (await campaigns.officer.ask('POST', '/campaigns', { payload: other })).json(),
    ).toMatchObject({
      code: 'request.conflict',
    })
    const page = (await campaigns.officer.ask('GET', '/campaigns?limit=1')).json<CampaignPage>()
    expect(page.items.map(({ campaignId }) => campaignId)).toEqual([payload.campaignId])
    const next = (
      await campaigns.officer.ask('GET', `/campaigns?limit=1&after=${page.next}`)
    ).json<CampaignPage>()
    expect(next.items[0]?.campaignId).not.toBe(payload.campaignId)
  })

  it('refuses a campaign whose command the person may not send, and a continuing one that de-registers', async () => {
    const operator = await campaigns.commands.portal.signIn('operator')
    const before = await head()
    const reset = newCampaign({ command: { type: 'synchronise-time', body: { mode: 'reset' } } })
    expect((await operator.ask('POST', '/campaigns', { payload: reset })).statusCode).toBe(403)
    const deregister = { type: 'deregister', body: { reason: 'end-of-life' } }
    const payload = newCampaign({ command: deregister, isContinuing: true })
    expect((await campaigns.officer.ask('POST', '/campaigns', { payload })).statusCode).toBe(400)
    expect(await head()).toEqual(before)
  })
})
