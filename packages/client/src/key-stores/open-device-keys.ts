import { join } from 'node:path'
import { type DeviceIdentity, type Level, deviceSubject } from '@sanad/protocol/digital-id'
import { PemHandOver } from '../hand-over/pem-hand-over.ts'
import { fileNameOf, isFileSafe } from '../state/device-state-store.ts'
import { ChipKeyStore } from './chip-key-store.ts'
import type { DeviceKeyStore } from './device-key-store.ts'
import type { DeviceVoucher } from './device-voucher.ts'
import { type HostFacts, HostVoucher } from './host-voucher.ts'
import { keyStoreFailure } from './key-store-failure.ts'
import type { Seal } from './seal.ts'
import { SealedFileKeyStore } from './sealed-file-key-store.ts'

export interface KeyPlaces {
  readonly seal: Seal
  /** Sealed keys of L0 devices. */
  readonly keyFolder: string
  readonly chipDirectory: string
  readonly handOverDirectory: string
}

export interface DeviceKeys {
  readonly keys: DeviceKeyStore
  readonly voucher: DeviceVoucher
}

/** @throws SanadError `client.key-store-failed` for a serial number that cannot name a file */
export function openDeviceKeys(
  device: DeviceIdentity,
  level: Level,
  places: KeyPlaces,
  facts: (keyId: string) => HostFacts,
): DeviceKeys {
  if (!isFileSafe(device.serialNo)) throw keyStoreFailure('a serial number with strange characters')
  if (level === 'L1') {
    const chip = new ChipKeyStore(join(places.chipDirectory, `${device.serialNo}.sock`))
    return { keys: chip, voucher: chip }
  }
  const keys = new SealedFileKeyStore({
    subject: deviceSubject(device),
    path: join(places.keyFolder, fileNameOf(device, '.keys')),
    seal: places.seal,
    handOver: new PemHandOver(places.handOverDirectory, device.serialNo),
  })
  return { keys, voucher: new HostVoucher(keys, facts) }
}
