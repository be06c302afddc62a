import { randomUUID } from 'node:crypto'
import type { NewCampaign } from '@sanad/protocol/operator-api/campaigns'
import { MINUTE_MS } from '@sanad/protocol/text/durations'
import { Kysely, PostgresDialect } from 'kysely'
import type pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TEST_KINDS, TestCommands } from '../../test/test-commands.ts'
import type { Database, Tables } from '../platform/database.ts'
import { sequenceEvents } from '../record/sequencer.ts'
import { Campaigns } from './campaigns.ts'
import { fillCampaigns } from './fill-campaigns.ts'
import { runCampaigns } from './run-campaigns.ts'

/** A server that dies before or after any statement leaves a campaign that another one continues. */

let commands: TestCommands
let operatorId: string
beforeAll(async () => {
  commands = await TestCommands.start()
  const officer = await commands.portal.signIn('security-officer')
  const { rows } = await commands.portal.db.pool.query<{ operator_id: string }>(
    'select operator_id from operator where name = $1',
    [officer.name],
  )
  operatorId = rows[0]?.operator_id ?? ''
}, 120_000)
afterAll(() => commands[Symbol.asyncDispose]())

class PowerCut extends Error {}

/** Dies at one statement: the database either never hears it, or does it and nobody is left to hear so. */
class DyingServer {
  readonly database: Database
  statements = 0
  readonly #at: number
  readonly #isHeard: boolean

  constructor(pool: pg.Pool, at: number, isHeard: boolean) {
    this.#at = at
    this.#isHeard = isHeard
    const connect = async () => this.#watch(await pool.connect())
    const dialect = new PostgresDialect({
      pool: { connect, end: () => Promise.resolve(), options: pool.options } as unknown as pg.Pool,
    })
    this.database = new Kysely<Tables>({ dialect })
  }

  get isDead(): boolean {
    return this.statements > this.#at
  }

  #watch(client: pg.PoolClient) {
    let isGone = false
    const die = (): never => {
      if (!isGone) client.release(true)
      isGone = true
      throw new PowerCut()
    }
    return {
      query: async (text: string, values: unknown[]) => {
        const turn = this.statements++
        if (turn > this.#at || (turn === this.#at && !this.#isHeard)) die()
        const result = await client.query(text, values)
        if (turn === this.#at) die()
        return result
      },
      release: () => {
        if (!isGone) client.release()
        isGone = true
      },
    }
  }
}

const DEVICES = 6

async function makeCampaign(): Promise<NewCampaign> {
  const { pool } = commands.portal.db
  const groupId = await commands.addGroup()
  await pool.query(
    `insert into device (device_id, model_id, serial_no, state, registered_at, group_id)
      select gen_random_uuid(), $1, 'CUT' || gen_random_uuid(), 'registered', now(), $2
      from generate_series(1, $3)`,
    [commands.modelId, groupId, DEVICES],
  )
  return {
    campaignId: randomUUID(),
    name: 'Cut',
    filter: { groupId },
    command: { type: 'collect-information', body: {} },
    perMinute: 60_000,
    abort: { failedPercent: 50, ofAtLeast: 2 },
    phases: [{ devices: 2 }, {}],
  }
}

/** The life of the campaign, as one server sees it: the request again, then its jobs until the campaign is over. */
async function live(database: Database, campaign: NewCampaign): Promise<void> {
  const options = { database, kinds: TEST_KINDS, clock: () => commands.time.now }
  await new Campaigns({ ...options, mostAtOnce: 2 }).create(campaign, operatorId)
  for (let round = 0; round < 20; round++) {
    commands.time.now += MINUTE_MS
    await fillCampaigns(options, undefined, 4)
    await runCampaigns(options)
    if (await obeyAll(campaign.campaignId)) return
  }
  throw new Error('the campaign does not end')
}

/** Devices obey what waits for them. @returns whether the campaign is over */
async function obeyAll(campaignId: string): Promise<boolean> {
  const { pool } = commands.portal.db
  await pool.query(
    `update command set state = 'succeeded', finished_at = now() where campaign_id = $1 and state = 'queued'`,
    [campaignId],
  )
  const { rows } = await pool.query<{ state: string }>(
    'select state from campaign where campaign_id = $1',
    [campaignId],
  )
  return rows[0]?.state === 'finished'
}

async function check({ campaignId }: NewCampaign): Promise<void> {
  const { pool } = commands.portal.db
  const { rows: told } = await pool.query<{ commands: number }>(
    `select count(c.command_id)::int as commands from campaign_device m
      left join command c on c.campaign_id = m.campaign_id and c.device_id = m.device_id
      where m.campaign_id = $1 group by m.device_id`,
    [campaignId],
  )
  expect(told.map(({ commands: each }) => each)).toEqual(Array.from({ length: DEVICES }, () => 1))
  await sequenceEvents(commands.portal.db.database)
  const { rows: events } = await pool.query<{ type: string; count: number }>(
    `select type, count(*)::int from recorded_event
      where position($1 in data::text) > 0 group by type order by type`,
    [campaignId],
  )
  expect(Object.fromEntries(events.map(({ type, count }) => [type, count]))).toEqual({
    'campaign.created': 1,
    'campaign.finished': 1,
    'campaign.phase-begun': 1,
    'command.ordered': DEVICES,
  })
}

it.each([
  ['before', false],
  ['after', true],
])(
  'tells every device once when the power goes %s any statement',
  async (_when, isHeard) => {
    const { pool, database } = commands.portal.db
    let cuts = 0
    for (let at = 0; ; at++) {
      const campaign = await makeCampaign()
      const server = new DyingServer(pool, at, isHeard)
      const outcome = await live(server.database, campaign).catch((error: unknown) => error)
      if (!server.isDead) {
        expect(outcome).toBeUndefined()
        break
      }
      expect(outcome).toBeInstanceOf(PowerCut)
      cuts++
      await live(database, campaign)
      await check(campaign)
    }
    expect(cuts).toBeGreaterThan(50)
  },
  240_000,
)
