import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { FtmProvider } from '@sanad/simulator/ftm/ftm-provider'
import { FTM_PROVIDER, makeDeviceProfile } from '@sanad/simulator/profiles'
import type { DeviceProfile } from '@sanad/simulator/sbi/device-profile'
import { SimulatedDevice } from '@sanad/simulator/simulated-device'
import { Agent } from '../src/agent/agent.ts'
import type { ClientConfig } from '../src/agent/config.ts'
import type { LogFields } from '../src/log/log.ts'
import type { DeviceReport, StatusReport } from '../src/agent/status-report.ts'
import { SERVER_ID, TestServer, type TestServerOptions } from './test-server.ts'
import { toPem } from './test-pki.ts'

/** A computer with simulated devices, a client and a server of its own, in a folder that goes away. */

let next = Math.floor(Math.random() * 1e9) * 3
/** A device of this test alone: other tests have devices on this machine too. */
export function aDevice(kind: 'slap' | 'iris' | 'face'): DeviceProfile {
  next += 3
  return makeDeviceProfile(next + ['slap', 'iris', 'face'].indexOf(kind))
}

export interface LogLine extends LogFields {
  readonly severity: string
  readonly message: string
}

export class Desk implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'sanad-client-'))
  readonly log: LogLine[] = []
  readonly server: TestServer
  readonly #devices: SimulatedDevice[] = []
  #agent: Agent | undefined
  #running: Promise<void> = Promise.resolve()
  #provider: Promise<FtmProvider> | undefined

  private constructor(server: TestServer) {
    this.server = server
  }

  static async open(options: TestServerOptions = {}): Promise<Desk> {
    const desk = new Desk(await TestServer.start(options))
    writeFileSync(join(desk.directory, 'root.pem'), toPem(desk.server.root.der))
    mkdirSync(join(desk.directory, 'chips'), { mode: 0o700 })
    return desk
  }

  async plug(profile: DeviceProfile): Promise<SimulatedDevice> {
    this.#provider ??= FtmProvider.open(join(this.directory, 'ftm'), { organisation: FTM_PROVIDER })
    const device = await SimulatedDevice.start({
      profile,
      stateDirectory: join(this.directory, 'simulated', profile.serialNo),
      chipDirectory: join(this.directory, 'chips'),
      handOverDirectory: join(this.directory, 'hand-over'),
      ftmProvider: await this.#provider,
      now: () => new Date(this.server.now()),
    })
    this.#devices.push(device)
    return device
  }

  /** Only the ports of this desk's devices, so that the devices of other tests stay theirs. */
  config(changes: Partial<ClientConfig> = {}): ClientConfig {
    const ports = this.#devices.map(({ port }) => port ?? 0)
    return {
      serverUrl: this.server.url,
      serverId: SERVER_ID,
      managementRoot: join(this.directory, 'root.pem'),
      stateDirectory: join(this.directory, 'state'),
      chipDirectory: join(this.directory, 'chips'),
      handOverDirectory: join(this.directory, 'hand-over'),
      portRange: { from: Math.min(...ports), to: Math.max(...ports) },
      logLevel: 'silent',
      ...changes,
    }
  }

  writeConfig(changes: Partial<ClientConfig> = {}): string {
    const path = join(this.directory, 'client.json')
    writeFileSync(path, JSON.stringify(this.config(changes)))
    return path
  }

  async startAgent(changes: Partial<ClientConfig> = {}): Promise<Agent> {
    const agent = await Agent.start({
      config: this.config(changes),
      log: (severity, message, fields = {}) => this.log.push({ severity, message, ...fields }),
      random: () => 0.05 + 0.05 * Math.random(),
      watch: { quickMs: 100, steadyMs: 200, fullMs: 2000, timeoutMs: 2000, goneAfterMs: 300 },
    })
    this.#agent = agent
    this.#running = agent.run()
    return agent
  }

  report(): StatusReport | undefined {
    return this.#agent?.report()
  }

  async stopAgent(): Promise<void> {
    await this.#agent?.stop()
    await this.#running
    this.#agent = undefined
  }

  reportOf(profile: DeviceProfile): DeviceReport | undefined {
    return this.#agent?.report().devices.find(({ serialNo }) => serialNo === profile.serialNo)
  }

  readState(profile: DeviceProfile): string {
    return readFileSync(this.statePath(profile), 'utf8')
  }

  statePath({ serialNo }: DeviceProfile): string {
    const folder = join(this.directory, 'state', 'devices')
    const file = existsSync(folder)
      ? readdirSync(folder).find((name) => isOf(name, serialNo))
      : 'none'
    return join(folder, file ?? 'none')
  }

  /** As it is on disk; undefined when the device has no state yet. */
  readProgress(profile: DeviceProfile): string | undefined {
    const path = this.statePath(profile)
    if (!existsSync(path)) return undefined
    const [, json = '{}'] = readFileSync(path, 'utf8').split('\n')
    return (JSON.parse(json) as { progress?: string }).progress
  }

  /** The sealed keys of an L0 device, as they are on disk. */
  readKeys({ serialNo }: DeviceProfile): { readonly keyId: string; readonly state: string }[] {
    const folder = join(this.directory, 'state', 'keys')
    const file = readdirSync(folder).find((name) => isOf(name, serialNo)) ?? 'none'
    const { keys } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
      keys: { keyId: string; state: string }[]
    }
    return keys
  }

  handOverEntries({ serialNo }: DeviceProfile): string[] {
    return readdirSync(join(this.directory, 'hand-over')).filter((name) => name.includes(serialNo))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopAgent()
    await Promise.all(this.#devices.map((device) => device.stop()))
    await this.server[Symbol.asyncDispose]()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

const isOf = (name: string, serialNo: string): boolean =>
  name.startsWith(`${serialNo}-`) && !name.endsWith('.draft')

/** Until it holds; fails with what was seen last. */
export async function until<T>(look: () => T | undefined | false, patienceMs = 20_000): Promise<T> {
  const end = Date.now() + patienceMs
  for (;;) {
    const seen = look()
    if (seen !== undefined && seen !== false) return seen
    if (Date.now() > end) throw new Error(`waited in vain for: ${look.toString()}`)
    await wait(20)
  }
}
