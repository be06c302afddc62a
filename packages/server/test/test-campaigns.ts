import { randomUUID } from 'node:crypto'
import type { CampaignView } from '@sanad/protocol/operator-api/campaigns'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { runCampaigns } from '../src/campaigns/run-campaigns.ts'
import { settleCommands } from '../src/commands/command-jobs.ts'
import { readHead } from '../src/record/event-reader.ts'
import type { CommandedDevice } from './commanded-device.ts'
import { newOrder, TEST_KINDS, TestCommands } from './test-commands.ts'
import type { TestOperator } from './test-portal.ts'

/** Campaigns of commands, from an operator’s request to a device’s report: for the tests of one file. */

const INFORMATION = { type: 'collect-information', body: {} } as const

export class TestCampaigns {
  #commands: TestCommands | undefined
  #officer: TestOperator | undefined
  /** Devices of a test match by their group, which is one for each test. */
  groupId = ''

  get commands(): TestCommands {
    if (this.#commands === undefined) throw new Error('not started yet')
    return this.#commands
  }

  /** May do everything that a campaign needs. */
  get officer(): TestOperator {
    if (this.#officer === undefined) throw new Error('not started yet')
    return this.#officer
  }

  async start(): Promise<void> {
    this.#commands = await TestCommands.start()
    this.#officer = await this.commands.portal.signIn('security-officer')
  }

  async beginTest(): Promise<void> {
    this.commands.time.now += HOUR_MS
    this.groupId = await this.commands.addGroup()
  }

  async stop(): Promise<void> {
    await this.#commands?.[Symbol.asyncDispose]()
  }

  readonly paceNow = (): Promise<void> => runCampaigns(this.#options())

  /** A second later: at the highest rate enough for all devices of a test. */
  readonly pace = (): Promise<void> => {
    this.commands.time.now += 1000
    return this.paceNow()
  }

  readonly settle = () => settleCommands(this.#options())

  readonly head = () => readHead(this.commands.portal.db.database)

  readonly addDevices = async (count: number): Promise<CommandedDevice[]> => {
    const devices: CommandedDevice[] = []
    for (let index = 0; index < count; index++) devices.push(await this.commands.addDevice())
    await this.commands.portal.db.pool.query(
      'update device set group_id = $1 where device_id = any($2::uuid[])',
      [this.groupId, devices.map(({ deviceId }) => deviceId)],
    )
    return devices
  }

  /** Orders as many commands as may wait for one device. */
  readonly fillRoom = async ({ deviceId }: CommandedDevice): Promise<void> => {
    for (let index = 0; index < 16; index++)
      await this.officer.ask('POST', '/commands', { payload: newOrder([deviceId], INFORMATION) })
  }

  readonly newCampaign = (more: object = {}) => ({
    campaignId: randomUUID(),
    name: 'Look at all',
    filter: { groupId: this.groupId },
    command: INFORMATION,
    perMinute: 60_000,
    abort: { failedPercent: 50, ofAtLeast: 2 },
    ...more,
  })

  readonly create = async (more: object = {}): Promise<string> => {
    const payload = this.newCampaign(more)
    const reply = await this.officer.ask('POST', '/campaigns', { payload })
    expect(reply.statusCode, reply.body).toBe(201)
    return payload.campaignId
  }

  readonly read = async (campaignId: string): Promise<CampaignView> =>
    (await this.officer.ask('GET', `/campaigns/${campaignId}`)).json<CampaignView>()

  readonly act = (campaignId: string, verb: 'pause' | 'resume' | 'stop') =>
    this.officer.ask('POST', `/campaigns/${campaignId}/${verb}`, { payload: {} })

  /** Each device asks, obeys and says how it went. */
  readonly obey = async (
    devices: readonly CommandedDevice[],
    state: 'succeeded' | 'failed',
  ): Promise<void> => {
    for (const device of devices) {
      const got = await device.ask()
      await device.ask(got.map((command) => device.report(command, { state })))
    }
  }

  #options() {
    const { database } = this.commands.portal.db
    return { database, kinds: TEST_KINDS, clock: () => this.commands.time.now }
  }
}

export function openTestCampaigns(): TestCampaigns {
  const campaigns = new TestCampaigns()
  beforeAll(() => campaigns.start(), 120_000)
  beforeEach(() => campaigns.beginTest())
  afterAll(() => campaigns.stop())
  return campaigns
}
