import { createHash } from 'node:crypto'
import type { DeviceIdentity, DeviceType } from '../digital-id.ts'

/** A device as the factory's papers have it. The enrolment secret itself is in the box, not in the papers. */
export interface FactoryRecord {
  readonly serialNo: string
  readonly make: string
  readonly model: string
  readonly type: DeviceType
  readonly deviceSubType: string
  readonly level: 'L0' | 'L1'
  /** Hex SHA-256 of the DER of the chip's certificate: which chip sits in which device. */
  readonly ftmCertificateSha256?: string
  /** Hex SHA-256 of the UTF-8 text of the secret. */
  readonly enrolmentSecretSha256?: string
}

interface MadeDevice {
  readonly profile: DeviceIdentity & { readonly level: 'L0' | 'L1' }
  readonly ftmCertificateSha256?: string | undefined
  readonly enrolmentSecret?: string | undefined
}

export function recordDevice({
  profile,
  ftmCertificateSha256,
  enrolmentSecret,
}: MadeDevice): FactoryRecord {
  const { serialNo, make, model, type, deviceSubType, level } = profile
  return {
    serialNo,
    make,
    model,
    type,
    deviceSubType,
    level,
    ...(ftmCertificateSha256 !== undefined && { ftmCertificateSha256 }),
    ...(enrolmentSecret !== undefined && { enrolmentSecretSha256: sha256Hex(enrolmentSecret) }),
  }
}

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')
