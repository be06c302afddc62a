import Type from 'typebox'
import { CertificateSerial, Count, Instant, Sha256, Uuid } from '../../text/fields.ts'
import { Reason, on, onDevice, onMaybeDevice } from './row.ts'

/** The life of a key, and where it was seen. */

export const KEY_EVENTS = {
  'key.rotation-ordered': onMaybeDevice({
    orderId: Uuid,
    devices: Count,
    windowStart: Instant,
    windowEnd: Instant,
    reason: Reason,
  }),
  'key.rotation-order-cancelled': on({ orderId: Uuid, devices: Count }),
  'key.rotated': onDevice({
    serialNumber: CertificateSerial,
    replacesSerialNumber: CertificateSerial,
  }),
  'key.recovered': onDevice({
    serialNumber: CertificateSerial,
    replacesSerialNumber: CertificateSerial,
    proof: Type.Enum(['ftm', 'operator-approval']),
    /** Since the end of the certificate. */
    daysPastEnd: Count,
  }),
  'key.purge-confirmed': onDevice({
    keys: Count,
    /** Of the purge certificate: the JWS that the device signed. */
    statementSha256: Sha256,
  }),
  'key.purge-unconfirmed': onDevice({ since: Instant }),
  'device.clone-suspected': onDevice({
    sign: Type.Enum(['sequence-fork', 'two-installations']),
  }),
  'device.host-changed': onDevice({ isAllowed: Type.Boolean() }),
} as const
