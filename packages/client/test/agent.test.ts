import { execFile } from 'node:child_process'
import { chmodSync, existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { listenAsSbi } from '@sanad/simulator/sbi/loopback'
import { describe, expect, it } from 'vitest'
import type { StatusReport } from '../src/agent/status-report.ts'
import { AgentProcess, runClient } from './agent-process.ts'
import { Desk, aDevice, until } from './desk.ts'

const readReport = (text: string) => JSON.parse(text) as StatusReport

describe('sanad client', () => {
  it(
    'runs, reports its status while it runs and afterwards, and ends on SIGTERM',
    { timeout: 90_000 },
    async () => {
      await using desk = await Desk.open()
      const profile = aDevice('slap')
      await desk.plug(profile)
      const config = desk.writeConfig({ logLevel: 'info' })

      const before = await runClient('status', '--config', config)
      expect(before).toMatchObject({ code: 1, stderr: '' })
      expect(before.stdout).toContain('No device has been seen yet.')

      const agent = new AgentProcess(['--config', config])
      await until(() => agent.stdout.includes('device checked in'))
      const live = await runClient('status', '--json', '--config', config)
      expect(readReport(live.stdout)).toMatchObject({
        isRunning: true,
        devices: [{ serialNo: profile.serialNo, light: 'green', isPluggedIn: true }],
      })
      const forPeople = await runClient('status', '--config', config)
      expect(forPeople.stdout).toContain(`green  Example  Slap 442  ${profile.serialNo}  L1`)
      expect(forPeople.stdout).toContain('There is nothing to do.')
      expect(forPeople.code).toBe(0)

      const second = await runClient('run', '--config', config)
      expect(second.code).toBe(1)
      expect(second.stderr).toContain('client.already-running')

      const started = Date.now()
      const { code, stdout, stderr } = await agent.kill('SIGTERM')
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(Date.now() - started).toBeLessThan(3000)
      expect(stdout).toContain('client stopped')

      const after = await runClient('status', '--json', '--config', config)
      expect(readReport(after.stdout)).toMatchObject({
        isRunning: false,
        devices: [{ serialNo: profile.serialNo, progress: 'registered' }],
      })
      expect(after.code).toBe(1)
      const socket = join(desk.directory, 'state', 'status.sock')
      if (existsSync(socket)) expect(statSync(socket).mode & 0o077).toBe(0)
    },
  )

  it('logs nothing but its own fields', async () => {
    await using desk = await Desk.open()
    const profile = aDevice('face')
    await desk.plug(profile)
    const agent = new AgentProcess(['--config', desk.writeConfig({ logLevel: 'debug' })])
    await until(() => agent.stdout.includes('device checked in'))
    const { stdout } = await agent.kill('SIGTERM')
    const allowed =
      /^(level|time|msg|serialNo|make|model|port|edition|deviceStatus|progress|keyId|nextCheckInAt|rotationAt|reason|stage|clientVersion|serverId)$/
    for (const line of stdout.trim().split('\n')) {
      const unknown = Object.keys(JSON.parse(line) as object).filter((name) => !allowed.test(name))
      expect(unknown).toEqual([])
    }
    expect(stdout).not.toMatch(/eyJ|BEGIN|callbackId|digitalId/)
  })

  it('does what is due once, and reports the result by its exit code', async () => {
    await using desk = await Desk.open()
    const profile = aDevice('face')
    await desk.plug(profile)
    const config = desk.writeConfig()
    desk.server.verdict = () => ({
      outcome: 'refused',
      supportCode: '7KQ2-M4XH',
      sentence: 'This device is not on the list yet.',
      retryAfterSeconds: 1,
    })
    const refused = await runClient('once', '--config', config)
    expect(refused.code).toBe(1)
    expect(refused.stdout).toContain('This device is not on the list yet.')
    expect(refused.stdout).toContain('Support code: 7KQ2-M4XH')
    desk.server.verdict = () => undefined
    await wait(1200)
    const done = await runClient('once', '--json', '--config', config)
    expect(readReport(done.stdout).devices).toMatchObject([{ light: 'green' }])
    expect(done.code).toBe(0)
  })

  it.each([
    ['an unknown key', { colour: 'blue' }, 'colour is not known'],
    ['a server without TLS', { serverUrl: 'http://127.0.0.1:1' }, 'serverUrl must match'],
    ['ports the wrong way round', { portRange: { from: 4600, to: 4501 } }, '/portRange'],
  ])('does not start with %s in its configuration', async (_, changes, place) => {
    await using desk = await Desk.open()
    await desk.plug(aDevice('face'))
    const { code, stderr } = await runClient('run', '--config', desk.writeConfig(changes as object))
    expect(code).toBe(1)
    expect(stderr).toContain('client.configuration-invalid')
    expect(stderr).toContain(place)
    expect(stderr).not.toContain('blue')
    expect(existsSync(join(desk.directory, 'state'))).toBe(false)
  })

  it('reads YAML, with paths relative to the file', async () => {
    await using desk = await Desk.open()
    await desk.plug(aDevice('face'))
    const { serverUrl, serverId } = desk.config()
    const path = join(desk.directory, 'client.yaml')
    const { server, port } = await listenAsSbi()
    server.close()
    writeFileSync(
      path,
      `serverUrl: ${serverUrl}\nserverId: ${serverId}\nmanagementRoot: root.pem\nstateDirectory: ./state\nchipDirectory: chips\nhandOverDirectory: hand-over\nportRange: {from: ${port}, to: ${port}}\n`,
    )
    expect(await runClient('once', '--config', path)).toMatchObject({ stderr: '' })
    expect(existsSync(join(desk.directory, 'state', 'installation'))).toBe(true)
  })

  it(
    'reads by ./sanad a configuration whose path is relative to the caller',
    { timeout: 120_000 },
    async () => {
      await using desk = await Desk.open()
      desk.writeConfig({ portRange: { from: 4599, to: 4600 } })
      const sanad = join(import.meta.dirname, '..', '..', '..', 'sanad')
      const { promise, resolve } = Promise.withResolvers<string>()
      const words = ['client', 'status', '--config', 'client.json']
      execFile(sanad, words, { cwd: desk.directory }, (_, stdout, stderr) =>
        resolve(stdout + stderr),
      )
      expect(await promise).toContain('No device has been seen yet.')
    },
  )

  it('does not use a state folder that others can look into', async () => {
    await using desk = await Desk.open()
    await desk.plug(aDevice('face'))
    const config = desk.writeConfig()
    await runClient('once', '--config', config)
    chmodSync(join(desk.directory, 'state'), 0o755)
    const { code, stderr } = await runClient('once', '--config', config)
    expect(code).toBe(1)
    expect(stderr).toContain('client.permissions-too-open')
  })

  it('prints its usage for a wrong command line', { timeout: 90_000 }, async () => {
    expect(await runClient('dance')).toMatchObject({ code: 2, stdout: '' })
    expect((await runClient('statsu')).stderr).toContain('Did you mean “status”?')
    for (const verb of ['status', 'time-receipts']) {
      const help = await runClient(verb, '--help')
      expect(help).toMatchObject({ code: 0, stderr: '' })
      expect(help.stdout).toContain(`sanad client ${verb} `)
      const version = await runClient(verb, '--version')
      expect(version.code).toBe(0)
      expect(version.stdout).toMatch(/^sanad client \d/)
    }
    expect(await runClient('--loud')).toMatchObject({ code: 2, stdout: '' })
    expect((await runClient('--help')).stdout).toContain('sanad client status')
  })

  it('ends status and once with 1 while a known device is away, and shows when it was seen last', async () => {
    await using desk = await Desk.open()
    const profile = aDevice('slap')
    const device = await desk.plug(profile)
    const config = desk.writeConfig()
    expect((await runClient('once', '--config', config)).code).toBe(0)

    const stopped = await runClient('status', '--config', config)
    expect(stopped.code).toBe(1)
    expect(stopped.stdout).toContain('The client is not running')
    expect(stopped.stdout).toContain('The device was well when the client last ran.')
    expect(stopped.stdout).toMatch(
      /last seen \d{4}-\d\d-\d\d \d\d:\d\d UTC, (just now|\d+ minutes? ago)/,
    )

    await device.unplug()
    const away = await runClient('once', '--json', '--config', config)
    expect(away.code).toBe(1)
    expect(readReport(away.stdout).devices).toMatchObject([
      { light: 'amber', isPluggedIn: false, lastSeenAt: expect.any(String) as string },
    ])
  })

  it('forgets nothing of what it saw last when that file is damaged or gone', async () => {
    await using desk = await Desk.open()
    const profile = aDevice('slap')
    await desk.plug(profile)
    const config = desk.writeConfig()
    await runClient('once', '--config', config)
    for (const content of ['', '{"v":1', '{"v":2,"devices":{}}']) {
      writeFileSync(join(desk.directory, 'state', 'last-seen'), content, { mode: 0o600 })
      const { code, stderr, stdout } = await runClient('status', '--json', '--config', config)
      expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
      expect(readReport(stdout).devices).toMatchObject([{ progress: 'registered' }])
    }
  })
})
