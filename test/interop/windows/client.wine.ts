import '../../power-cuts/come-between.ts'
import { randomInt } from 'node:crypto'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  startTestDatabase,
  type TestDatabase,
} from '../../../packages/server/test/test-database.ts'
import { CutDevice } from '../../power-cuts/cut-device.ts'
import type { Form } from '../../power-cuts/forms.ts'
import { listBrokenAfterCut, listBrokenAtEnd } from '../../power-cuts/promises.ts'
import { SCENARIOS } from '../../power-cuts/scenarios.ts'
import { Site } from '../../power-cuts/site.ts'
import { Wine } from './wine.ts'
import { WindowsComputer, count, until } from './windows-computer.ts'

/** The client for Windows, as it is shipped, against a server of real parts. */

const PROGRAMS = process.env['SANAD_WINDOWS_PROGRAMS'] ?? ''

let database: TestDatabase
let site: Site
let wine: Wine
beforeAll(async () => {
  database = await startTestDatabase()
  site = await Site.open(database.connection)
  wine = new Wine()
})
afterAll(async () => {
  wine[Symbol.dispose]()
  await site[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

async function plug(form: Form): Promise<WindowsComputer> {
  const device = await CutDevice.make(site, form)
  return new WindowsComputer({ wine, programs: PROGRAMS, site, device })
}

const { registration, rotation } = SCENARIOS

async function register(computer: WindowsComputer): Promise<string> {
  const client = computer.start('run')
  try {
    await until('the device is registered', async () => {
      if (client.child.exitCode !== null) throw new Error(`ended: ${client.words}`)
      const state = await computer.readState()
      return state !== undefined && registration.isOver(state, undefined)
    })
  } finally {
    await client.kill()
  }
  return (await computer.readState())?.key?.keyId ?? ''
}

/** Until the device has another key than `before`, and all that is due is done. */
async function untilRotated(computer: WindowsComputer, before: string): Promise<void> {
  await until('the device has rotated', async () => {
    const state = await computer.readState()
    return state !== undefined && rotation.isOver(state, before)
  })
}

const listWrong = (computer: WindowsComputer): Promise<string[]> =>
  listBrokenAtEnd(site, computer.device, 'rotation')

describe('The client on Windows', () => {
  it('finds a device, registers it, tells its status through a pipe, and refuses a second client', async () => {
    const computer = await plug('L0 PEM')
    await using _ = computer.device
    const client = computer.start('run')
    await until('a check-in', () => computer.log.includes('device checked in'))
    expect(await computer.readStatus()).toMatchObject({
      isRunning: true,
      devices: [{ progress: 'registered', light: 'green', isPluggedIn: true }],
    })
    const second = await computer.run('run')
    expect(second.code).toBe(1)
    expect(second.stderr).toContain('client.already-running')
    await client.kill()
    // The system freed the lock, though nobody closed the file.
    const later = await computer.run('once', '--json')
    expect(JSON.parse(later.stdout)).toMatchObject({ devices: [{ progress: 'registered' }] })
    expect(await listWrong(computer)).toEqual([])
  })

  it('meets a device that is plugged in while it runs', async () => {
    const computer = await plug('L0 PEM')
    await using device = computer.device
    await device.simulated.unplug()
    const client = computer.start('run')
    await until('the start', () => computer.log.includes('client started'))
    // Past the sweep at the start; the next one would come after a minute.
    await wait(3_000)
    await device.simulated.plugIn()
    const pluggedInAt = Date.now()
    await until('the device', () => computer.log.includes('device found'))
    // By the table of ports, not by the sweep.
    expect(Date.now() - pluggedInAt).toBeLessThan(40_000)
    await client.kill()
  })

  it.each<Form>(['L0 PEM', 'L0 PKCS#12'])('rotates and hands over as %s', async (form) => {
    const computer = await plug(form)
    await using _ = computer.device
    const before = await register(computer)
    await rotation.prepare(site, computer.device)
    const client = computer.start('run')
    await untilRotated(computer, before)
    await client.kill()
    expect(await listWrong(computer)).toEqual([])
  })

  it('keeps its state over a restart: the same key, the next number, no new registration', async () => {
    const computer = await plug('L0 PEM')
    await using _ = computer.device
    const before = await register(computer)
    const { sequence = 0 } = (await computer.readState()) ?? {}
    await computer.device.places.changeState({ nextCheckInAt: 0 })
    const client = computer.start('run')
    await until('a second check-in', () => count(computer.log, 'device checked in') === 2)
    await client.kill()
    const after = await computer.readState()
    expect(after?.key?.keyId).toBe(before)
    expect(after?.sequence).toBeGreaterThan(sequence)
    expect(count(computer.log, 'the device is registered')).toBe(1)
    expect(await listWrong(computer)).toEqual([])
  })

  it('has a usable key whenever the power goes in a rotation, and ends it after the next start', async () => {
    const computer = await plug('L0 PKCS#12')
    await using _ = computer.device
    let before = await register(computer)
    for (let cut = 0; cut < 4; cut++) {
      await rotation.prepare(site, computer.device)
      const starts = count(computer.log, 'client started')
      const client = computer.start('run')
      await until('the next start', () => count(computer.log, 'client started') > starts)
      await wait(randomInt(50, 2_500))
      await client.kill()
      expect(await listBrokenAfterCut(site, computer.device, true)).toEqual([])
      const next = computer.start('run')
      await untilRotated(computer, before)
      await next.kill()
      expect(await listWrong(computer)).toEqual([])
      before = (await computer.readState())?.key?.keyId ?? ''
    }
  })

  it('does not use keys that were sealed on another computer', async () => {
    const computer = await plug('L0 PEM')
    await using device = computer.device
    await register(computer)
    await device.places.changeState({ nextCheckInAt: 0 })
    const other = new Wine()
    try {
      const moved = new WindowsComputer({ wine: other, programs: PROGRAMS, site, device })
      const { code, stdout, stderr } = await moved.run('once', '--json')
      expect(code).toBe(1)
      expect(stdout + stderr).toContain('client.host-changed')
    } finally {
      other[Symbol.dispose]()
    }
  })

  it('does not use a state folder that others can look into', async () => {
    const computer = await plug('L0 PEM')
    await using device = computer.device
    await register(computer)
    chmodSync(join(device.disk, 'state'), 0o755)
    const { code, stderr } = await computer.run('once')
    expect(code).toBe(1)
    expect(stderr).toContain('client.permissions-too-open')
  })

  it('names a configuration that it does not understand, and what it does not support there', async () => {
    const computer = await plug('L0 PEM')
    await using device = computer.device
    const path = join(device.disk, 'client.json')
    const config = JSON.parse(readFileSync(path, 'utf8')) as object
    const rule = { kind: 'pkcs11', module: 'C:\\token.dll', tokenLabel: 'x', pinFile: 'pin' }
    writeFileSync(path, JSON.stringify({ ...config, handOver: [rule] }))
    const { code, stderr } = await computer.run('run')
    expect(code).toBe(1)
    expect(stderr).toContain('pkcs11 is not supported on this operating system')
  })
})
