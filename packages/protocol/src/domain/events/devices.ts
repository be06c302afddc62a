import Type from 'typebox'
import { CertificateSerial, Count, Make, Model, SerialNo, Sha256, Uuid } from '../../text/fields.ts'
import { Code, Reason, SupportCode, Version, on, onDevice, onMaybeDevice, optional } from './row.ts'
import { DEVICE_STATUSES, LEVELS } from '../device-kinds.ts'
import { LEAK_KINDS } from '../leak-tripwire.ts'

/** The repository of approved devices, their registration, and their life in the field. */

const claimedIdentity = {
  make: optional(Make),
  model: optional(Model),
  serialNo: optional(SerialNo),
}

const refusal = { code: Code, rule: optional(Code), supportCode: SupportCode, ...claimedIdentity }

const DeviceStatus = Type.Enum(DEVICE_STATUSES)

export const DEVICE_EVENTS = {
  // The repository of approved devices.
  'device.approved': onDevice({
    make: Make,
    model: Model,
    serialNo: SerialNo,
    source: Type.Enum(['operator', 'csv', 'factory-manifest']),
    importId: optional(Uuid),
    ftmCertificateSha256: optional(Sha256),
    hasEnrolmentSecret: Type.Boolean(),
    /** Doubts about the serial number that the operator confirmed. */
    confirmedWarnings: optional(Type.Array(Code, { maxItems: 16 })),
  }),
  'device.reapproved': onDevice({ reason: Reason }),
  'device.suspended': onDevice({ reason: Reason }),
  'device.resumed': onDevice({ reason: Reason }),
  'device.blocked': onDevice({ reason: Reason }),
  'device.deregistered': onDevice({ reason: Reason }),
  'device.list-exported': on({ sha256: optional(Sha256) }),

  // Registration.
  'device.registered': onDevice({
    level: Type.Enum(LEVELS),
    proof: Type.Enum(['ftm', 'enrolment-secret', 'operator-approval']),
    certificateSerial: CertificateSerial,
    spkiSha256: Sha256,
    ftmCertificateSha256: optional(Sha256),
  }),
  'device.registration-refused': onMaybeDevice(refusal),
  'device.claim-quarantined': onMaybeDevice({
    ...refusal,
    spkiSha256: optional(Sha256),
    ftmCertificateSha256: optional(Sha256),
  }),
  'device.approval-requested': onDevice({
    requestId: Uuid,
    supportCode: SupportCode,
    spkiSha256: Sha256,
  }),
  'device.approval-decided': onDevice({
    requestId: Uuid,
    decision: Type.Enum(['approved', 'refused']),
  }),

  // Life in the field.
  'device.first-check-in': onDevice({
    deviceStatus: DeviceStatus,
    serviceVersion: optional(Version),
    firmware: optional(Version),
  }),
  'device.status-changed': onDevice({ from: DeviceStatus, to: DeviceStatus }),
  'device.message-refused': onDevice({ code: Code, occurrences: Count }),
  /** The tripwire dropped a fact of a check-in; never what it was. */
  'device.leak-removed': onDevice({ kind: Type.Enum(LEAK_KINDS), occurrences: Count }),
} as const
