import { X509Certificate, createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DeviceState } from '../../packages/client/src/state/device-state.ts'
import { DeviceStateStore } from '../../packages/client/src/state/device-state-store.ts'
import type { FtmChip } from '../../packages/simulator/src/ftm/ftm-chip.ts'
import type { Pkcs12OfSbi } from './pkcs12-of-sbi.ts'

/** Where the keys of a device are, read without the client: its key store, its hand-over, its chip. */

export interface KeyOnDisk {
  readonly keyId: string
  readonly state: string
}

export interface PlacesOfDevice {
  readonly serialNo: string
  readonly chip: FtmChip | undefined
  readonly stateDirectory: string
  readonly handOverDirectory: string
  /** Instead of PEM files. */
  readonly pkcs12?: { readonly folder: string; readonly ofSbi: Pkcs12OfSbi }
}

export class DeviceOnDisk {
  readonly #places: PlacesOfDevice

  constructor(places: PlacesOfDevice) {
    this.#places = places
  }

  /** In the key store: the sealed file, or the chip. */
  readKeys(): readonly KeyOnDisk[] {
    if (this.#places.chip !== undefined) return this.#places.chip.listKeys()
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
    const folder = join(this.#places.stateDirectory, 'keys')
    const file = existsSync(folder)
      ? readdirSync(folder).find((name) => this.#isOwn(name) && name.endsWith(suffix))
      : undefined
    if (file === undefined) return []
    const { keys } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { keys: KeyOnDisk[] }
    return keys
  }

  /** The key that the SBI signs with now. @throws Error when key and certificate do not fit */
  readKeyOfSbi(): string | undefined {
    const { chip, pkcs12 } = this.#places
    if (chip !== undefined || pkcs12 !== undefined) {
      const signer = chip === undefined ? pkcs12?.ofSbi.read() : chip.deviceSigner
      return signer && keyIdOf(createPublicKey(signer.key).export({ type: 'spki', format: 'der' }))
    }
    const files = this.#readPem()
    if (files === undefined) return undefined
    const key = createPrivateKey(files.key)
    const certificate = new X509Certificate(files.certificate)
    if (!certificate.checkPrivateKey(key)) throw new Error('key and certificate do not fit')
    return keyIdOf(createPublicKey(key).export({ type: 'spki', format: 'der' }))
  }

  /** On Windows in one file; one that was cut to nothing before it is removed holds no key. */
  #readPem(): { readonly key: string; readonly certificate: string } | undefined {
    const place = join(this.#places.handOverDirectory, this.#places.serialNo)
    const read = (path: string): string => readFileSync(path, 'utf8')
    if (existsSync(place))
      return {
        key: read(join(place, 'device-key.pem')),
        certificate: read(join(place, 'device-certificate.pem')),
      }
    const text = existsSync(`${place}.pem`) ? read(`${place}.pem`) : ''
    if (text === '') return undefined
    return { key: text, certificate: text }
  }

  /** Pairs of key and certificate in the hand-over, also those that nobody points to, and drafts. */
  countHandedOver(): number {
    const { serialNo, handOverDirectory, pkcs12 } = this.#places
    const pairs = listFolder(handOverDirectory).filter((name) => name.startsWith(`.${serialNo}.`))
    const single = listFilled(handOverDirectory).filter((name) =>
      name.startsWith(`${serialNo}.pem`),
    )
    const files = pkcs12 === undefined ? [] : listFilled(pkcs12.folder)
    return pairs.length + single.length + files.length
  }

  async readState(): Promise<DeviceState | undefined> {
    const folder = this.#states
    if (!existsSync(folder)) return undefined
    const stored = await DeviceStateStore.at(folder).list()
    return stored.find(({ file }) => this.#isOwn(file))?.state
  }

  /** While no client runs: as if more time had passed. */
  async changeState(changes: Partial<DeviceState>): Promise<void> {
    const state = await this.readState()
    if (state === undefined) throw new Error('no state')
    const store = DeviceStateStore.at(this.#states)
    await store.write({ ...state, ...changes })
  }

  get #states(): string {
    return join(this.#places.stateDirectory, 'devices')
  }

  #isOwn(file: string): boolean {
    return file.startsWith(`${this.#places.serialNo}-`)
  }
}

const listFolder = (path: string): string[] => (existsSync(path) ? readdirSync(path) : [])

const listFilled = (path: string): string[] =>
  listFolder(path).filter((name) => statSync(join(path, name)).size > 0)

const keyIdOf = (spki: Buffer): string => createHash('sha256').update(spki).digest('base64url')
