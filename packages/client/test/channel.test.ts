import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeviceProfile } from '@sanad/simulator/sbi/device-profile'
import { subjectOf } from './bench.ts'
import { Desk, aDevice, until } from './desk.ts'

/** The live channel of a running client, over real TLS. */

let desk: Desk
beforeEach(async () => {
  desk = await Desk.open()
})
afterEach(() => desk[Symbol.asyncDispose]())

async function startWith(...kinds: ('face' | 'slap' | 'iris')[]): Promise<DeviceProfile[]> {
  const profiles = kinds.map(aDevice)
  for (const profile of profiles) await desk.plug(profile)
  await desk.startAgent()
  for (const profile of profiles)
    await until(() => desk.reportOf(profile)?.lastCheckInAt !== undefined)
  return profiles
}

const questions = () => desk.server.commands.questions

describe('The live channel', () => {
  it('uses one channel for all devices, and sends their messages over it', async () => {
    const profiles = await startWith('face', 'slap')
    await until(() => desk.server.channel.isOpen)
    await until(() => questions().length >= 2)
    const asked = desk.server.messages.filter(({ type }) => type === 'commands')
    expect(new Set(asked.map(({ subject }) => subject))).toEqual(new Set(profiles.map(subjectOf)))
    expect(desk.server.channel.messages).toBeGreaterThanOrEqual(2)
    expect(desk.server.channel.upgrades).toBe(1)
    expect(desk.server.channel.sockets.size).toBe(1)
  })

  it('delivers a command to one device within a second, and its report back', async () => {
    const [profile] = await startWith('face')
    const subject = subjectOf(profile as DeviceProfile)
    const { commands, channel } = desk.server
    await until(() => channel.isOpen && questions().length >= 1)
    const begin = performance.now()
    const id = await commands.order(subject, 'run-self-test', { tests: ['storage'] })
    channel.wake(subject)
    await until(() => commands.lastReport(id))
    expect(performance.now() - begin).toBeLessThan(1000)
    expect(commands.lastReport(id)).toMatchObject({ state: 'succeeded' })
  })

  it('wakes no device for the hash of another', async () => {
    await startWith('face')
    await until(() => desk.server.channel.isOpen && questions().length >= 1)
    const before = questions().length
    desk.server.channel.wake('Example/Other/1')
    await wait(500)
    expect(questions().length).toBe(before)
    expect(desk.server.channel.isOpen).toBe(true)
  })

  it('does not flood the server with questions when it is flooded with wakes', async () => {
    const [profile] = await startWith('face')
    await until(() => desk.server.channel.isOpen && questions().length >= 1)
    const before = questions().length
    const end = Date.now() + 3_000
    while (Date.now() < end) {
      for (let index = 0; index < 50; index++)
        desk.server.channel.wake(subjectOf(profile as DeviceProfile))
      await wait(20)
    }
    expect(questions().length - before).toBeGreaterThanOrEqual(1)
    expect(questions().length - before).toBeLessThanOrEqual(5)
  })

  it('continues by HTTPS when the channel breaks during a message, with one effect', async () => {
    const [profile] = await startWith('face')
    const subject = subjectOf(profile as DeviceProfile)
    const { commands, channel, messages } = desk.server
    await until(() => channel.isOpen && questions().length >= 1)
    const id = await commands.order(subject, 'synchronise-time', { mode: 'measure' })
    channel.breakBeforeAnswer = 1
    channel.wake(subject)
    await until(() => commands.lastReport(id))
    expect(commands.reports.filter((report) => report.id === id)).toHaveLength(1)
    const numbers = new Map<number, Set<string>>()
    for (const { seq, mid } of messages) numbers.set(seq, (numbers.get(seq) ?? new Set()).add(mid))
    for (const mids of numbers.values()) expect(mids.size).toBe(1)
  })

  it('opens the channel again after it was closed, and the device announces itself', async () => {
    await startWith('face')
    const { channel } = desk.server
    await until(() => channel.isOpen && questions().length >= 1)
    const before = questions().length
    channel.break()
    await until(() => channel.upgrades === 2 && channel.isOpen)
    await until(() => questions().length > before)
  })

  it.each([
    ['answers 403', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'],
    ['answers 200', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['answers nonsense', 'nonsense\r\n\r\n'],
    ['hangs up', ''],
    ['upgrades to something else', 'HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'],
  ])(
    'works without the channel where a proxy %s: commands come with the check-in',
    async (_, refusal) => {
      desk.server.channel.refusal = refusal
      const profile = aDevice('face')
      await desk.plug(profile)
      const { commands, channel } = desk.server
      const id = await commands.order(subjectOf(profile), 'run-self-test', { tests: ['storage'] })
      await desk.startAgent()
      await until(() => commands.lastReport(id))
      expect(commands.lastReport(id)).toMatchObject({ state: 'succeeded' })
      await until(() => channel.upgrades >= 2)
      // Full jitter below a bound that doubles: the random of this test is small, and still it is not a loop.
      await wait(1000)
      expect(channel.upgrades).toBeLessThan(8)
      expect(channel.messages).toBe(0)
    },
  )

  it('closes a channel on which the server sends unreadable frames', async () => {
    await startWith('face')
    const { channel } = desk.server
    await until(() => channel.isOpen && questions().length >= 1)
    channel.say('{"code":"channel.flooded","status":429}')
    await until(() => channel.upgrades === 2)
  })
})
