import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Desk, aDevice, until } from './desk.ts'
import { checkedIn } from './server-answers.ts'
import type { DeviceProfile } from '@sanad/simulator/sbi/device-profile'

const green = (desk: Desk, profile: DeviceProfile) =>
  until(() => {
    const report = desk.reportOf(profile)
    return report?.light === 'green' && report
  })

const subjectOf = ({ make, model, serialNo }: DeviceProfile): string =>
  [make, model, serialNo].map(encodeURIComponent).join('/')

describe('The management client', () => {
  it.each(['slap', 'face'] as const)(
    'registers a %s by itself and checks in, and its SBI then signs with the new certificate',
    async (kind) => {
      await using desk = await Desk.open()
      const profile = aDevice(kind)
      const device = await desk.plug(profile)
      await desk.startAgent()
      expect(await green(desk, profile)).toMatchObject({
        progress: 'registered',
        presentsCertificate: true,
        deviceStatus: 'Ready',
      })
      expect(desk.server.typesSeen()).toEqual([
        'registration-challenge',
        'registration',
        'check-in',
      ])
      expect(new Set(device.verbs.map(({ verb }) => verb))).toEqual(
        new Set(['MOSIPDISC', 'MOSIPDINFO']),
      )
    },
  )

  it('finds a device that is plugged in later, and one that comes back', async () => {
    await using desk = await Desk.open()
    const [first, second] = [aDevice('slap'), aDevice('face')]
    const device = await desk.plug(first)
    await desk.startAgent({ portRange: { from: 4501, to: 4600 } })
    await green(desk, first)
    await device.unplug()
    await until(() => desk.reportOf(first)?.isPluggedIn === false)
    await desk.plug(second)
    await green(desk, second)
    await device.plugIn()
    expect(await green(desk, first)).toMatchObject({ isPluggedIn: true })
    // Nothing was due: its certificate and its next check-in are those from before.
    expect(desk.server.issued.get(subjectOf(first))?.size).toBe(1)
  })

  it('continues after a restart with the same key, and checks in only when it is due', async () => {
    await using desk = await Desk.open()
    const profile = aDevice('face')
    await desk.plug(profile)
    await desk.startAgent()
    const { keyId } = await green(desk, profile)
    await desk.stopAgent()
    await desk.startAgent()
    expect((await green(desk, profile)).keyId).toBe(keyId)
    expect(desk.server.typesSeen()).toHaveLength(3)
  })

  it('checks in at once on start when it is overdue, then at the interval of the server', async () => {
    await using desk = await Desk.open()
    const profile = aDevice('slap')
    await desk.plug(profile)
    desk.server.checkInAnswer = () => checkedIn({ nextCheckInSeconds: 1 })
    await desk.startAgent()
    const checkIns = () => desk.server.typesSeen().filter((type) => type === 'check-in').length
    await until(() => checkIns() >= 3)
    await desk.stopAgent()
    const before = checkIns()
    await desk.startAgent()
    await until(() => checkIns() > before)
    const numbers = desk.server.messages.map(({ seq }) => seq)
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  })

  it('shows the server’s sentence to the technician, waits as long as told, and keeps the key', async () => {
    await using desk = await Desk.open()
    const profile = aDevice('face')
    await desk.plug(profile)
    let asked = 0
    desk.server.verdict = () =>
      ++asked === 1
        ? {
            outcome: 'pending',
            supportCode: '7KQ2-M4XH',
            sentence: 'This device waits for approval.',
            retryAfterSeconds: 2,
          }
        : undefined
    await desk.startAgent()
    const held = await until(() => {
      const report = desk.reportOf(profile)
      return report?.supportCode !== undefined && report
    })
    expect(held).toMatchObject({
      light: 'amber',
      supportCode: '7KQ2-M4XH',
      sentence: 'This device waits for approval.',
    })
    const since = Date.now()
    const { keyId } = await green(desk, profile)
    expect(Date.now() - since).toBeGreaterThan(1000)
    expect(keyId).toBe(held.keyId)
  })

  it('sends the enrolment secret of an L0 device, and only from a file that is private', async () => {
    await using desk = await Desk.open()
    const profile = aDevice('face')
    await desk.plug(profile)
    const secrets = join(desk.directory, 'secrets')
    await import('node:fs/promises').then(({ mkdir }) => mkdir(secrets, { mode: 0o700 }))
    writeFileSync(join(secrets, profile.serialNo), 'a-secret-from-the-card\n', { mode: 0o644 })
    await desk.startAgent({ enrolmentSecrets: secrets })
    const failed = await until(() =>
      desk.log.find(({ message }) => message === 'a step failed; retrying'),
    )
    expect(failed).toMatchObject({ code: 'client.permissions-too-open' })
    expect(desk.server.issued.size).toBe(0)
    await desk.stopAgent()
    rmSync(join(secrets, profile.serialNo))
    writeFileSync(join(secrets, profile.serialNo), 'a-secret-from-the-card\n', { mode: 0o600 })
    await desk.startAgent({ enrolmentSecrets: secrets })
    await green(desk, profile)
    expect(desk.server.enrolmentSecrets).toEqual(['a-secret-from-the-card'])
    expect(JSON.stringify(desk.log)).not.toContain('a-secret')
  })

  it('destroys the key of a device that the server has de-registered, and can register it again', async () => {
    await using desk = await Desk.open()
    const profile = aDevice('slap')
    const device = await desk.plug(profile)
    let isGone = true
    desk.server.checkInAnswer = () =>
      isGone
        ? {
            type: 'refusal',
            body: {
              code: 'registration.device-deregistered',
              supportCode: '7KQ2-M4XH',
              sentence: 'This device was de-registered.',
              retryAfterSeconds: 1,
            },
          }
        : checkedIn()
    await desk.startAgent()
    await until(() => desk.log.find(({ progress }) => progress === 'identified'))
    expect(device.chip?.listKeys().some(({ state }) => state === 'active')).toBe(false)
    isGone = false
    await green(desk, profile)
    expect(device.chip?.listKeys()).toHaveLength(1)
    expect(desk.server.issued.get(subjectOf(profile))?.size).toBe(2)
  })

  it('uses the key that a chip brings from another machine', async () => {
    await using desk = await Desk.open()
    const profile = aDevice('iris')
    await desk.plug(profile)
    await desk.startAgent()
    const { keyId } = await green(desk, profile)
    await desk.stopAgent()
    await desk.startAgent({ stateDirectory: join(desk.directory, 'another-machine') })
    expect((await green(desk, profile)).keyId).toBe(keyId)
    expect(desk.server.issued.get(subjectOf(profile))?.size).toBe(1)
    expect(desk.server.typesSeen().filter((type) => type === 'registration')).toHaveLength(1)
  })

  it('asks, signed, whether the server still knows it, after repeated 401 answers', async () => {
    await using desk = await Desk.open()
    const profile = aDevice('face')
    await desk.plug(profile)
    desk.server.checkInAnswer = () => {
      if (desk.server.typesSeen().filter((type) => type === 'registration').length > 1)
        return checkedIn()
      throw new Error('not recognised')
    }
    await desk.startAgent()
    const { keyId } = await until(() => {
      const report = desk.reportOf(profile)
      return report?.keyId !== undefined && report
    })
    expect((await green(desk, profile)).keyId).toBe(keyId)
    expect(desk.server.issued.get(subjectOf(profile))?.size).toBe(1)
  })

  it('makes no new key for a device whose stored state is damaged', async () => {
    await using desk = await Desk.open()
    const profile = aDevice('face')
    await desk.plug(profile)
    await desk.startAgent()
    await green(desk, profile)
    await desk.stopAgent()
    const path = desk.statePath(profile)
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, -5))
    const handOver = join(desk.directory, 'hand-over', profile.serialNo, 'device-key.pem')
    const before = [statSync(handOver).ino, desk.server.messages.length]
    await desk.startAgent()
    await until(() => desk.reportOf(profile)?.problem === 'client.state-damaged')
    expect(desk.reportOf(profile)).toMatchObject({ light: 'red' })
    expect([statSync(handOver).ino, desk.server.messages.length]).toEqual(before)

    // Nor for one whose state is gone while its certified key is there.
    await desk.stopAgent()
    rmSync(path)
    await desk.startAgent()
    await until(() => desk.reportOf(profile)?.problem === 'client.state-damaged')
    expect([statSync(handOver).ino, desk.server.messages.length]).toEqual(before)
  })

  it('sends nothing for a device without its chip', async () => {
    await using desk = await Desk.open()
    const profile = aDevice('slap')
    await desk.plug(profile)
    await desk.startAgent({ chipDirectory: join(desk.directory, 'no-chips') })
    await until(() => desk.reportOf(profile)?.problem === 'client.key-store-failed')
    expect(desk.server.messages).toEqual([])
  })
})
