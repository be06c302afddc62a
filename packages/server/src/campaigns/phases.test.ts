import { randomUUID } from 'node:crypto'
import type { CampaignView } from '@sanad/protocol/operator-api/campaigns'
import { MINUTE_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CommandedDevice } from '../../test/commanded-device.ts'
import { TEST_KINDS, TestCommands } from '../../test/test-commands.ts'
import type { TestOperator } from '../../test/test-portal.ts'
import { readRecord } from '../record/event-reader.ts'
import { runCampaigns } from './run-campaigns.ts'

/** A few devices first, then more: each phase is judged before the next one begins. */

let commands: TestCommands
let officer: TestOperator
let devices: CommandedDevice[]
beforeAll(async () => {
  commands = await TestCommands.start()
  officer = await commands.portal.signIn('security-officer')
}, 120_000)
afterAll(() => commands[Symbol.asyncDispose]())
beforeEach(async () => {
  devices = await commands.addDevices(6)
})

/** Two devices, which soak for an hour; then four; then all six. */
const PHASES = [
  { devices: 2, soakMinutes: 60, success: { percent: 100, ofAtLeast: 2 } },
  { percent: 60, errors: { failedPercent: 40, ofAtLeast: 2, action: 'pause' } },
  {},
]

async function create(more: object = {}): Promise<string> {
  const payload = {
    campaignId: randomUUID(),
    name: 'In phases',
    deviceIds: devices.map(({ deviceId }) => deviceId),
    command: { type: 'collect-information', body: {} },
    perMinute: 60_000,
    abort: { failedPercent: 90, ofAtLeast: 6 },
    phases: PHASES,
    ...more,
  }
  const reply = await officer.ask('POST', '/campaigns', { payload })
  expect(reply.statusCode, reply.body).toBe(201)
  return payload.campaignId
}

const read = async (campaignId: string) =>
  (await officer.ask('GET', `/campaigns/${campaignId}`)).json<CampaignView>()
const phasesOf = async (campaignId: string) => (await read(campaignId)).phases
const act = (campaignId: string, verb: 'resume' | 'stop') =>
  officer.ask('POST', `/campaigns/${campaignId}/${verb}`, { payload: {} })

async function run(minutes = 1): Promise<void> {
  commands.time.now += minutes * MINUTE_MS
  const { database } = commands.portal.db
  await runCampaigns({ database, kinds: TEST_KINDS, clock: () => commands.time.now })
}

/** Each device asks, obeys and says how it went. */
async function obey(some: readonly CommandedDevice[], state: 'succeeded' | 'failed') {
  for (const device of some) {
    const got = await device.ask()
    expect(got).toHaveLength(1)
    await device.ask(got.map((command) => device.report(command, { state })))
  }
}

const eventsOf = async (campaignId: string) =>
  (await readRecord(commands.portal.db.database, { limit: 100 })).items
    .map(({ event }) => event)
    .filter(
      ({ type, data }) =>
        type.startsWith('campaign.') && 'campaignId' in data && data.campaignId === campaignId,
    )
    .map(({ type, actor, data }) => ({ type, actor, data }))
    .toReversed()

describe('a campaign in phases', () => {
  it('tells no device of the next phase before the soak time is over and enough have succeeded', async () => {
    const campaignId = await create()
    await run()
    expect(
      (await phasesOf(campaignId)).map(({ told, upTo, state }) => ({ told, upTo, state })),
    ).toEqual([
      { told: 2, upTo: 2, state: 'soaking' },
      { told: 0, upTo: 4, state: 'ahead' },
      { told: 0, upTo: null, state: 'ahead' },
    ])
    await obey(devices.slice(0, 2), 'succeeded')
    await run(58)
    expect((await phasesOf(campaignId))[0]).toMatchObject({ succeeded: 2, state: 'soaking' })
    await run(3)
    expect((await phasesOf(campaignId)).map(({ told, state }) => ({ told, state }))).toMatchObject([
      { told: 2, state: 'passed' },
      { told: 2, state: 'passed' },
      { told: 2, state: 'running' },
    ])
    await obey(devices.slice(2), 'succeeded')
    await run()
    expect(await read(campaignId)).toMatchObject({
      state: 'finished',
      counts: { succeeded: 6 },
      phases: [{ succeeded: 2 }, { succeeded: 2 }, { succeeded: 2, state: 'passed' }],
    })
    expect(await eventsOf(campaignId)).toMatchObject([
      { type: 'campaign.created', data: { devices: 6 } },
      { type: 'campaign.phase-begun', actor: 'server', data: { phase: 2 } },
      { type: 'campaign.phase-begun', actor: 'server', data: { phase: 3 } },
      { type: 'campaign.finished', data: { succeeded: 6 } },
    ])
  })

  it('pauses when too few devices of a phase succeeded, and passes the phase when an operator resumes', async () => {
    const campaignId = await create()
    await run()
    await obey(devices.slice(0, 1), 'succeeded')
    await obey(devices.slice(1, 2), 'failed')
    await run(61)
    expect(await read(campaignId)).toMatchObject({
      state: 'paused',
      pausedBecause: 'too-few-succeeded',
    })
    for (const device of devices.slice(2)) expect(await device.ask()).toEqual([])
    expect((await act(campaignId, 'resume')).json()).toMatchObject({
      state: 'running',
      pausedBecause: null,
    })
    await run()
    expect((await phasesOf(campaignId))[1]).toMatchObject({ told: 2 })
    expect(await eventsOf(campaignId)).toMatchObject([
      { type: 'campaign.created' },
      { type: 'campaign.paused', actor: 'server', data: { because: 'too-few-succeeded' } },
      { type: 'campaign.resumed' },
      { type: 'campaign.phase-begun', data: { phase: 2 } },
      { type: 'campaign.phase-begun', data: { phase: 3 } },
    ])
    await act(campaignId, 'stop')
  })

  it('pauses for the errors of one phase, and forgives them when an operator resumes', async () => {
    const slow = [{ ...PHASES[0], soakMinutes: 0 }, { ...PHASES[1], soakMinutes: 60 }, {}]
    const campaignId = await create({ phases: slow })
    await run()
    await obey(devices.slice(0, 2), 'succeeded')
    await run()
    await obey(devices.slice(2, 4), 'failed')
    await run()
    expect(await read(campaignId)).toMatchObject({ state: 'paused', pausedBecause: 'failures' })
    await act(campaignId, 'resume')
    await run()
    expect(await read(campaignId)).toMatchObject({ state: 'running' })
    await run(60)
    expect((await phasesOf(campaignId))[2]).toMatchObject({ told: 2, state: 'running' })
    await obey(devices.slice(4), 'succeeded')
    await run()
    expect(await read(campaignId)).toMatchObject({
      state: 'finished',
      counts: { succeeded: 4, failed: 2 },
    })
  })

  it('refuses phases that do not grow, and named devices in a continuing campaign', async () => {
    for (const wrong of [
      { phases: [{ devices: 5 }, { devices: 5 }, {}] },
      { phases: [{ devices: 5 }] },
      { isContinuing: true },
      { filter: {} },
      { rotation: { reason: 'policy' } },
    ]) {
      const payload = {
        campaignId: randomUUID(),
        name: 'Wrong',
        deviceIds: devices.map(({ deviceId }) => deviceId),
        command: { type: 'collect-information', body: {} },
        perMinute: 1,
        abort: { failedPercent: 50, ofAtLeast: 1 },
        ...wrong,
      }
      const reply = await officer.ask('POST', '/campaigns', { payload })
      expect(reply.json()).toMatchObject({ code: 'request.malformed' })
    }
  })
})
