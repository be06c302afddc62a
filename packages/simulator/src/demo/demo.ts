import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StatusReport } from '@sanad/client/agent/status-report'
import { stringify } from 'yaml'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { ControlPanel } from '../control.ts'
import { Simulation } from '../simulation.ts'
import { approveDevices } from './approve-devices.ts'
import type { DemoPaths } from './demo-paths.ts'
import { type ClockAhead, environmentOfClock } from './faked-clock.ts'
import { OperatorApi, waitUntil } from './operator-api.ts'
import { type DemoSettings, OPERATOR_NAME, SERVER_ID, prepare } from './prepare.ts'
import {
  CLIENT,
  ProgramFailure,
  type RunningProgram,
  SERVER,
  runProgram,
  startProgram,
} from './programs.ts'

/** How far server and devices are ahead of this machine; one object, because the devices are given it first. */
interface DemoClock {
  aheadMs: number
}

/** Everything of the demo, running: server, devices, client. */
export class Demo {
  readonly paths: DemoPaths
  readonly settings: DemoSettings
  readonly simulation: Simulation
  readonly #clock: DemoClock
  readonly #panel: ControlPanel
  #server: RunningProgram | undefined
  #client: RunningProgram | undefined

  private constructor(
    paths: DemoPaths,
    settings: DemoSettings,
    simulation: Simulation,
    clock: DemoClock,
    panel: ControlPanel,
  ) {
    this.paths = paths
    this.settings = settings
    this.simulation = simulation
    this.#clock = clock
    this.#panel = panel
  }

  static async start(
    paths: DemoPaths,
    settings: DemoSettings,
    say: (line: string) => void,
  ): Promise<Demo> {
    await prepare(paths, settings, say)
    say('plugging in three simulated devices …')
    const clock: DemoClock = { aheadMs: 0 }
    const simulation = await Simulation.start({
      directory: paths.simulation,
      now: () => new Date(Date.now() + clock.aheadMs),
    })
    // `sanad simulator fault …` reaches the devices of a running demo.
    const panel = await ControlPanel.open(simulation)
    const demo = new Demo(paths, settings, simulation, clock, panel)
    try {
      say('starting the management server …')
      await demo.startServer()
      say('approving the devices by the factory’s signed manifest …')
      await approveDevices(await demo.signIn(), demo.simulation)
      await demo.#writeClientConfiguration()
      say('starting the management client …')
      demo.startClient()
    } catch (error) {
      await demo.stop()
      throw error
    }
    return demo
  }

  async stop(): Promise<void> {
    await this.stopClient()
    await this.stopServer()
    await this.#panel.close()
    await this.simulation.stop()
  }

  get serverPid(): number | undefined {
    return this.#server?.process.pid
  }

  /** @param ahead lets its clock run ahead, and that of the devices with it: they have slept for so long */
  async startServer(ahead?: ClockAhead): Promise<void> {
    this.#clock.aheadMs = (ahead?.hours ?? 0) * HOUR_MS
    this.#server = startProgram(
      SERVER,
      ['--config', this.paths.serverConfiguration],
      this.paths.serverLog,
      ahead && environmentOfClock(ahead),
    )
    const server = this.#server.process
    await waitUntil('the server answers', async () => {
      if (server.exitCode !== null) return 'ended'
      const api = await this.#openApi()
      const { status } = await api.call('GET', '/health')
      return status === 200 ? 'ready' : undefined
    })
    if (server.exitCode !== null)
      throw new Error(`the server ended at once; see ${this.paths.serverLog}`)
  }

  async stopServer(): Promise<void> {
    await this.#server?.stop()
  }

  startClient(): void {
    this.#client = startProgram(
      CLIENT,
      ['run', '--config', this.paths.clientConfiguration],
      this.paths.clientLog,
    )
  }

  async stopClient(): Promise<void> {
    await this.#client?.stop()
  }

  /** As `sanad client status --json` says. */
  async readClientStatus(): Promise<StatusReport> {
    const output = await runProgram(
      CLIENT,
      'status',
      '--json',
      '--config',
      this.paths.clientConfiguration,
    ).catch((error: unknown) => {
      // Its exit code says whether all is well; here, only the report counts.
      if (error instanceof ProgramFailure && error.output !== '') return error.output
      throw error
    })
    return JSON.parse(output) as StatusReport
  }

  async signIn(): Promise<OperatorApi> {
    const api = await this.#openApi()
    await api.signIn(OPERATOR_NAME, await this.readPassword())
    return api
  }

  #openApi(): Promise<OperatorApi> {
    const { settings, paths } = this
    return OperatorApi.at(settings.port, paths.managementRoot, this.#clock.aheadMs)
  }

  async readPassword(): Promise<string> {
    return (await readFile(this.paths.operatorPassword, 'utf8')).trim()
  }

  /** What comes with a client: where its server is, what it may trust, and the slips of the L0 devices. */
  async #writeClientConfiguration(): Promise<void> {
    const { paths, simulation } = this
    await mkdir(paths.enrolmentSecrets, { recursive: true, mode: 0o700 })
    for (const device of simulation.devices) {
      const secret = simulation.enrolmentSecretOf(device)
      if (secret !== undefined)
        await writeFile(join(paths.enrolmentSecrets, device.profile.serialNo), secret, {
          mode: 0o600,
        })
    }
    const configuration = {
      serverUrl: `https://localhost:${this.settings.port}`,
      serverId: SERVER_ID,
      managementRoot: paths.managementRoot,
      stateDirectory: paths.clientState,
      chipDirectory: simulation.chipDirectory,
      handOverDirectory: simulation.handOverDirectory,
      enrolmentSecrets: paths.enrolmentSecrets,
    }
    await writeFile(paths.clientConfiguration, stringify(configuration), { mode: 0o600 })
  }
}
