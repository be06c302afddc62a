import { join } from 'node:path'
import { type DeviceIdentity, deviceSubject } from '@sanad/protocol/domain/digital-id'
import type { Level } from '@sanad/protocol/domain/device-kinds'
import { type HandOverRule, chooseRule, fillIn } from '../hand-over/hand-over-rules.ts'
import { type FileRule, openHandOver } from '../hand-over/open-hand-over.ts'
import { fileNameOf, isFileSafe } from '../state/device-state-store.ts'
import { ChipKeyStore } from './chip-key-store.ts'
import type { DeviceKeyStore } from './device-key-store.ts'
import type { DeviceVoucher } from './device-voucher.ts'
import { type HostFacts, HostVoucher } from './host-voucher.ts'
import { keyStoreFailure } from '../base/key-store-failure.ts'
import { PLATFORM } from '../platform/platform.ts'
import { MovingKeyStore } from './moving-key-store.ts'
import type { HostSeal } from './host-seal.ts'
import { SealedFileKeyStore } from './sealed-file-key-store.ts'
import { TokenKeyStore } from './token/token-key-store.ts'
import type { TokenLinks } from './token/token-links.ts'

export interface KeyPlaces {
  readonly seal: HostSeal
  /** Sealed keys of L0 devices. */
  readonly keyFolder: string
  readonly chipDirectory: string
  readonly handOverDirectory: string
  /** The first that fits a device says how its SBI gets the key. */
  readonly handOver: readonly HandOverRule[]
  readonly tokens: TokenLinks
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
    const chip = new ChipKeyStore(PLATFORM.chipAddress(places.chipDirectory, device.serialNo))
    return { keys: chip, voucher: chip }
  }
  const keys = openHostKeys(device, places)
  return { keys, voucher: new HostVoucher(keys, facts) }
}

function openHostKeys(device: DeviceIdentity, places: KeyPlaces): DeviceKeyStore {
  const rule = chooseRule(places.handOver, device) ?? { kind: 'pem' }
  if (rule.kind !== 'pkcs11') return openSealedFile(device, places, rule)
  const label = fillIn(rule.label ?? '{serialNo}', device)
  const reload = rule.reload ?? { kind: 'none' }
  const token = new TokenKeyStore({ link: places.tokens.to(rule), label, reload })
  return new MovingKeyStore(token, openSealedFile(device, places, { kind: 'pem' }))
}

function openSealedFile(
  device: DeviceIdentity,
  places: KeyPlaces,
  rule: FileRule,
): SealedFileKeyStore {
  return new SealedFileKeyStore({
    subject: deviceSubject(device),
    path: join(places.keyFolder, fileNameOf(device, '.keys')),
    seal: places.seal,
    handOver: openHandOver(rule, device, places.handOverDirectory),
  })
}
