import { randomUUID } from 'node:crypto'
import type { CampaignDevice, CampaignDevicePage } from '@sanad/protocol/operator-api/campaigns'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import { openTestCampaigns } from '../../test/test-campaigns.ts'
import type { CommandedDevice } from '../../test/commanded-device.ts'

/** What became of each device of a campaign, and why. */

const campaigns = openTestCampaigns()
const { act, addDevices, create, obey, pace, paceNow, settle } = campaigns

const ask = (campaignId: string, query = '') =>
  campaigns.officer.ask('GET', `/campaigns/${campaignId}/devices${query}`)

async function list(campaignId: string, query = ''): Promise<CampaignDevicePage> {
  const reply = await ask(campaignId, query)
  expect(reply.statusCode, reply.body).toBe(200)
  return reply.json()
}

async function stateOf(campaignId: string, device: CommandedDevice | undefined) {
  const { items } = await list(campaignId)
  return items.find(({ deviceId }) => deviceId === device?.deviceId)
}

const idsOf = (devices: readonly Pick<CampaignDevice, 'deviceId'>[]): string[] =>
  devices.map(({ deviceId }) => deviceId).toSorted()

/** Page after page of two. */
async function walk(campaignId: string, query: string): Promise<CampaignDevice[]> {
  const found: CampaignDevice[] = []
  for (let after = ''; ;) {
    const page = await list(campaignId, `?limit=2${query}${after}`)
    expect(page.items.length).toBeLessThanOrEqual(2)
    found.push(...page.items)
    if (page.next === null) return found
    after = `&after=${page.next}`
  }
}

describe('the devices of a campaign of commands', () => {
  it('say who is waiting, who has it, who did it, and why one did not', async () => {
    const devices = await addDevices(4)
    const [waits, sent, done, failed] = devices.toSorted((a, b) =>
      a.deviceId < b.deviceId ? 1 : -1,
    )
    const campaignId = await create({
      abort: { failedPercent: 90, ofAtLeast: 20 },
      phases: [{ devices: 3, soakMinutes: 60 }, {}],
    })
    await pace()
    const told = (await list(campaignId)).items.filter(({ state }) => state !== 'waiting')
    expect(told).toHaveLength(3)
    const others = [sent, done, failed]
    await sent!.ask()
    await obey([done!], 'succeeded')
    const [command] = await failed!.ask()
    await failed!.ask([failed!.report(command!, { state: 'failed', failure: 'sbi-not-answering' })])
    expect(idsOf(told)).toEqual(idsOf(others as CommandedDevice[]))
    expect(await stateOf(campaignId, waits)).toMatchObject({
      state: 'waiting',
      phase: null,
      commandId: null,
      endedAt: null,
    })
    expect(await stateOf(campaignId, sent)).toMatchObject({
      state: 'sent',
      phase: 1,
      endedAt: null,
    })
    expect(await stateOf(campaignId, done)).toMatchObject({ state: 'succeeded', failure: null })
    expect(await stateOf(campaignId, failed)).toMatchObject({
      state: 'failed',
      failure: 'sbi-not-answering',
      make: 'Example',
      commandId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      endedAt: expect.any(String) as string,
    })
    await act(campaignId, 'stop')
  })

  it('are listed page by page, of one state or of all, each once', async () => {
    const devices = await addDevices(5)
    const campaignId = await create({ abort: { failedPercent: 100, ofAtLeast: 20 } })
    await pace()
    await obey(devices.slice(0, 3), 'failed')
    expect(idsOf(await walk(campaignId, ''))).toEqual(idsOf(devices))
    expect(idsOf(await walk(campaignId, '&state=failed'))).toEqual(idsOf(devices.slice(0, 3)))
    expect(idsOf(await walk(campaignId, '&state=queued'))).toEqual(idsOf(devices.slice(3)))
    expect(await walk(campaignId, '&state=refused')).toEqual([])
  })

  it('name those that were skipped', async () => {
    const [full, free] = await addDevices(2)
    await campaigns.fillRoom(full!)
    const campaignId = await create()
    await pace()
    expect(idsOf(await walk(campaignId, '&state=skipped'))).toEqual(idsOf([full!]))
    expect(await stateOf(campaignId, full)).toMatchObject({ state: 'skipped', phase: null })
    expect((await stateOf(campaignId, free))?.state).toBe('queued')
  })

  it('that have no turn yet are waiting', async () => {
    const devices = await addDevices(3)
    const campaignId = await create({ perMinute: 1 })
    await paceNow()
    const waiting = await walk(campaignId, '&state=waiting')
    expect(waiting).toHaveLength(2)
    expect(idsOf([...waiting, ...(await walk(campaignId, '&state=queued'))])).toEqual(
      idsOf(devices),
    )
  })
})

describe('the devices of a campaign of rotations', () => {
  it('are waiting for their turn, told, rotated or expired', async () => {
    const devices = await campaigns.commands.addDevices(3)
    const campaignId = await create({
      filter: undefined,
      command: undefined,
      deviceIds: idsOf(devices),
      rotation: { reason: 'policy' },
      lifeHours: 1,
    })
    await pace()
    campaigns.commands.time.now += HOUR_MS / 60
    await paceNow()
    const told = await walk(campaignId, '&state=sent')
    expect(told.length).toBeGreaterThan(0)
    expect(told[0]).toMatchObject({ phase: 1, failure: null, commandId: null, endedAt: null })
    await campaigns.commands.portal.db.pool.query(
      `update rotation_order_device set outcome = 'rotated', settled_at = now()
       where order_id = $1 and device_id = $2`,
      [campaignId, told[0]?.deviceId],
    )
    expect(await walk(campaignId, '&state=succeeded')).toMatchObject([
      { deviceId: told[0]?.deviceId, endedAt: expect.any(String) as string },
    ])
    await campaigns.commands.portal.db.pool.query(
      `update rotation_order_device set outcome = 'overtaken', settled_at = now()
       where order_id = $1 and outcome is null`,
      [campaignId],
    )
    const cancelled = await walk(campaignId, '&state=cancelled')
    expect(cancelled).toHaveLength(told.length - 1)
    expect(await walk(campaignId, '&state=refused')).toEqual([])
    expect(idsOf(await walk(campaignId, ''))).toEqual(idsOf(devices))
    await act(campaignId, 'stop')
    await settle()
  })
})

describe('a list of devices', () => {
  it('is refused for a campaign that is not there', async () => {
    expect((await ask(randomUUID())).json()).toMatchObject({ code: 'campaign.not-found' })
  })

  it('is refused for a place of another list, and for one that is none', async () => {
    await addDevices(3)
    const campaignId = await create()
    await pace()
    const { next } = await list(campaignId, '?limit=1')
    const [all, queued] = [`?after=${next}`, `?state=queued&after=${next}`]
    expect((await list(campaignId, all)).items).toHaveLength(2)
    for (const query of [queued, '?after=bm9uZQ', '?state=sleeping'])
      expect((await ask(campaignId, query)).json()).toMatchObject({ code: 'request.malformed' })
  })

  it('is shown to an auditor', async () => {
    await addDevices(1)
    const campaignId = await create()
    const auditor = await campaigns.commands.portal.signIn('auditor')
    const reply = await auditor.ask('GET', `/campaigns/${campaignId}/devices`)
    expect(reply.json<CampaignDevicePage>().items).toHaveLength(1)
  })
})
