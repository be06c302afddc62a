import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClientConfig } from '@sanad/client/agent/config'
import type { StatusReport } from '@sanad/client/agent/status-report'
import { stringify } from 'yaml'
import type { Fault } from '../../faults.ts'
import type { DeviceProfile } from '../../sbi/device-profile.ts'
import { SimulatedDevice } from '../../simulated-device.ts'
import type { Demo } from '../demo.ts'
import { CLIENT, ProgramFailure, runProgram } from '../programs.ts'
import { SERVER_ID } from '../prepare.ts'

/** A device that comes from elsewhere, with a client of its own that looks at nothing else. */
export interface Visit {
  readonly device: SimulatedDevice
  readonly report: StatusReport
}

export interface VisitOptions {
  readonly fault?: Fault
  /** Of its client. */
  readonly proxy?: NonNullable<ClientConfig['proxy']>
}

export async function visit(
  demo: Demo,
  name: string,
  profile: DeviceProfile,
  { fault, proxy }: VisitOptions = {},
): Promise<Visit> {
  const directory = join(demo.paths.directory, 'visitors', name)
  const at = (folder: string): string => join(directory, folder)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const device = await SimulatedDevice.start({
    profile,
    stateDirectory: at('device'),
    chipDirectory: at('chips'),
    handOverDirectory: at('hand-over'),
    ftmProvider: demo.simulation.ftmProvider,
    ...(fault !== undefined && { fault }),
  })
  try {
    const port = device.port ?? 0
    const configuration = {
      serverUrl: `https://localhost:${demo.settings.port}`,
      serverId: SERVER_ID,
      managementRoot: demo.paths.managementRoot,
      stateDirectory: at('client'),
      chipDirectory: at('chips'),
      handOverDirectory: at('hand-over'),
      portRange: { from: port, to: port },
      ...(proxy !== undefined && { proxy }),
    }
    await writeFile(at('client.yaml'), stringify(configuration), { mode: 0o600 })
    return { device, report: await runOnce(at('client.yaml')) }
  } finally {
    await device.stop()
  }
}

async function runOnce(configuration: string): Promise<StatusReport> {
  const output = await runProgram(
    CLIENT,
    'once',
    '--json',
    '--timeout',
    '15',
    '--config',
    configuration,
  ).catch((error: unknown) => {
    // A device that was turned away is not well, and the exit code says so.
    if (error instanceof ProgramFailure && error.output !== '') return error.output
    throw error
  })
  return JSON.parse(output) as StatusReport
}
