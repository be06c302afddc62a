import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { tamperDigitalId } from './faults.ts'
import type { Fault } from './faults.ts'
import { ChipLink } from './ftm/chip-link.ts'
import type { FtmChip } from './ftm/ftm-chip.ts'
import { FtmProvider } from './ftm/ftm-provider.ts'
import { TamperingChip } from './ftm/tampering-chip.ts'
import type { Chip } from './ftm/chip.ts'
import type { Signer } from './jws.ts'
import { identityOf } from './profiles.ts'
import { type DeviceKeySource, readFromHandOver } from './sbi/device-key.ts'
import type { DeviceProfile } from './sbi/device-profile.ts'
import { openImpostorKey } from './sbi/impostor-key.ts'
import { Sbi } from './sbi/sbi.ts'
import type { Disturbance, RecordedVerb } from './sbi/sbi.ts'
import type { OperatingStatus, SbiSubject } from './sbi/sbi-answers.ts'

export interface SimulatedDeviceOptions {
  readonly profile: DeviceProfile
  /** What stays in the device when it is switched off. */
  readonly stateDirectory: string
  /** L1: where the sockets to the chips are. */
  readonly chipDirectory: string
  /** L0: where the management client puts key and certificate. */
  readonly handOverDirectory: string
  /** L0: where its SBI finds the key instead, when it is handed over in another form. */
  readonly deviceKey?: DeviceKeySource
  readonly ftmProvider: FtmProvider
  readonly fault?: Fault
  readonly port?: number
  readonly now?: () => Date
}

/** One biometric device on this machine: its SBI, and on L1 its chip. It can be broken and mended while it runs. */
export class SimulatedDevice {
  readonly profile: DeviceProfile
  readonly #options: SimulatedDeviceOptions
  readonly #ownChip: FtmChip | undefined
  readonly #earlierVerbs: RecordedVerb[] = []
  #chip: FtmChip | undefined
  #impostorKey: Signer | undefined
  #fault: Fault | undefined
  #status: OperatingStatus = 'Ready'
  #sbi: Sbi | undefined
  #link: ChipLink | undefined
  #port: number | undefined

  private constructor(options: SimulatedDeviceOptions, chip: FtmChip | undefined) {
    this.profile = options.profile
    this.#options = options
    this.#ownChip = chip
    this.#chip = chip
    this.#port = options.port
  }

  static async start(options: SimulatedDeviceOptions): Promise<SimulatedDevice> {
    const { profile, ftmProvider, stateDirectory } = options
    const chip =
      profile.level === 'L1'
        ? await ftmProvider.openChip(join(stateDirectory, 'chip'), identityOf(profile))
        : undefined
    const device = new SimulatedDevice(options, chip)
    await device.setFault(options.fault)
    if (options.fault?.kind !== 'gone') await device.#plugIn()
    return device
  }

  /** The port of the SBI, or the last one it had while it is unplugged. */
  get port(): number | undefined {
    return this.#port
  }

  get url(): string | undefined {
    return this.#sbi?.base
  }

  get isPluggedIn(): boolean {
    return this.#sbi !== undefined
  }

  get chipLinkPath(): string | undefined {
    if (this.profile.level === 'L0') return undefined
    return join(this.#options.chipDirectory, `${this.profile.serialNo}.sock`)
  }

  get handOverFolder(): string | undefined {
    if (this.profile.level === 'L1') return undefined
    return join(this.#options.handOverDirectory, this.profile.serialNo)
  }

  /** Hex SHA-256 of the certificate of the chip that left the factory in this device. */
  get ftmCertificateSha256(): string | undefined {
    const [certificate] = this.#ownChip?.ftmCertificates ?? []
    return certificate && createHash('sha256').update(certificate).digest('hex')
  }

  /** The chip that answers now: another than the one of the factory while a fault says so. */
  get chip(): FtmChip | undefined {
    return this.#chip
  }

  /** Every verb that reached the SBI, also before it was last plugged in. */
  get verbs(): readonly RecordedVerb[] {
    return [...this.#earlierVerbs, ...(this.#sbi?.verbs ?? [])]
  }

  get fault(): Fault | undefined {
    return this.#fault
  }

  /** Replaces the fault there was; `undefined` mends the device. */
  async setFault(fault: Fault | undefined): Promise<void> {
    const chip = await this.#chipUnder(fault)
    const impostorKey =
      fault?.kind === 'cloned-serial' && chip === undefined ? await this.#openImpostor() : undefined
    const wasGone = this.#fault?.kind === 'gone'
    this.#chip = chip
    this.#impostorKey = impostorKey
    this.#fault = fault
    if (fault?.kind === 'gone') await this.unplug()
    else if (wasGone) await this.#plugIn()
  }

  setStatus(status: OperatingStatus): void {
    this.#status = status
  }

  async plugIn(): Promise<void> {
    if (!this.isPluggedIn) await this.#plugIn()
  }

  async unplug(): Promise<void> {
    const sbi = this.#sbi
    const link = this.#link
    this.#sbi = undefined
    this.#link = undefined
    await Promise.all([sbi?.close(), link?.close()])
    this.#earlierVerbs.push(...(sbi?.verbs ?? []))
  }

  stop(): Promise<void> {
    return this.unplug()
  }

  async #plugIn(): Promise<void> {
    const now = this.#options.now
    const path = this.chipLinkPath
    if (path !== undefined) {
      this.#link = await ChipLink.open({
        path,
        chip: () => this.#presentChip(),
        ...(now && { now }),
      })
    }
    this.#sbi = await Sbi.open({
      subject: () => this.#subject(),
      disturbance: () => disturbanceOf(this.#fault),
      ...(this.#port !== undefined && { port: this.#port }),
      ...(now && { now }),
    })
    this.#port = this.#sbi.port
  }

  #subject(): SbiSubject {
    const { profile } = this
    const chip = this.#chip
    const tampered = this.#fault?.kind === 'tampered-digital-id'
    const handOver = this.handOverFolder
    return {
      profile,
      operatingStatus: this.#status,
      deviceKey: () => {
        if (chip !== undefined) return chip.deviceSigner
        if (this.#impostorKey !== undefined) return this.#impostorKey
        if (this.#options.deviceKey !== undefined) return this.#options.deviceKey()
        return handOver === undefined ? undefined : readFromHandOver(handOver)()
      },
      ...(chip && { chipDigitalId: (at: Date) => this.#presentChip().signDigitalId(at) }),
      ...(tampered && { alterDigitalId: tamperDigitalId }),
    }
  }

  #presentChip(): Chip {
    if (this.#chip === undefined) throw new Error('an L0 device has no chip')
    return this.#fault?.kind === 'tampered-digital-id'
      ? new TamperingChip(this.#chip, tamperDigitalId)
      : this.#chip
  }

  async #chipUnder(fault: Fault | undefined): Promise<FtmChip | undefined> {
    if (fault?.kind === 'wrong-chip') {
      if (this.#ownChip === undefined) throw new Error('an L0 device has no chip to be wrong')
      return this.#openForeignChip()
    }
    if (fault?.kind === 'cloned-serial' && this.#ownChip !== undefined) {
      return this.#options.ftmProvider.openChip(
        this.#stateOf('cloned-chip'),
        identityOf(this.profile),
      )
    }
    return this.#ownChip
  }

  async #openForeignChip(): Promise<FtmChip> {
    const stranger = await FtmProvider.open(this.#stateOf('unapproved-ftm-provider'), {
      organisation: 'Unapproved Chips',
    })
    return stranger.openChip(this.#stateOf('wrong-chip'), identityOf(this.profile))
  }

  #openImpostor(): Promise<Signer> {
    return openImpostorKey(this.#stateOf('impostor'), this.profile.serialNo)
  }

  #stateOf(name: string): string {
    return join(this.#options.stateDirectory, name)
  }
}

function disturbanceOf(fault: Fault | undefined): Disturbance {
  if (fault?.kind === 'slow') return { delayMs: fault.delayMs }
  if (fault?.kind === 'garbage') return { garbage: fault.layer ?? 'json' }
  return {}
}
