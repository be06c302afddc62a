import Type from 'typebox'
import {
  Count,
  DeviceProviderId,
  Instant,
  Label,
  Make,
  Model,
  SerialNoForm,
  Sha256,
  Uuid,
} from '../../text/fields.ts'
import { Reason, on, optional } from './row.ts'
import { DEVICE_TYPES, LEVELS } from '../device-kinds.ts'

/** Models, FTM providers, imports. */

export const MODEL_EVENTS = {
  'model.created': on({
    modelId: Uuid,
    make: Make,
    model: Model,
    deviceType: Type.Enum(DEVICE_TYPES),
    level: Type.Enum(LEVELS),
    deviceProviderId: DeviceProviderId,
    ftmProviderId: optional(Uuid),
    serialNoForm: optional(SerialNoForm),
  }),
  'model.serial-no-form-set': on({
    modelId: Uuid,
    /** Absent where the model has none any more. */
    form: optional(SerialNoForm),
  }),
  'model.retired': on({ modelId: Uuid, reason: Reason }),
  'ftm-provider.added': on({
    ftmProviderId: Uuid,
    name: Label,
    certificateSha256: Sha256,
    notAfter: Instant,
  }),
  'ftm-provider.retired': on({ ftmProviderId: Uuid, reason: Reason }),
  'ftm-provider.revocation-policy-set': on({
    ftmProviderId: Uuid,
    name: Label,
    revocationPolicy: Type.Enum(['ignore', 'warn', 'refuse']),
    /** Host that lists are fetched from; absent where they are only imported. */
    host: optional(Type.String({ minLength: 1, maxLength: 128, pattern: '^[\\x21-\\x7e]+$' })),
    /** SHA-256 of the whole address. */
    urlSha256: optional(Sha256),
  }),
  /** A newer revocation list was taken, by an operator or by the schedule. */
  'ftm-provider.revocation-list-taken': on({
    ftmProviderId: Uuid,
    name: Label,
    /** SHA-256 of the list. */
    sha256: Sha256,
    crlNumber: Type.String({ pattern: '^[0-9]{1,49}$' }),
    nextUpdate: Instant,
    revoked: Count,
    source: Type.Enum(['imported', 'fetched']),
  }),
  'import.confirmed': on({
    importId: Uuid,
    format: Type.Enum(['csv', 'factory-manifest']),
    fileSha256: Sha256,
    choice: Type.Enum(['all', 'valid']),
    approved: Count,
    leftOut: Count,
    /** How many of the approved rows had a warning. */
    warningsConfirmed: optional(Count),
    signerCertificateSha256: optional(Sha256),
  }),
} as const
