import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type DeviceIdentity, deviceSubject } from '@sanad/protocol/domain/digital-id'
import { SanadError } from '@sanad/protocol/text/problems'
import { removeDrafts } from '../base/durable-files.ts'
import { openPrivateFolder } from '../base/private-folder.ts'
import { orStorageFailure } from '../base/storage-failure.ts'
import { damaged, readCheckedFile, writeCheckedFile } from './checked-file.ts'
import { type DeviceState, readDeviceState } from './device-state.ts'

/** One file a device, in a folder that only the client can read. */

export type StoredDevice =
  | { readonly file: string; readonly state: DeviceState }
  /** The file exists but is damaged. */
  | { readonly file: string; readonly state: undefined }

const SUFFIX = '.state'

export class DeviceStateStore {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async open(folder: string): Promise<DeviceStateStore> {
    await orStorageFailure(openPrivateFolder(folder))
    await orStorageFailure(removeDrafts(folder))
    return new DeviceStateStore(folder)
  }

  /** For readers beside a running client: changes nothing. */
  static at(folder: string): DeviceStateStore {
    return new DeviceStateStore(folder)
  }

  /** @returns undefined for a device never seen. @throws SanadError `client.state-damaged` */
  async read(device: DeviceIdentity): Promise<DeviceState | undefined> {
    const state = await this.#readFile(fileNameOf(device, SUFFIX))
    if (state !== undefined && deviceSubject(state.identity) !== deviceSubject(device))
      throw damaged(fileNameOf(device, SUFFIX))
    return state
  }

  /** On disk when it returns. */
  async write(state: DeviceState): Promise<void> {
    const path = join(this.#folder, fileNameOf(state.identity, SUFFIX))
    await orStorageFailure(writeCheckedFile(path, state))
  }

  async list(): Promise<StoredDevice[]> {
    const names = (await orStorageFailure(readdir(this.#folder))).filter((name) =>
      name.endsWith(SUFFIX),
    )
    return Promise.all(names.toSorted().map((file) => this.#readStored(file)))
  }

  async #readStored(file: string): Promise<StoredDevice> {
    try {
      const state = await this.#readFile(file)
      return { file, state }
    } catch (error) {
      if (error instanceof SanadError && error.code === 'client.state-damaged')
        return { file, state: undefined }
      throw error
    }
  }

  async #readFile(file: string): Promise<DeviceState | undefined> {
    const path = join(this.#folder, file)
    const value = await orStorageFailure(readCheckedFile(path))
    if (value === undefined) return undefined
    const state = readDeviceState(value)
    if (state === undefined) throw damaged(path)
    return state
  }
}

/** A serial number that is safe as a file name, and is what makers print on devices. */
export const isFileSafe = (serialNo: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(serialNo)

/** For people the serial number; for certainty a digest of make, model and serial number. */
export function fileNameOf(device: DeviceIdentity, suffix: string): string {
  const digest = createHash('sha256').update(deviceSubject(device)).digest('hex').slice(0, 16)
  return `${device.serialNo}-${digest}${suffix}`
}
