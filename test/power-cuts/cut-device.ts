import './come-between.ts'
import {
  createPrivateKey,
  createPublicKey,
  createHash,
  X509Certificate,
  randomBytes,
} from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DeviceStateStore } from '../../packages/client/src/state/device-state-store.ts'
import type { DeviceState } from '../../packages/client/src/state/device-state.ts'
import type { Level } from '../../packages/protocol/src/digital-id.ts'
import { FACE_CAMERA, FINGERPRINT_SLAP } from '../../packages/simulator/src/profiles.ts'
import type { DeviceProfile } from '../../packages/simulator/src/sbi/device-profile.ts'
import { SimulatedDevice } from '../../packages/simulator/src/simulated-device.ts'
import { makeSerialNo } from '../../packages/server/test/device-under-test.ts'
import type { Site } from './site.ts'

/** A device, its SBI and, on L1, its chip; and the disk of the computer it is plugged into. */

export interface KeyOnDisk {
  readonly keyId: string
  readonly state: string
}

export class CutDevice implements AsyncDisposable {
  readonly level: Level
  readonly deviceId: string
  readonly disk: string
  readonly enrolmentSecret: string | undefined
  readonly profile: DeviceProfile
  readonly simulated: SimulatedDevice
  /** By name of the message, the number it had when it left first. */
  readonly numbers = new Map<string, number>()

  private constructor(made: {
    level: Level
    deviceId: string
    disk: string
    enrolmentSecret: string | undefined
    profile: DeviceProfile
    simulated: SimulatedDevice
  }) {
    this.level = made.level
    this.deviceId = made.deviceId
    this.disk = made.disk
    this.enrolmentSecret = made.enrolmentSecret
    this.profile = made.profile
    this.simulated = made.simulated
  }

  /** Approved, plugged into a computer that never saw it. */
  static async make(site: Site, level: Level): Promise<CutDevice> {
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
    const simulated = await SimulatedDevice.start({
      profile,
      stateDirectory: join(site.directory, 'simulated', serialNo),
      chipDirectory: join(site.directory, 'chips'),
      handOverDirectory: join(disk, 'hand-over'),
      ftmProvider: site.ftm.provider,
      now: () => new Date(site.server.now()),
    })
    return new CutDevice({ level, deviceId, disk, enrolmentSecret, profile, simulated })
  }

  get port(): number {
    return this.simulated.port ?? 0
  }

  /** In the key store: the sealed file, or the chip. */
  readKeys(): readonly KeyOnDisk[] {
    if (this.simulated.chip !== undefined) return this.simulated.chip.listKeys()
    return this.#readRing('.keys')
  }

  /** What an interrupted write of the key store left. */
  readDraftKeys(): readonly KeyOnDisk[] {
    try {
      return this.#readRing('.keys.draft')
    } catch {
      return [] // cut off in the middle: no key can be read from it
    }
  }

  #readRing(suffix: string): readonly KeyOnDisk[] {
    const folder = join(this.disk, 'state', 'keys')
    const file = existsSync(folder)
      ? readdirSync(folder).find((name) => name.endsWith(suffix))
      : undefined
    if (file === undefined) return []
    const { keys } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { keys: KeyOnDisk[] }
    return keys
  }

  /** The key that the SBI signs with now. @throws Error when key and certificate do not fit */
  readKeyOfSbi(): string | undefined {
    const { chip } = this.simulated
    if (chip !== undefined) {
      const signer = chip.deviceSigner
      return signer && keyIdOf(createPublicKey(signer.key).export({ type: 'spki', format: 'der' }))
    }
    const folder = join(this.disk, 'hand-over', this.profile.serialNo)
    if (!existsSync(folder)) return undefined
    const key = createPrivateKey(readFileSync(join(folder, 'device-key.pem')))
    const certificate = new X509Certificate(readFileSync(join(folder, 'device-certificate.pem')))
    if (!certificate.checkPrivateKey(key)) throw new Error('key and certificate do not fit')
    return keyIdOf(createPublicKey(key).export({ type: 'spki', format: 'der' }))
  }

  /** Pairs of key and certificate in the hand-over, also those that nobody points to. */
  countHandedOver(): number {
    const folder = join(this.disk, 'hand-over')
    if (!existsSync(folder)) return 0
    return readdirSync(folder).filter((name) => name.startsWith('.')).length
  }

  async readState(): Promise<DeviceState | undefined> {
    const folder = join(this.disk, 'state', 'devices')
    if (!existsSync(folder)) return undefined
    const [stored] = await DeviceStateStore.at(folder).list()
    return stored?.state
  }

  /** While no client runs: as if more time had passed. */
  async changeState(changes: Partial<DeviceState>): Promise<void> {
    const state = await this.readState()
    if (state === undefined) throw new Error('no state')
    const store = DeviceStateStore.at(join(this.disk, 'state', 'devices'))
    await store.write({ ...state, ...changes })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.simulated.stop()
    rmSync(this.disk, { recursive: true, force: true })
  }
}

export const keyIdOf = (spki: Buffer): string =>
  createHash('sha256').update(spki).digest('base64url')
