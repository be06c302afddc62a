import './come-between.ts'
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Level } from '../../packages/protocol/src/domain/device-kinds.ts'
import { FACE_CAMERA, FINGERPRINT_SLAP } from '../../packages/simulator/src/profiles.ts'
import type { Signer } from '../../packages/simulator/src/jws.ts'
import type { DeviceProfile } from '../../packages/simulator/src/sbi/device-profile.ts'
import { SimulatedDevice } from '../../packages/simulator/src/simulated-device.ts'
import { makeSerialNo } from '../../packages/server/test/device-under-test.ts'
import { DeviceOnDisk } from './device-on-disk.ts'
import { type Form, levelOf } from './forms.ts'
import { Pkcs12OfSbi } from './pkcs12-of-sbi.ts'
import { type Site, pkcs12FileOf, pkcs12FolderOf } from './site.ts'

/** A device, its SBI and, on L1, its chip; and the disk of the computer it is plugged into. */

export class CutDevice implements AsyncDisposable {
  readonly form: Form
  readonly level: Level
  readonly deviceId: string
  readonly disk: string
  readonly enrolmentSecret: string | undefined
  readonly profile: DeviceProfile
  readonly simulated: SimulatedDevice
  readonly places: DeviceOnDisk
  /** By name of the message, the number it had when it left first. */
  readonly numbers = new Map<string, number>()

  private constructor(made: {
    form: Form
    deviceId: string
    disk: string
    enrolmentSecret: string | undefined
    profile: DeviceProfile
    simulated: SimulatedDevice
    pkcs12: Pkcs12OfSbi | undefined
  }) {
    this.form = made.form
    this.level = levelOf(made.form)
    this.deviceId = made.deviceId
    this.disk = made.disk
    this.enrolmentSecret = made.enrolmentSecret
    this.profile = made.profile
    this.simulated = made.simulated
    this.places = new DeviceOnDisk({
      serialNo: made.profile.serialNo,
      chip: made.simulated.chip,
      stateDirectory: join(made.disk, 'state'),
      handOverDirectory: join(made.disk, 'hand-over'),
      ...(made.pkcs12 !== undefined && {
        pkcs12: { folder: pkcs12FolderOf(made.disk), ofSbi: made.pkcs12 },
      }),
    })
  }

  /** Approved, plugged into a computer that never saw it. */
  static async make(site: Site, form: Form): Promise<CutDevice> {
    const level = levelOf(form)
    const serialNo = makeSerialNo()
    const model = site.models[level]
    const enrolmentSecret = level === 'L0' ? randomBytes(10).toString('hex') : undefined
    const proof = enrolmentSecret === undefined ? {} : { enrolmentSecret }
    const deviceId = await site.server.approve(model, serialNo, proof)
    const template = level === 'L0' ? FACE_CAMERA : FINGERPRINT_SLAP
    const profile: DeviceProfile = {
      ...template,
      ...model.identity,
      deviceSubType: 'Slap',
      deviceSubId: FINGERPRINT_SLAP.deviceSubId,
      level,
      serialNo,
    }
    const disk = join(site.directory, serialNo)
    mkdirSync(disk, { mode: 0o700 })
    const pkcs12 = form === 'L0 PKCS#12' ? makePkcs12(site, disk, serialNo) : undefined
    const simulated = await SimulatedDevice.start({
      profile,
      stateDirectory: join(site.directory, 'simulated', serialNo),
      chipDirectory: join(site.directory, 'chips'),
      handOverDirectory: join(disk, 'hand-over'),
      ftmProvider: site.ftm.provider,
      now: () => new Date(site.server.now()),
      ...(pkcs12 !== undefined && { deviceKey: () => readWhole(pkcs12) }),
    })
    return new CutDevice({ form, deviceId, disk, enrolmentSecret, profile, simulated, pkcs12 })
  }

  get port(): number {
    return this.simulated.port ?? 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.simulated.stop()
    rmSync(this.disk, { recursive: true, force: true })
  }
}

/** The folder is the SBI's: there before the client comes. */
function makePkcs12(site: Site, disk: string, serialNo: string): Pkcs12OfSbi {
  mkdirSync(pkcs12FolderOf(disk), { mode: 0o700 })
  return new Pkcs12OfSbi(pkcs12FileOf(disk, serialNo), site.pkcs12Password)
}

/** A file that cannot be read is none, for an SBI; the promises say what it is. */
function readWhole(pkcs12: Pkcs12OfSbi): Signer | undefined {
  try {
    return pkcs12.read()
  } catch {
    return undefined
  }
}
