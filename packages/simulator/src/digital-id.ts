import { encodeJson, signJws } from './jws.ts'
import type { Signer } from './jws.ts'

/**
 * The digital ID as a device makes it.
 *
 * Written apart from the management server's own reader, so that a mistake in one shows in the other.
 */

export type DeviceType = 'Finger' | 'Iris' | 'Face'

/** What is printed on the device and known to the country: fixed for its life. */
export interface DeviceIdentity {
  readonly serialNo: string
  readonly make: string
  readonly model: string
  readonly type: DeviceType
  readonly deviceSubType: string
  readonly deviceProvider: string
  readonly deviceProviderId: string
}

export interface DigitalId extends DeviceIdentity {
  readonly dateTime: string
}

/** MDS 0.9.5 › Digital ID: exactly these eight members. */
export function composeDigitalId(identity: DeviceIdentity, at: Date): DigitalId {
  return {
    serialNo: identity.serialNo,
    make: identity.make,
    model: identity.model,
    type: identity.type,
    deviceSubType: identity.deviceSubType,
    deviceProvider: identity.deviceProvider,
    deviceProviderId: identity.deviceProviderId,
    dateTime: toSecondsForm(at),
  }
}

/** MDS 0.9.5 › Digital ID: `yyyy-MM-ddTHH:mm:ssZ`; MOSIP's parser refuses milliseconds here. */
const toSecondsForm = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`

export const encodeUnsignedDigitalId = (digitalId: DigitalId): string => encodeJson(digitalId)

export const signDigitalId = (digitalId: DigitalId, signer: Signer): string =>
  signJws('JWT', digitalId, signer)

/** Changes the payload of a signed digital ID and leaves the signature as it was. */
export function alterSigned(signed: string, alter: (digitalId: DigitalId) => DigitalId): string {
  const [header, payload = '', signature] = signed.split('.')
  const digitalId = JSON.parse(Buffer.from(payload, 'base64url').toString()) as DigitalId
  return `${header}.${encodeJson(alter(digitalId))}.${signature}`
}
