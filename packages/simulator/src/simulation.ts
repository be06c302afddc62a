import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openEnrolmentCard } from './factory/enrolment-secret.ts'
import { ManifestDesk } from './factory/factory-manifest.ts'
import { recordDevice } from './factory/factory-record.ts'
import type { FactoryRecord } from './factory/factory-record.ts'
import { writeDevicesCsv } from './factory/devices-csv.ts'
import { FtmProvider } from './ftm/ftm-provider.ts'
import { replaceFile } from './key-file.ts'
import { DEMO_DEVICES, FTM_PROVIDER } from './profiles.ts'
import type { DeviceProfile } from './sbi/device-profile.ts'
import { SimulatedDevice } from './simulated-device.ts'

interface SimulationOptions {
  readonly directory: string
  readonly profiles?: readonly DeviceProfile[]
  readonly now?: () => Date
}

/** What somebody outside needs to find one device. */
export interface DeviceAddress {
  readonly serialNo: string
  readonly make: string
  readonly model: string
  readonly type: string
  readonly deviceSubType: string
  readonly level: 'L0' | 'L1'
  readonly url: string | undefined
  readonly port: number | undefined
  readonly chipLink?: string
  readonly handOver?: string
  readonly enrolmentSecretFile?: string
}

/**
 * A desk with devices on it, and the factory they came from, all in one folder.
 *
 * The first start makes the factory, its chips and its papers; later starts find them as they were.
 */
export class Simulation {
  readonly directory: string
  readonly ftmProvider: FtmProvider
  readonly devices: readonly SimulatedDevice[]

  private constructor(
    directory: string,
    ftmProvider: FtmProvider,
    devices: readonly SimulatedDevice[],
  ) {
    this.directory = directory
    this.ftmProvider = ftmProvider
    this.devices = devices
  }

  static async start({
    directory,
    profiles = DEMO_DEVICES,
    now,
  }: SimulationOptions): Promise<Simulation> {
    const ftmProvider = await FtmProvider.open(join(directory, 'ftm-provider'), {
      organisation: FTM_PROVIDER,
      ...(now && { now }),
    })
    const devices: SimulatedDevice[] = []
    const simulation = new Simulation(directory, ftmProvider, devices)
    try {
      for (const profile of profiles) {
        devices.push(
          await SimulatedDevice.start({
            profile,
            stateDirectory: simulation.#folderOf(profile.serialNo),
            chipDirectory: simulation.chipDirectory,
            handOverDirectory: simulation.handOverDirectory,
            ftmProvider,
            ...(now && { now }),
          }),
        )
      }
      await simulation.#issuePapers()
    } catch (error) {
      await simulation.stop()
      throw error
    }
    return simulation
  }

  get chipDirectory(): string {
    return join(this.directory, 'chips')
  }

  get handOverDirectory(): string {
    return join(this.directory, 'hand-over')
  }

  get manifestPath(): string {
    return join(this.directory, 'factory-manifest.jws')
  }

  get csvPath(): string {
    return join(this.directory, 'devices.csv')
  }

  /** For the management server to trust: the root under which the chips are certified. */
  get ftmRootPath(): string {
    return join(this.directory, 'ftm-provider', 'root-certificate.pem')
  }

  find(serialNo: string): SimulatedDevice | undefined {
    return this.devices.find(({ profile }) => profile.serialNo === serialNo)
  }

  /** The secret on the card in the box; L0 only. */
  enrolmentSecretOf({ profile }: SimulatedDevice): string | undefined {
    return profile.level === 'L0' ? openEnrolmentCard(this.#folderOf(profile.serialNo)) : undefined
  }

  addressOf(device: SimulatedDevice): DeviceAddress {
    const { serialNo, make, model, type, deviceSubType, level } = device.profile
    const chipLink = device.chipLinkPath
    const handOver = device.handOverFolder
    return {
      serialNo,
      make,
      model,
      type,
      deviceSubType,
      level,
      url: device.url,
      port: device.port,
      ...(chipLink !== undefined && { chipLink }),
      ...(handOver !== undefined && { handOver }),
      ...(level === 'L0' && {
        enrolmentSecretFile: join(this.#folderOf(serialNo), 'enrolment-secret'),
      }),
    }
  }

  records(): FactoryRecord[] {
    return this.devices.map((device) =>
      recordDevice({
        profile: device.profile,
        ftmCertificateSha256: device.ftmCertificateSha256,
        enrolmentSecret: this.enrolmentSecretOf(device),
      }),
    )
  }

  async stop(): Promise<void> {
    await Promise.all(this.devices.map((device) => device.stop()))
  }

  async #issuePapers(): Promise<void> {
    if (existsSync(this.manifestPath)) return
    const desk = await ManifestDesk.open(this.ftmProvider)
    replaceFile(this.csvPath, writeDevicesCsv(this.records()), 0o644)
    replaceFile(this.manifestPath, desk.sign(this.records()), 0o644)
  }

  #folderOf(serialNo: string): string {
    return join(this.directory, 'devices', serialNo)
  }
}
