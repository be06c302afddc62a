import { randomInt } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type OpenDatabase, openDatabase } from '../../packages/server/src/platform/database.ts'
import { startEmbeddedPostgres } from '../../packages/server/src/platform/embedded-postgres.ts'
import { type DemoPaths, demoPaths } from '../../packages/simulator/src/demo/demo-paths.ts'
import { Demo } from '../../packages/simulator/src/demo/demo.ts'
import { findFreePort } from '../../packages/simulator/src/network/free-ports.ts'
import { prepare } from '../../packages/simulator/src/demo/prepare.ts'
import {
  CLIENT,
  type RunningProgram,
  startProgram,
} from '../../packages/simulator/src/demo/programs.ts'
import { DeviceOnDisk } from './device-on-disk.ts'
import { type ExaminedDevice, listBrokenAtEnd } from './promises.ts'

/**
 * The same without any model: the real programs, as processes of their own, killed by the kernel at a random
 * instant while three devices rotate.
 */

/** From the start of the client until its devices have rotated, and a little more. */
const WINDOW_MS = 4_000
const PATIENCE_MS = 90_000

export interface KillReport {
  readonly kills: Record<'client' | 'server', number>
  readonly rotations: number
  readonly violations: readonly string[]
}

export async function runKills(kills: number, say: (line: string) => void): Promise<KillReport> {
  const directory = await mkdtemp(join(tmpdir(), 'sanad-kills-'))
  await chmod(directory, 0o711)
  const paths = demoPaths(directory)
  try {
    const settings = { host: '127.0.0.1', port: await findFreePort(), checkInSeconds: 86_400 }
    await prepare(paths, settings, say)
    await using stack = new AsyncDisposableStack()
    // Ours, so that it outlives the server, which uses the one that is running.
    const postgres = await startEmbeddedPostgres({ directory: join(paths.serverData, 'postgres') })
    stack.defer(() => postgres.stop())
    const { socketDirectory: host, user } = postgres
    const database = openDatabase({ connection: { host, user, database: 'postgres' } })
    stack.defer(() => database.close())
    const demo = await Demo.start(paths, settings, say)
    stack.defer(() => demo.stop())
    return await new Killing(demo, paths, database, say).carryOut(kills)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

class Killing {
  readonly #demo: Demo
  readonly #paths: DemoPaths
  readonly #database: OpenDatabase
  readonly #say: (line: string) => void
  readonly #violations: string[] = []
  #devices: readonly ExaminedDevice[] = []

  constructor(demo: Demo, paths: DemoPaths, database: OpenDatabase, say: (line: string) => void) {
    this.#demo = demo
    this.#paths = paths
    this.#database = database
    this.#say = say
  }

  async carryOut(kills: number): Promise<KillReport> {
    this.#devices = await this.#findDevices()
    await until('all devices are registered', () => this.#areAtRest(new Map()))
    await this.#demo.stopClient()
    const killed = { client: 0, server: 0 }
    for (let kill = 1; kill <= kills; kill++) {
      const who = kill % 2 === 0 ? 'server' : 'client'
      await this.#kill(who)
      killed[who]++
      this.#say(`${kill} kills, ${this.#violations.length} violations`)
    }
    const rotations = kills * this.#devices.length
    return { kills: killed, rotations, violations: this.#violations }
  }

  async #kill(who: 'client' | 'server'): Promise<void> {
    const before = await this.#makeRotationsDue()
    let client = this.#startClient()
    try {
      await wait(randomInt(300, WINDOW_MS))
      if (who === 'client') {
        await killProcess(client)
        client = this.#startClient()
      } else {
        process.kill(this.#demo.serverPid ?? 0, 'SIGKILL')
        await this.#demo.startServer()
      }
      await until('all devices have rotated', () => this.#areAtRest(before))
    } finally {
      await client.stop()
    }
    for (const device of this.#devices) {
      const broken = await listBrokenAtEnd(this.#records(), device, 'rotation')
      if (broken.length > 0) this.#violations.push(`${who} killed: ${broken.join('; ')}`)
    }
  }

  #startClient(): RunningProgram {
    const { clientConfiguration, clientLog } = this.#paths
    return startProgram(CLIENT, ['run', '--config', clientConfiguration], clientLog)
  }

  /** @returns the keys of now */
  async #makeRotationsDue(): Promise<Map<ExaminedDevice, string>> {
    await this.#database.pool.query(
      `update device_certificate set issued_at = issued_at - interval '35 days'`,
    )
    const keys = new Map<ExaminedDevice, string>()
    for (const device of this.#devices) {
      await device.places.changeState({ nextCheckInAt: 0 })
      keys.set(device, (await device.places.readState())?.key?.keyId ?? '')
    }
    return keys
  }

  async #areAtRest(before: ReadonlyMap<ExaminedDevice, string>): Promise<boolean> {
    for (const device of this.#devices) {
      const state = await device.places.readState()
      if (state?.progress !== 'registered' || (state.nextCheckInAt ?? 0) <= Date.now()) return false
      const isBusy = [state.pending, state.successor, state.superseded, state.doomed].some(
        (part) => part !== undefined,
      )
      if (isBusy || state.key?.keyId === before.get(device)) return false
    }
    return true
  }

  async #findDevices(): Promise<ExaminedDevice[]> {
    const rows = await this.#read<{ deviceId: string; serialNo: string }>(
      'select device_id as "deviceId", serial_no as "serialNo" from device',
    )
    const { devices, handOverDirectory } = this.#demo.simulation
    return devices.map(({ profile, chip }) => ({
      level: profile.level,
      deviceId: rows.find(({ serialNo }) => serialNo === profile.serialNo)?.deviceId ?? '',
      numbers: new Map(),
      places: new DeviceOnDisk({
        serialNo: profile.serialNo,
        chip,
        stateDirectory: this.#paths.clientState,
        handOverDirectory,
      }),
    }))
  }

  /** What the token signs is not seen here: it is in another process. */
  #records() {
    return { read: this.#read, signed: { tbs: [] } }
  }

  readonly #read = async <T>(sql: string, values: readonly unknown[] = []): Promise<T[]> =>
    (await this.#database.pool.query(sql, [...values])).rows as T[]
}

async function killProcess({ process: child }: RunningProgram): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  while (!(await look())) {
    if (Date.now() > end) throw new Error(`in vain: ${what}`)
    await wait(100)
  }
}
