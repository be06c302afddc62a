import {
  alterSigned,
  composeDigitalId,
  encodeUnsignedDigitalId,
  signDigitalId,
} from '../digital-id.ts'
import type { DigitalId } from '../digital-id.ts'
import { encodeJson, signJws } from '../jws.ts'
import type { Signer } from '../jws.ts'
import { judgeValidity } from './device-key.ts'
import type { DeviceKeySource } from './device-key.ts'
import type { DeviceProfile } from './device-profile.ts'

/** What the SBI says about its device, in the words of both editions of the specification. */

/** What an operator of the simulator can set; whether the device is registered it finds out itself. */
export type OperatingStatus = 'Ready' | 'Busy' | 'Not Ready'
export type DeviceStatus = OperatingStatus | 'Not Registered'
export type SpecEdition = '0.9.5' | '1.0'

export interface SbiError {
  readonly errorCode: string
  readonly errorInfo: string
}

/** The device behind the SBI at the moment of a request. */
export interface SbiSubject {
  readonly profile: DeviceProfile
  readonly operatingStatus: OperatingStatus
  readonly deviceKey: DeviceKeySource
  /** L1: the chip signs. On L0 it is absent and the device key signs. */
  readonly chipDigitalId?: (at: Date) => string
  readonly alterDigitalId?: (digitalId: DigitalId) => DigitalId
}

interface Standing {
  readonly status: DeviceStatus
  readonly error: SbiError
  /** Present exactly when the device is registered. */
  readonly signer?: Signer
}

/** MDS 0.9.5 › Error Codes. */
const ERROR = {
  success: { errorCode: '0', errorInfo: 'Success' },
  notRegistered: { errorCode: '100', errorInfo: 'Device not registered' },
  keyExpired: { errorCode: '107', errorInfo: 'Device public key expired' },
  notReady: { errorCode: '110', errorInfo: 'Device not ready' },
  busy: { errorCode: '111', errorInfo: 'Device busy' },
} as const

export function answerDiscovery(
  subject: SbiSubject,
  edition: SpecEdition,
  base: string,
  now: Date,
): object {
  const { profile } = subject
  const { status, error, signer } = findStanding(subject, now)
  return {
    ...nameDevice(profile, edition),
    deviceStatus: status,
    certification: nameLevel(profile, edition),
    serviceVersion: profile.serviceVersion,
    deviceSubId: profile.deviceSubId,
    callbackId: `${base}/`,
    // MDS 0.9.5 › Device Discovery Response: the digital ID is not signed here.
    digitalId: encodeUnsignedDigitalId(presentDigitalId(subject, now)),
    specVersion: namesEdition(profile, edition),
    purpose: signer === undefined ? '' : profile.purpose,
    error,
  }
}

export function answerDeviceInfo(
  subject: SbiSubject,
  edition: SpecEdition,
  base: string,
  now: Date,
): object {
  const { profile } = subject
  const { status, error, signer } = findStanding(subject, now)
  const information = {
    deviceStatus: status,
    ...nameDevice(profile, edition),
    firmware: profile.firmware,
    certification: nameLevel(profile, edition),
    serviceVersion: profile.serviceVersion,
    deviceSubId: profile.deviceSubId,
    callbackId: `${base}/`,
    digitalId: signPresentDigitalId(subject, signer, now),
    env: signer === undefined ? 'None' : profile.env,
    purpose: signer === undefined ? '' : profile.purpose,
    specVersion: namesEdition(profile, edition),
  }
  const deviceInfo =
    // MDS 0.9.5 › Device Info Response: unsigned while the device is not registered.
    signer === undefined ? encodeJson(information) : signJws('JWT', information, leafOnly(signer))
  return { deviceInfo, error }
}

/** SBI 1.0 › Device Info: "Not Registered" means no valid certificate issued by the device provider. */
function findStanding({ operatingStatus, deviceKey }: SbiSubject, now: Date): Standing {
  const signer = deviceKey()
  if (signer === undefined) return { status: 'Not Registered', error: ERROR.notRegistered }
  const validity = judgeValidity(signer, now)
  if (validity === 'expired') return { status: 'Not Registered', error: ERROR.keyExpired }
  if (validity === 'not-yet-valid') return { status: 'Not Registered', error: ERROR.notRegistered }
  switch (operatingStatus) {
    case 'Ready':
      return { status: 'Ready', error: ERROR.success, signer }
    case 'Busy':
      return { status: 'Busy', error: ERROR.busy, signer }
    case 'Not Ready':
      return { status: 'Not Ready', error: ERROR.notReady, signer }
  }
}

function presentDigitalId({ profile, alterDigitalId }: SbiSubject, now: Date): DigitalId {
  const digitalId = composeDigitalId(profile, now)
  return alterDigitalId === undefined ? digitalId : alterDigitalId(digitalId)
}

/** MDS 0.9.5 › Signature: L1 the FTM key always; L0 the device key, and no signature before it is certified. */
function signPresentDigitalId(subject: SbiSubject, signer: Signer | undefined, now: Date): string {
  if (subject.chipDigitalId !== undefined) return subject.chipDigitalId(now)
  const digitalId = composeDigitalId(subject.profile, now)
  if (signer === undefined) return encodeUnsignedDigitalId(presentDigitalId(subject, now))
  const signed = signDigitalId(digitalId, leafOnly(signer))
  return subject.alterDigitalId === undefined ? signed : alterSigned(signed, subject.alterDigitalId)
}

/** MOSIP's validators look at the first certificate only. */
const leafOnly = (signer: Signer): Signer => ({
  ...signer,
  certificates: signer.certificates.slice(0, 1),
})

/** SBI 1.0 has the printed serial number where 0.9.5 has deviceId and deviceCode. */
function nameDevice({ serialNo }: DeviceProfile, edition: SpecEdition): object {
  return edition === '1.0' ? { serialNo } : { deviceId: serialNo, deviceCode: serialNo }
}

function nameLevel({ level }: DeviceProfile, edition: SpecEdition): string {
  if (edition === '0.9.5') return level
  return level === 'L0' ? 'SBI 1.0' : 'SBI 2.0'
}

/**
 * The edition of this answer alone. MOSIP's registration client captures by the highest edition that MOSIPDINFO names
 * (MF §4.5), and its class for 1.0 does not read what a device of 0.9.5 captures.
 */
function namesEdition({ specVersion }: DeviceProfile, edition: SpecEdition): readonly string[] {
  return edition === '1.0' ? ['1.0'] : specVersion
}
