import { hostname, userInfo } from 'node:os'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DeviceFacts } from '@sanad/protocol/domain/device-facts'
import type { DeviceProfile } from '@sanad/simulator/sbi/device-profile'
import { Compile } from 'typebox/compile'
import { AgentProcess } from './agent-process.ts'
import { subjectOf } from './bench.ts'
import { Desk, aDevice, until } from './desk.ts'
import { checkedIn } from './server-answers.ts'

/** What a server learns of a client, and can make it do, as a program. */

let desk: Desk
let profile: DeviceProfile
beforeEach(async () => {
  desk = await Desk.open()
  profile = aDevice('face')
  await desk.plug(profile)
})
afterEach(() => desk[Symbol.asyncDispose]())

async function obey(
  type: Parameters<typeof desk.server.commands.order>[1],
  body: object = {},
  patienceMs = 20_000,
) {
  const { commands, channel } = desk.server
  const id = await commands.order(subjectOf(profile), type, body)
  channel.wake(subjectOf(profile))
  return until(() => commands.reports.find((report) => report.id === id), patienceMs)
}

const start = async () => {
  await desk.startAgent()
  await until(() => desk.server.channel.isOpen && desk.server.commands.questions.length > 0)
}

const isFacts = Compile(DeviceFacts)

describe('The facts of a device', () => {
  it('sends all facts at the first check-in, then only changes, and all again when asked', async () => {
    const { facts } = desk.server
    await start()
    const [first = {}] = facts
    expect(isFacts.Check(first)).toBe(true)
    expect(first).toMatchObject({ keyStore: 'sealed-file', clockState: 'trusted' })
    const measured = ['clientVersion', 'sbiPort', 'sbiAnswerMs', 'storageTotalMb', 'timeZone']
    expect(Object.keys(first)).toEqual(expect.arrayContaining([...measured, 'serviceVersion']))

    desk.server.checkInAnswer = () => checkedIn({ nextCheckInSeconds: 1 })
    const before = facts.length
    await obey('collect-information')
    const again = await until(() => facts[before])
    expect(Object.keys(again ?? {}).toSorted()).toEqual(
      expect.arrayContaining(['clientVersion', 'keyStore', 'kernel']),
    )
    const delta = await until(() => (facts.length > before + 1 ? { facts: facts.at(-1) } : false))
    expect(Object.keys(delta.facts ?? {}).length).toBeLessThan(8)
  })

  it('sends facts that name no person, no computer, no path and nothing of the environment', async () => {
    await start()
    const text = JSON.stringify(desk.server.facts)
    for (const secret of [userInfo().username, hostname(), desk.directory, '/'])
      if (secret !== '/' && secret.length > 3) expect(text).not.toContain(secret)
    for (const [name, value] of Object.entries(process.env))
      if ((value?.length ?? 0) > 8) expect(text, name).not.toContain(value)
  })
})

describe('The client as a program', () => {
  it('sends its own recent log when asked, cut to the limit', async () => {
    await start()
    const since = new Date(Date.now() - 3_600_000).toISOString()
    const report = await obey('collect-logs', { source: 'client', since, limit: 1_024 })
    expect(report).toMatchObject({ state: 'succeeded', redactions: 0 })
    expect(report.log).toContain('the state of a command changed')
    expect(Buffer.byteLength(report.log ?? '')).toBeLessThanOrEqual(1_024)
    const later = new Date(Date.now() + 3_600_000).toISOString()
    expect((await obey('collect-logs', { source: 'client', since: later, limit: 1_024 })).log).toBe(
      '',
    )
  })

  it('keeps settings from the server over a restart', async () => {
    await start()
    const window = { days: [0], from: '02:00', to: '02:15' }
    const configuration = { maintenanceWindow: window, logLevel: 'warn' }
    expect(await obey('apply-configuration', { configuration })).toMatchObject({
      state: 'succeeded',
    })
    await desk.stopAgent()
    await start()
    const report = await obey('restart-service', { service: 'client' })
    expect(report).toMatchObject({ state: 'not-now', failure: 'outside-maintenance-window' })
  })

  it('answers "not now" to a restart when no supervisor would start it again', async () => {
    await start()
    expect(await obey('restart-service', { service: 'client' })).toMatchObject({ state: 'not-now' })
    expect(desk.reportOf(profile)?.progress).toBe('registered')
  })

  it('exits with 75 to be restarted, and reports success when it is back', async () => {
    const config = desk.writeConfig({ logLevel: 'info' })
    const { commands, channel } = desk.server
    const first = new AgentProcess(['run', '--config', config])
    await until(() => channel.isOpen && commands.questions.length > 0)
    const id = await commands.order(subjectOf(profile), 'restart-service', { service: 'client' })
    channel.wake(subjectOf(profile))
    expect((await first.ended).code).toBe(75)
    expect(commands.lastReport(id)).toBeUndefined()

    const second = new AgentProcess(['run', '--config', config])
    await until(() => commands.lastReport(id))
    expect(commands.lastReport(id)).toMatchObject({ state: 'succeeded' })
    expect((await second.kill('SIGTERM')).code).toBe(0)
  })
})
