import '../../power-cuts/come-between.ts'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { StatusReport } from '../../../packages/client/src/agent/status-report.ts'
import type { DeviceState } from '../../../packages/client/src/state/device-state.ts'
import type { CutDevice } from '../../power-cuts/cut-device.ts'
import type { Site } from '../../power-cuts/site.ts'
import type { Ended, Wine, WindowsProgram } from './wine.ts'

/** A computer with Windows, one device with its SBI, and the client as it is shipped. */

export interface ComputerParts {
  readonly wine: Wine
  /** The folder of the shipped programs. */
  readonly programs: string
  readonly site: Site
  readonly device: CutDevice
}

export class WindowsComputer {
  readonly #parts: ComputerParts
  readonly device: CutDevice

  constructor(parts: ComputerParts) {
    this.#parts = parts
    this.device = parts.device
    this.#writeSecret()
    writeFileSync(this.#config, JSON.stringify(this.configuration))
  }

  /** Paths in it are relative to its file, or of Windows. */
  get configuration(): object {
    const { site, device } = this.#parts
    const config = site.clientConfig(device.port, device.disk, device.form)
    return {
      ...config,
      managementRoot: toWindows(config.managementRoot),
      stateDirectory: 'state',
      chipDirectory: '\\\\.\\pipe\\sanad-chip',
      handOverDirectory: 'hand-over',
      enrolmentSecrets: 'secrets',
      handOver: config.handOver?.map((rule) =>
        rule.kind === 'pkcs12'
          ? { ...rule, path: toWindows(rule.path), passwordFile: toWindows(rule.passwordFile) }
          : rule,
      ),
      logFile: 'logs\\client.log',
      logLevel: 'info',
    }
  }

  start(verb: string, ...more: readonly string[]): WindowsProgram {
    const { wine, programs } = this.#parts
    const args = [verb, ...more, '--config', toWindows(this.#config)]
    return wine.start(join(programs, 'sanad-client.exe'), args)
  }

  run(verb: string, ...more: readonly string[]): Promise<Ended> {
    return this.start(verb, ...more).ended
  }

  async readStatus(): Promise<StatusReport> {
    return JSON.parse((await this.run('status', '--json')).stdout) as StatusReport
  }

  /** Read from the disk, without the client. */
  async readState(): Promise<DeviceState | undefined> {
    return await this.device.places.readState()
  }

  get log(): string {
    const file = join(this.device.disk, 'logs', 'client.log')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  get #config(): string {
    return join(this.device.disk, 'client.json')
  }

  #writeSecret(): void {
    const { disk, enrolmentSecret, profile } = this.device
    if (enrolmentSecret === undefined) return
    mkdirSync(join(disk, 'secrets'), { recursive: true, mode: 0o700 })
    writeFileSync(join(disk, 'secrets', profile.serialNo), enrolmentSecret, { mode: 0o600 })
  }
}

/** Wine shows this computer’s own files as drive Z. */
export const toWindows = (path: string): string => `Z:${path.replaceAll('/', '\\')}`

/** Until it holds. */
export async function until(
  what: string,
  look: () => Promise<boolean> | boolean,
  patienceMs = 90_000,
): Promise<void> {
  const end = Date.now() + patienceMs
  while (!(await look())) {
    if (Date.now() > end) throw new Error(`in vain: ${what}`)
    await wait(200)
  }
}

export const count = (text: string, part: string): number => text.split(part).length - 1
