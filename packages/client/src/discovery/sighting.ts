import { type DigitalId, deviceSubject } from '@sanad/protocol/domain/digital-id'
import type { Level } from '@sanad/protocol/domain/device-kinds'
import type { DeviceInformation } from '@sanad/protocol/wire/messages/device-information'
import type { DescribedDevice } from './described-device.ts'
import type { SbiEdition } from './sbi-verbs.ts'

/** A device seen behind a port of this machine. */
export interface Sighting extends DescribedDevice {
  readonly port: number
  readonly edition: SbiEdition
}

/** The same device, wherever and whenever it is seen; another serial number is another device. */
export const subjectOf = (device: { readonly digitalId: DigitalId }): string =>
  deviceSubject(device.digitalId)

export function reportOf(
  sighting: Sighting,
  host: { readonly clientVersion: string; readonly operatingSystem: string },
): DeviceInformation {
  return {
    deviceStatus: sighting.deviceStatus,
    certification: sighting.level satisfies Level,
    firmware: sighting.firmware,
    serviceVersion: sighting.serviceVersion,
    specVersions: [...sighting.specVersions],
    purpose: sighting.purpose,
    env: sighting.env,
    ...host,
  }
}

/** Compares everything but the time in the digital ID. */
export function differs(before: Sighting, now: Sighting): boolean {
  const fingerprint = ({ digitalId, certificate, ...rest }: Sighting): string =>
    JSON.stringify([
      { ...digitalId, dateTime: '' },
      certificate === undefined ? '' : Buffer.from(certificate).toString('base64'),
      rest,
    ])
  return fingerprint(before) !== fingerprint(now)
}
