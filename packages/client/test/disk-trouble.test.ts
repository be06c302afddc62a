import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Seal } from '../src/key-stores/seal.ts'
import { AGENT, runClient } from './agent-process.ts'
import { Desk, aDevice, until } from './desk.ts'

describe('Trouble with the disk', () => {
  it('holds a new device up only for as long as it lasts', async () => {
    await using desk = await Desk.open()
    const profile = aDevice('face')
    const device = await desk.plug(profile)
    const port = device.port ?? 0
    await device.unplug()
    await desk.startAgent({ portRange: { from: port, to: port } })
    const devices = join(desk.directory, 'state', 'devices')
    renameSync(devices, `${devices}.away`)
    writeFileSync(devices, 'no folder')
    await device.plugIn()
    const troubled = await until(() => {
      const report = desk.reportOf(profile)
      return report?.problem !== undefined && report
    })
    expect(troubled).toMatchObject({ light: 'red', problem: 'client.storage-failed' })
    expect(troubled.sentence).toContain('Check the disk of this computer')
    rmSync(devices)
    renameSync(`${devices}.away`, devices)
    await until(() => desk.reportOf(profile)?.light === 'green', 60_000)
  })

  it('in its log alone does not keep the client from its work', async () => {
    await using desk = await Desk.open()
    const profile = aDevice('slap')
    await desk.plug(profile)
    const full = openSync('/dev/full', 'w')
    const child = spawn(
      process.execPath,
      [AGENT, '--config', desk.writeConfig({ logLevel: 'debug' })],
      {
        stdio: ['ignore', full, 'inherit'],
      },
    )
    closeSync(full)
    try {
      await until(() => desk.server.typesSeen().includes('check-in'), 60_000)
      expect(child.exitCode).toBeNull()
      child.kill('SIGTERM')
      expect(await once(child, 'exit')).toEqual([0, null])
    } finally {
      child.kill('SIGKILL')
    }
  })
})

const MOUNT = 'mount -t tmpfs -o size=192k,mode=700 tmpfs "$0" && exec "$@"'
const canMount = spawnSync('unshare', ['--mount', 'sh', '-c', MOUNT, '/mnt', 'true']).status === 0
if (!canMount)
  process.stderr.write('not shown: a full disk, because this account cannot mount one\n')

describe.skipIf(!canMount)('A full disk', () => {
  it('has one code whatever met it first, and when there is room again all is done and whole', async () => {
    await using desk = await Desk.open()
    const profile = aDevice('face')
    const device = await desk.plug(profile)
    const port = device.port ?? 0
    await device.unplug()
    const state = join(desk.directory, 'state')
    mkdirSync(state, { mode: 0o700 })
    const config = desk.writeConfig({ logLevel: 'info', portRange: { from: port, to: port } })
    const command = [process.execPath, AGENT, '--config', config]
    const child = spawn('unshare', ['--mount', 'sh', '-c', MOUNT, state, ...command], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let log = ''
    child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()))
    try {
      await until(() => log.includes('client started'))
      const inside = join(`/proc/${child.pid}/root`, state)
      fill(join(inside, 'filler'))
      await device.plugIn()
      await until(() => log.includes('"code":"client.storage-failed"'))
      rmSync(join(inside, 'filler'))
      await until(() => log.includes('device checked in'), 90_000)
      const codes = new Set([...log.matchAll(/"code":"([^"]+)"/g)].map(([, code]) => code))
      expect([...codes]).toEqual(['client.storage-failed'])
      // The receipts of trusted time are appended to: a line cut off in the middle would end their chain.
      const seen = desk.writeConfig({ stateDirectory: inside })
      expect(await runClient('time-receipts', '--config', seen)).toMatchObject({ code: 0 })
    } finally {
      child.kill('SIGKILL')
    }
  })
})

function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (;;) writeSync(file, Buffer.alloc(4096))
  } catch {
    // Full: that is what was wanted.
  } finally {
    closeSync(file)
  }
}

describe('A computer whose identity is another than the keys were sealed with', () => {
  it('serves devices with a chip, says of the others what to restore, and continues once it is restored', async () => {
    await using desk = await Desk.open()
    const [chip, file] = [aDevice('slap'), aDevice('face')]
    await desk.plug(chip)
    await desk.plug(file)
    const state = join(desk.directory, 'state')
    mkdirSync(state, { mode: 0o700 })
    const elsewhere = { machineId: '0'.repeat(32), credential: undefined }
    await Seal.open(join(state, 'seal'), elsewhere)
    await desk.startAgent({ portRange: { from: 4501, to: 4600 } })
    await until(() => desk.reportOf(chip)?.light === 'green')
    const report = await until(() => {
      const seen = desk.reportOf(file)
      return seen?.problem !== undefined && seen
    })
    expect(report).toMatchObject({ light: 'red', problem: 'client.host-changed' })
    expect(report.sentence).toContain('identity of this computer')
    // As if the identity had come back: the seal fits the host again.
    rmSync(join(state, 'seal'))
    await until(() => desk.reportOf(file)?.light === 'green', 60_000)
  })
})
