import { randomUUID } from 'node:crypto'
import type { CampaignView, NewCampaign } from '@sanad/protocol/operator-api/campaigns'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TEST_KINDS, TestCommands } from '../../test/test-commands.ts'
import type { TestOperator } from '../../test/test-portal.ts'
import { readHead, readRecord } from '../record/event-reader.ts'
import { Campaigns } from './campaigns.ts'
import { fillCampaigns } from './fill-campaigns.ts'
import { runCampaigns } from './run-campaigns.ts'

/** Campaigns for more devices than a request gathers. */

let commands: TestCommands
let officer: TestOperator
let campaigns: Campaigns
let groupId: string
beforeAll(async () => {
  commands = await TestCommands.start()
  officer = await commands.portal.signIn('security-officer')
  campaigns = new Campaigns({ ...options(), mostAtOnce: 2 })
}, 120_000)
afterAll(() => commands[Symbol.asyncDispose]())
beforeEach(async () => {
  groupId = await commands.addGroup()
})

const options = () => ({
  database: commands.portal.db.database,
  kinds: TEST_KINDS,
  clock: () => commands.time.now,
})

/** Rows are enough: nothing is sent to them. */
async function addDevices(count: number): Promise<readonly string[]> {
  const { rows } = await commands.portal.db.pool.query<{ device_id: string }>(
    `insert into device (device_id, model_id, serial_no, state, registered_at, group_id)
      select gen_random_uuid(), $1, 'FILL' || gen_random_uuid(), 'registered', now(), $2 from generate_series(1, $3)
      returning device_id`,
    [commands.modelId, groupId, count],
  )
  return rows.map(({ device_id }) => device_id).toSorted()
}

const newCampaign = (more: Partial<NewCampaign> = {}): NewCampaign => ({
  campaignId: randomUUID(),
  name: 'Look at all',
  filter: { groupId },
  command: { type: 'collect-information', body: {} },
  perMinute: 60_000,
  abort: { failedPercent: 50, ofAtLeast: 2 },
  ...more,
})

async function create(more: Partial<NewCampaign> = {}): Promise<CampaignView> {
  return campaigns.create(newCampaign(more), await officerId())
}
async function officerId(): Promise<string> {
  const { rows } = await commands.portal.db.pool.query<{ operator_id: string }>(
    'select operator_id from operator where name = $1',
    [officer.name],
  )
  return rows[0]!.operator_id
}
const read = async (campaignId: string) =>
  (await officer.ask('GET', `/campaigns/${campaignId}`)).json<CampaignView>()

async function gathered(campaignId: string): Promise<readonly string[]> {
  const { rows } = await commands.portal.db.pool.query<{ device_id: string }>(
    'select device_id from campaign_device where campaign_id = $1 order by device_id',
    [campaignId],
  )
  return rows.map(({ device_id }) => device_id)
}

/** A server that is gone after its first part. */
async function fillOnePart(atOnce: number): Promise<void> {
  const gone = new AbortController()
  const clock = () => {
    gone.abort()
    return commands.time.now
  }
  await fillCampaigns({ ...options(), clock }, gone.signal, atOnce)
}

describe('gathering the devices of a large campaign', () => {
  it('creates a large campaign at once, says how far it is gathered, and records it once', async () => {
    await addDevices(7)
    const before = await readHead(commands.portal.db.database)
    const view = await create()
    expect(view).toMatchObject({ state: 'running', devices: 0, filling: { done: 0, devices: 7 } })
    await fillCampaigns(options(), undefined, 3)
    expect(await read(view.campaignId)).toMatchObject({
      devices: 7,
      filling: null,
      counts: { waiting: 7 },
    })
    const { items } = await readRecord(commands.portal.db.database, { limit: 10 })
    const own = items.filter(({ event }) => event.seq > before)
    expect(own.map(({ event }) => event)).toMatchObject([
      { type: 'campaign.created', data: { campaignId: view.campaignId, devices: 7 } },
    ])
  })

  it('gathers each device of a campaign once, however often servers die or work at once', async () => {
    const ids = await addDevices(40)
    const { campaignId } = await create()
    await fillOnePart(5)
    await fillOnePart(5)
    expect(await gathered(campaignId)).toHaveLength(10)
    await Promise.all([1, 2, 3].map(() => fillCampaigns(options(), undefined, 5)))
    expect(await gathered(campaignId)).toEqual(ids)
    expect(await read(campaignId)).toMatchObject({ devices: 40, filling: null })
  })

  it('tells devices that are gathered already, and does not finish before the last is', async () => {
    await addDevices(12)
    const { campaignId } = await create()
    await fillOnePart(4)
    commands.time.now += 1000
    await runCampaigns(options())
    expect(await read(campaignId)).toMatchObject({
      state: 'running',
      devices: 4,
      counts: { waiting: 0, queued: 4 },
    })
    await commands.portal.db.pool.query(
      `update command set state = 'cancelled', finished_at = now() where campaign_id = $1`,
      [campaignId],
    )
    await runCampaigns(options())
    expect(await read(campaignId)).toMatchObject({ state: 'running', finishedAt: null })
    await fillCampaigns(options())
    commands.time.now += 1000
    await runCampaigns(options())
    expect((await read(campaignId)).counts).toMatchObject({ waiting: 0 })
    expect((await gathered(campaignId)).length).toBe(12)
  })

  it('gathers no more devices for a campaign that is stopped meanwhile', async () => {
    await addDevices(12)
    const { campaignId } = await create()
    await fillOnePart(4)
    await campaigns.stop(campaignId, await officerId())
    await fillCampaigns(options())
    expect(await read(campaignId)).toMatchObject({ state: 'stopped', devices: 4, filling: null })
  })

  it('takes up later devices of a continuing campaign after the first are gathered', async () => {
    await addDevices(5)
    const { campaignId } = await create({ isContinuing: true })
    await fillCampaigns(options(), undefined, 2)
    await addDevices(2)
    commands.time.now += 6 * 60_000
    await runCampaigns(options())
    expect(await read(campaignId)).toMatchObject({ state: 'running', devices: 7 })
    await campaigns.stop(campaignId, await officerId())
  })

  it('creates a large campaign once by the same request, and refuses another under its id', async () => {
    await addDevices(5)
    const body = newCampaign()
    const by = await officerId()
    const views = await Promise.all([1, 2, 3].map(() => campaigns.create(body, by)))
    expect(new Set(views.map(({ createdAt }) => createdAt)).size).toBe(1)
    await expect(campaigns.create({ ...body, perMinute: 1 }, by)).rejects.toMatchObject({
      code: 'request.conflict',
    })
  })

  it('gathers other campaigns while the filter of one cannot be read any more', async () => {
    await addDevices(5)
    const broken = await create()
    const { campaignId } = await create()
    await commands.portal.db.pool.query(
      `update campaign set filter = '{"expiresBefore": 7}' where campaign_id = $1`,
      [broken.campaignId],
    )
    await expect(fillCampaigns(options())).rejects.toThrow()
    expect(await read(campaignId)).toMatchObject({ devices: 5, filling: null })
    await campaigns.stop(broken.campaignId, await officerId())
    await fillCampaigns(options())
  })
})
