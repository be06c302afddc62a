import '../../power-cuts/come-between.ts'
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  startTestDatabase,
  type TestDatabase,
} from '../../../packages/server/test/test-database.ts'
import { CutDevice } from '../../power-cuts/cut-device.ts'
import { Site } from '../../power-cuts/site.ts'
import { type Ended, Wine } from './wine.ts'
import { WindowsComputer, count, toWindows, until } from './windows-computer.ts'

/** The zip as a technician uses it: unpacked, install.cmd, configured, started, stopped, upgraded, uninstalled. */

const ZIP = process.env['SANAD_WINDOWS_ZIP'] ?? ''
const SERVICE = 'C:\\Program Files\\Sanad\\sanad-service.exe'
const CLIENT = 'C:\\Program Files\\Sanad\\sanad-client.exe'

let database: TestDatabase
let site: Site
let wine: Wine
let device: CutDevice
beforeAll(async () => {
  database = await startTestDatabase()
  site = await Site.open(database.connection)
  device = await CutDevice.make(site, 'L0 PEM')
  wine = new Wine()
  wine.powerOn()
  mkdirSync(wine.pathOf('unpacked'))
  execFileSync('unzip', ['-q', ZIP, '-d', wine.pathOf('unpacked')])
})
afterAll(async () => {
  wine[Symbol.dispose]()
  await device[Symbol.asyncDispose]()
  await site[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const inData = (...names: readonly string[]): string =>
  wine.pathOf('ProgramData', 'Sanad', ...names)
const inPrograms = (...names: readonly string[]): string =>
  wine.pathOf('Program Files', 'Sanad', ...names)
const script = (name: string): Promise<Ended> => wine.run('cmd', '/c', `C:\\unpacked\\${name}`)
const readLog = (): string =>
  existsSync(inData('logs', 'client.log')) ? readFileSync(inData('logs', 'client.log'), 'utf8') : ''
const isRunning = async (): Promise<boolean> =>
  (await wine.run('sc', 'query', 'SanadClient')).stdout.includes('RUNNING')

function configure(): void {
  const computer = new WindowsComputer({ wine, programs: '', site, device })
  const { portRange, serverUrl, serverId } = computer.configuration as {
    portRange: { from: number; to: number }
    serverUrl: string
    serverId: string
  }
  const shipped = readFileSync(inData('client.yaml'), 'utf8')
  const secrets = toWindows(join(device.disk, 'secrets'))
  writeFileSync(
    inData('client.yaml'),
    `${shipped
      .replace('https://management.example', serverUrl)
      .replace('management.example', serverId)
      .replace(
        'handOverDirectory: hand-over',
        `handOverDirectory: ${toWindows(join(device.disk, 'hand-over'))}`,
      )}
enrolmentSecrets: ${secrets}\r\nportRange: { from: ${portRange.from}, to: ${portRange.to} }\r\n`,
  )
  copyFileSync(join(site.directory, 'root.pem'), inData('management-root.pem'))
}

describe('The Windows service', () => {
  it('is installed by install.cmd, which says what to do next and starts nothing yet', async () => {
    const installed = await script('install.cmd')
    expect(installed).toMatchObject({ code: 0 })
    expect(installed.stdout).toContain('The service SanadClient is installed.')
    expect(installed.stdout).toContain('management-root.pem')
    expect(readdirSync(inPrograms()).toSorted()).toEqual([
      'README.txt',
      'sanad-client.exe',
      'sanad-service.exe',
    ])
    expect(readdirSync(inData())).toEqual(['client.yaml'])
    expect(await isRunning()).toBe(false)
  })

  it('does not start without a root, and leaves the reason in a file', async () => {
    const started = await wine.run(SERVICE, 'start')
    expect(started.code).toBe(1)
    expect(started.stdout).toContain('ended at once, with code 1')
    expect(readFileSync(inData('logs', 'service.log'), 'utf8')).toContain('management-root.pem')
  })

  it('starts when it is configured, and registers the device', async () => {
    configure()
    const started = await wine.run(SERVICE, 'start')
    expect(started).toMatchObject({ code: 0, stdout: expect.stringContaining('runs.') as string })
    expect(await isRunning()).toBe(true)
    await until('a check-in', () => readLog().includes('device checked in'))
    const status = await wine.run(CLIENT, 'status')
    expect(status.code).toBe(0)
    expect(status.stdout).toContain('There is nothing to do.')
  })

  it('starts the client again when it dies', async () => {
    await wine.run('taskkill', '/F', '/IM', 'sanad-client.exe')
    await until('the next start', () => count(readLog(), 'client started') === 2)
    await until('the status', async () => (await wine.run(CLIENT, 'status')).code === 0)
    expect(await isRunning()).toBe(true)
  })

  it('stops the client in order', async () => {
    expect(await wine.run(SERVICE, 'stop')).toMatchObject({ code: 0 })
    expect(await isRunning()).toBe(false)
    expect(readLog().trimEnd().split('\n').at(-1)).toContain('client stopped')
    // Stopping what is stopped is no mistake.
    expect(await wine.run(SERVICE, 'stop')).toMatchObject({ code: 0 })
  })

  it('is upgraded by install.cmd: configuration and state stay, and it runs again', async () => {
    const before = readFileSync(inData('client.yaml'), 'utf8')
    const upgraded = await script('install.cmd')
    expect(upgraded).toMatchObject({ code: 0 })
    expect(await isRunning()).toBe(true)
    expect(readFileSync(inData('client.yaml'), 'utf8')).toBe(before)
    await until('the start', () => count(readLog(), 'client started') === 3)
    expect(count(readLog(), 'the device is registered')).toBe(1)
  })

  it('starts with Windows, after the power was gone', async () => {
    wine.powerOff()
    wine.powerOn()
    await until('the start', () => count(readLog(), 'client started') === 4)
    await until('the status', async () => (await wine.run(CLIENT, 'status')).code === 0)
  })

  it('is removed by uninstall.cmd, which stops it and leaves keys and state', async () => {
    const removed = await script('uninstall.cmd')
    expect(removed).toMatchObject({ code: 0 })
    expect(removed.stdout).toContain('stay in')
    expect(await isRunning()).toBe(false)
    expect(existsSync(inPrograms())).toBe(false)
    expect(readdirSync(inData()).toSorted()).toEqual([
      'client',
      'client.yaml',
      'logs',
      'management-root.pem',
    ])
    expect((await script('uninstall.cmd')).stdout).toContain('is not installed')
  })
})
