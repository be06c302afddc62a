import Type, { type Static } from 'typebox'
import { REASONS } from '../domain/reasons.ts'
import { KEY_STATES, ROTATION_REASONS } from '../domain/key-lifecycle.ts'
import { DeviceFilter } from './devices.ts'
import { Filling } from './filling.ts'
import {
  CertificateSerial,
  Count,
  Cursor,
  Instant,
  Label,
  PageLimit,
  Sha256,
  Uuid,
  Note,
  closed,
  nullable,
} from '../text/fields.ts'
import { PolicySettings } from './policies.ts'
import { FORECAST_GROUPINGS } from './choices.ts'

/** The keys of devices: when they rotate, orders to rotate, the forecast, revocation lists, purges. */

// ── One device ─────────────────────────────────────────────────────────────────────────────────────

export const PURGE_STATES = ['awaited', 'confirmed', 'unconfirmed'] as const
export type PurgeState = (typeof PURGE_STATES)[number]

export const PurgeView = Type.Object(
  {
    state: Type.Enum(PURGE_STATES),
    orderedAt: Instant,
    /** Until then the device is given time to answer; afterwards the purge counts as unconfirmed. */
    dueAt: Instant,
    confirmedAt: nullable(Instant),
    keys: Count,
  },
  closed,
)
export type PurgeView = Static<typeof PurgeView>

export const DeviceKeyView = Type.Object(
  {
    deviceId: Uuid,
    /** The certificate in use, and the one that waits for its first use. */
    active: nullable(
      Type.Object(
        { serialNumber: CertificateSerial, notAfter: Instant, state: Type.Enum(KEY_STATES) },
        closed,
      ),
    ),
    pending: nullable(Type.Object({ serialNumber: CertificateSerial, issuedAt: Instant }, closed)),
    /** What the next check-in will order. */
    rotation: nullable(
      Type.Object({ start: Instant, end: Instant, reason: Type.Enum(ROTATION_REASONS) }, closed),
    ),
    policy: Type.Object(
      { policyId: nullable(Uuid), name: Type.String(), version: Count, settings: PolicySettings },
      closed,
    ),
    group: nullable(Type.Object({ groupId: Uuid, name: Label }, closed)),
    /** As the device said at its last check-in. */
    certificateInUse: nullable(Type.Enum(['yes', 'no', 'unknown'])),
    /** Until then the device may recover by itself or by approval; null while its certificate lasts. */
    recoverableUntil: nullable(Instant),
    purge: nullable(PurgeView),
  },
  closed,
)
export type DeviceKeyView = Static<typeof DeviceKeyView>

/** MF §6.7: what an adopter enters at `POST /v1/hotlist/block`. */
export const HotlistEntry = Type.Object(
  {
    id: Type.String(),
    idType: Type.Literal('DEVICE'),
    status: Type.Enum(['BLOCKED', 'UNBLOCKED']),
    expiryTimestamp: nullable(Instant),
  },
  closed,
)
export type HotlistEntry = Static<typeof HotlistEntry>

export const RevocationBody = Type.Object(
  {
    reason: Type.Enum(REASONS),
    note: Type.Optional(Note),
  },
  closed,
)
export type RevocationBody = Static<typeof RevocationBody>

// ── Orders to rotate ───────────────────────────────────────────────────────────────────────────────

export const NewRotationOrder = Type.Object(
  {
    /** The sender’s choice: the same request again gives the same order. Without one the server chooses. */
    orderId: Type.Optional(Uuid),
    /** One of both: devices, or all that fit a filter now. */
    deviceIds: Type.Optional(Type.Array(Uuid, { minItems: 1, maxItems: 1000 })),
    filter: Type.Optional(DeviceFilter),
    reason: Type.Enum(REASONS),
    note: Type.Optional(Note),
    /** Hours to spread them over; the server takes more where the HSM needs more. */
    withinHours: Type.Optional(Type.Integer({ minimum: 0, maximum: 720 })),
  },
  closed,
)
export type NewRotationOrder = Static<typeof NewRotationOrder>

export const RotationOrderPreview = Type.Object(
  {
    devices: Count,
    /** Certificates a second that the HSM was measured to sign, and the share that rotations may take. */
    signingPerSecond: Type.Number({ minimum: 0 }),
    windowStart: Instant,
    windowEnd: Instant,
  },
  closed,
)
export type RotationOrderPreview = Static<typeof RotationOrderPreview>

export const RotationOrderView = Type.Object(
  {
    orderId: Uuid,
    reason: Type.Enum(REASONS),
    orderedAt: Instant,
    orderedBy: Type.String(),
    windowStart: Instant,
    windowEnd: Instant,
    state: Type.Enum(['running', 'done', 'cancelled']),
    devices: Count,
    rotated: Count,
    /** Null: all of its devices are gathered. */
    filling: nullable(Filling),
    /** Of a cancelled one: how many devices are let go by now; null: all are, or it is not cancelled. */
    cancelling: nullable(Filling),
  },
  closed,
)
export type RotationOrderView = Static<typeof RotationOrderView>

export const RotationOrderQuery = Type.Object(
  { after: Type.Optional(Cursor), limit: Type.Optional(PageLimit) },
  closed,
)
export const RotationOrderPage = Type.Object(
  { items: Type.Array(RotationOrderView), next: nullable(Cursor) },
  closed,
)
export type RotationOrderPage = Static<typeof RotationOrderPage>
// ── Forecast ───────────────────────────────────────────────────────────────────────────────────────

export const ForecastQuery = Type.Object(
  {
    by: Type.Optional(Type.Enum(FORECAST_GROUPINGS)),
    /** Days ahead. */
    days: Type.Optional(Type.Integer({ minimum: 1, maximum: 90, default: 60 })),
    modelId: Type.Optional(Uuid),
    groupId: Type.Optional(Uuid),
    country: Type.Optional(Type.String({ pattern: '^[A-Z]{2}$' })),
  },
  closed,
)
export type ForecastQuery = Static<typeof ForecastQuery>

const ForecastDay = Type.Object(
  {
    /** `YYYY-MM-DD`, UTC. */
    day: Type.String(),
    /** Certificates that end on this day. */
    ending: Count,
    /** Of those, on devices that have not checked in for longer than their policy’s interval: they will fail. */
    atRisk: Count,
    /** Keys that are due for rotation on this day. */
    due: Count,
  },
  closed,
)
export type ForecastDay = Static<typeof ForecastDay>

export const Forecast = Type.Object(
  {
    /** When the counts were taken. */
    at: Instant,
    /** Devices registered now. */
    devices: Count,
    /** Certificates past their end on registered devices: SBI error 107 today. */
    failedAlready: Count,
    /** Devices that will meet SBI error 107 (MF §1.4, 40) unless they check in. */
    willFail: Type.Object({ in7Days: Count, in14Days: Count, in30Days: Count }, closed),
    days: Type.Array(ForecastDay),
    groups: Type.Array(
      Type.Object(
        {
          id: nullable(Type.String()),
          name: Type.String(),
          devices: Count,
          failedAlready: Count,
          in7Days: Count,
          in14Days: Count,
          in30Days: Count,
        },
        closed,
      ),
    ),
  },
  closed,
)
export type Forecast = Static<typeof Forecast>

/** The forecast as it would be under other settings for one policy. */
export const WhatIfBody = Type.Object(
  { policyId: Uuid, settings: PolicySettings, query: Type.Optional(ForecastQuery) },
  closed,
)
export type WhatIfBody = Static<typeof WhatIfBody>

// ── Revocation lists ───────────────────────────────────────────────────────────────────────────────

export const RevocationListsView = Type.Object(
  {
    issuers: Type.Array(
      Type.Object(
        {
          crlName: Type.String(),
          subject: Type.String(),
          /** `<revocationListUrl>/crl/<crlName>/{shard}.crl` */
          urlPattern: Type.String(),
          lists: Count,
          entries: Count,
          oldestThisUpdate: nullable(Instant),
          earliestNextUpdate: nullable(Instant),
          /** Lists that wait to be signed again. */
          waiting: Count,
        },
        closed,
      ),
    ),
    /** Why lists could not be published, if so: a code of the table of problems. */
    problem: nullable(Type.String()),
  },
  closed,
)
export type RevocationListsView = Static<typeof RevocationListsView>

export const PurgeCertificateView = Type.Object(
  { statement: Type.String(), statementSha256: Sha256, confirmedAt: Instant },
  closed,
)
