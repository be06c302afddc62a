import Type, { type Static } from 'typebox'
import { DEVICE_ACTS, DEVICE_STATES } from '../domain/device-lifecycle.ts'
import { DEVICE_TYPES, LEVELS } from '../domain/device-kinds.ts'
import { REASONS } from '../domain/reasons.ts'
import { ISSUANCE_PURPOSES } from '../domain/key-lifecycle.ts'
import {
  CertificateSerial,
  Count,
  Country,
  Cursor,
  Environment,
  Instant,
  Label,
  Make,
  PageLimit,
  SerialNo,
  Sha256,
  Total,
  Uuid,
  Note,
  SearchText,
  closed,
  nullable,
} from '../text/fields.ts'
import { UUID_PATTERN } from '../text/uuid.ts'
import { ModelView, StateCounts } from './models.ts'
import { DEVICE_ORDERS } from './choices.ts'

/** As a client names its version, and an SBI its own and its firmware’s. */
const VersionText = Type.String({ minLength: 1, maxLength: 64, pattern: '^[^\\p{C}]+$' })

/**
 * One filter of devices, the same words everywhere: list, counts, export, bulk acts, groups, campaigns, rotation
 * orders, command line. All that is given must hold.
 */
const filters = {
  /** Words that each occur in the serial number, make or model. */
  search: Type.Optional(SearchText),
  /** The whole serial number; several models may have it. */
  serialNo: Type.Optional(SerialNo),
  state: Type.Optional(Type.Array(Type.Enum(DEVICE_STATES), { maxItems: 5, uniqueItems: true })),
  make: Type.Optional(Make),
  modelId: Type.Optional(Uuid),
  /** `none`: devices that are in no group. */
  groupId: Type.Optional(Type.String({ pattern: `^(?:none|${UUID_PATTERN})$` })),
  /** Approved by this import. */
  importId: Type.Optional(Uuid),
  /** Of the group: devices without one have none. */
  country: Type.Optional(Country),
  /** Of the group, as the country. */
  environment: Type.Optional(Environment),
  deviceType: Type.Optional(Type.Enum(DEVICE_TYPES)),
  level: Type.Optional(Type.Enum(LEVELS)),
  /** Of the SBI, as last reported. */
  serviceVersion: Type.Optional(VersionText),
  firmware: Type.Optional(VersionText),
  /** Of the management client, as last reported. */
  clientVersion: Type.Optional(VersionText),
  /** Whether it holds a live channel now. */
  connected: Type.Optional(Type.Boolean()),
  /** The certificate in use ends within so many days, or has ended. */
  expiresWithinDays: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_650 })),
  /** The certificate in use ends before then, or has ended. */
  expiresBefore: Type.Optional(Instant),
  /**
   * No check-in for so many hours; of a device that never checked in, since it registered. Only of devices that
   * are registered or suspended: from others none is expected.
   */
  silentForHours: Type.Optional(Type.Integer({ minimum: 1, maximum: 87_600 })),
}

export const DeviceFilter = Type.Object(filters, closed)
export type DeviceFilter = Static<typeof DeviceFilter>

/** A file is read in an order that an index keeps; by last check-in there is none. */
const EXPORT_ORDERS = ['serialNo', '-serialNo', 'approvedAt', '-approvedAt'] as const

/** The export takes what the list takes, but for the places of its pages. */
export const DeviceExportQuery = Type.Object(
  { ...filters, sort: Type.Optional(Type.Enum(EXPORT_ORDERS)) },
  closed,
)
export type DeviceExportQuery = Static<typeof DeviceExportQuery>

export const DeviceQuery = Type.Object(
  {
    ...filters,
    sort: Type.Optional(Type.Enum(DEVICE_ORDERS)),
    after: Type.Optional(Cursor),
    limit: Type.Optional(PageLimit),
  },
  closed,
)
export type DeviceQuery = Static<typeof DeviceQuery>

const GroupOfDevice = nullable(Type.Object({ groupId: Uuid, name: Label }, closed))

const PresenceView = Type.Object(
  {
    lastCheckInAt: Instant,
    /** As the server told the device, or else as its policy asks. */
    nextCheckInAt: Instant,
    /** From then on a check-in was missed. */
    silentFrom: Instant,
    /** From then on it is silent for longer than its policy in force lets a device be offline. */
    tooLongSilentFrom: Instant,
    deviceStatus: nullable(Type.String()),
    serviceVersion: nullable(Type.String()),
    firmware: nullable(Type.String()),
  },
  closed,
)
export type PresenceView = Static<typeof PresenceView>

export const DeviceListItem = Type.Object(
  {
    deviceId: Uuid,
    serialNo: SerialNo,
    make: Type.String(),
    model: Type.String(),
    modelId: Uuid,
    deviceType: Type.Enum(DEVICE_TYPES),
    deviceSubType: Type.String(),
    level: Type.Enum(LEVELS),
    group: GroupOfDevice,
    state: Type.Enum(DEVICE_STATES),
    approvedAt: Instant,
    registeredAt: nullable(Instant),
    presence: nullable(PresenceView),
    certificateNotAfter: nullable(Instant),
    /** Holds a live channel now. */
    connected: Type.Boolean(),
  },
  closed,
)
export type DeviceListItem = Static<typeof DeviceListItem>

export const DeviceList = Type.Object(
  { items: Type.Array(DeviceListItem), next: nullable(Cursor), total: Total },
  closed,
)
export type DeviceList = Static<typeof DeviceList>

export const DeviceCounts = Type.Object(
  {
    total: Count,
    states: StateCounts,
    /** Of the same devices, those that hold a live channel now. */
    connected: Count,
  },
  closed,
)
export type DeviceCounts = Static<typeof DeviceCounts>

/** What may be done now; and if not, why, in one sentence. */
export const ActionView = Type.Object(
  {
    act: Type.Enum(DEVICE_ACTS),
    isAllowed: Type.Boolean(),
    /** Why it is not allowed; or, where it is, what speaks against it. */
    reason: nullable(Type.String()),
  },
  closed,
)
export type ActionView = Static<typeof ActionView>

export const DeviceView = Type.Object(
  {
    deviceId: Uuid,
    serialNo: SerialNo,
    model: ModelView,
    group: GroupOfDevice,
    state: Type.Enum(DEVICE_STATES),
    /** Goes up with every change; a change may name it to be refused when somebody else came first. */
    revision: Count,
    ftmCertificateSha256: nullable(Sha256),
    enrolmentSecret: Type.Enum(['none', 'unused', 'used']),
    approvedAt: Instant,
    registeredAt: nullable(Instant),
    stateChangedAt: Instant,
    importId: nullable(Uuid),
    presence: nullable(PresenceView),
    connected: Type.Boolean(),
    /** What its technician reads out when it is told that it may not act. */
    supportCode: Type.String(),
    actions: Type.Array(ActionView),
  },
  closed,
)
export type DeviceView = Static<typeof DeviceView>

export const NewDevice = Type.Object(
  {
    modelId: Uuid,
    /** Which of these is one says `examineSerialNo`; what is refused is named there. */
    serialNo: Type.String({ minLength: 1, maxLength: 1_024 }),
    ftmCertificateSha256: Type.Optional(Sha256),
    enrolmentSecretSha256: Type.Optional(Sha256),
    /** The serial number was compared with the device, though it may be wrong. On record. */
    confirmWarnings: Type.Optional(Type.Boolean()),
  },
  closed,
)
export type NewDevice = Static<typeof NewDevice>

export const TransitionBody = Type.Object(
  {
    reason: Type.Enum(REASONS),
    /** For colleagues; kept beside the record, not in it. */
    note: Type.Optional(Note),
    revision: Type.Optional(Count),
  },
  closed,
)
export type TransitionBody = Static<typeof TransitionBody>

/** After repair a device may come back with another chip, and an L0 device needs a new secret. */
export const ReapproveBody = Type.Object(
  {
    ...TransitionBody.properties,
    ftmCertificateSha256: Type.Optional(Sha256),
    enrolmentSecretSha256: Type.Optional(Sha256),
  },
  closed,
)
export type ReapproveBody = Static<typeof ReapproveBody>

export const DeviceCertificateView = Type.Object(
  {
    serialNumber: CertificateSerial,
    thumbprintSha256: Sha256,
    spkiSha256: Sha256,
    notBefore: Instant,
    notAfter: Instant,
    status: Type.String(),
    providerCertificateId: nullable(Type.String()),
    certificatePem: Type.String(),
    purpose: nullable(Type.Enum(ISSUANCE_PURPOSES)),
    /** Serial number of the certificate whose place it took. */
    replaces: nullable(CertificateSerial),
    issuedAt: nullable(Instant),
    /** First use of the key. */
    confirmedAt: nullable(Instant),
    supersededAt: nullable(Instant),
    revokedAt: nullable(Instant),
    revocationReason: nullable(Type.Enum(REASONS)),
    /** Where its revocation would be told. */
    crlUrl: nullable(Type.String()),
  },
  closed,
)
export type DeviceCertificateView = Static<typeof DeviceCertificateView>

export const DeviceCertificateList = Type.Object(
  { items: Type.Array(DeviceCertificateView) },
  closed,
)
