import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { DEVICE_TYPES, LEVELS } from '@sanad/protocol/digital-id'
import { REQUESTS, type RequestType } from '@sanad/protocol/messages'

/** All that the client must not forget about one device. Times are trusted time, milliseconds since the epoch. */

const closed = { additionalProperties: false } as const
const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength })
const Instant = Type.Integer({ minimum: 0 })
const Base64 = Type.String({ pattern: '^[A-Za-z0-9+/]+=*$', maxLength: 8192 })

/** A message on its way: kept until its answer is here, and sent again byte for byte. */
export const PendingRequest = Type.Object(
  {
    type: Type.Enum(Object.keys(REQUESTS) as RequestType[]),
    text: Type.String({ maxLength: 65_536 }),
    mid: Text(64),
    subject: Text(512),
    signedDigitalId: Type.String({ maxLength: 16_384 }),
    /** PKCS#8 of the one-time X25519 key, which opens this one answer. */
    replyKey: Base64,
    madeAt: Instant,
  },
  closed,
)
export type PendingRequest = Static<typeof PendingRequest>

/** What the server said, under its signature, that the technician should know. */
const Hold = Type.Object(
  {
    outcome: Type.Enum(['pending', 'refused']),
    supportCode: Text(16),
    sentence: Type.String({ maxLength: 200 }),
    until: Instant,
  },
  closed,
)
export type Hold = Static<typeof Hold>

/**
 * How far the device has come: `identified` (no key yet), `key-made`, `certified` (certificate here, not yet
 * installed), `registered`, `key-discarded` (the key is to be destroyed; then `identified` again).
 */
export const PROGRESS = [
  'identified',
  'key-made',
  'certified',
  'registered',
  'key-discarded',
] as const
export type Progress = (typeof PROGRESS)[number]

export const DeviceState = Type.Object(
  {
    v: Type.Literal(1),
    identity: Type.Object(
      {
        serialNo: Text(64),
        make: Text(128),
        model: Text(128),
        type: Type.Enum(DEVICE_TYPES),
        deviceSubType: Text(128),
        deviceProvider: Text(128),
        deviceProviderId: Text(128),
      },
      closed,
    ),
    level: Type.Enum(LEVELS),
    progress: Type.Enum(PROGRESS),
    /** The number of the last message that was made. */
    sequence: Instant,
    key: Type.Optional(
      Type.Object({ keyId: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }), spki: Base64 }, closed),
    ),
    challenge: Type.Optional(Type.Object({ nonce: Text(64), expiresAt: Instant }, closed)),
    pending: Type.Optional(PendingRequest),
    hold: Type.Optional(Hold),
    /** base64 DER, leaf first. */
    certificates: Type.Optional(Type.Array(Base64, { minItems: 1, maxItems: 4 })),
    lastCheckInAt: Type.Optional(Instant),
    nextCheckInAt: Type.Optional(Instant),
    /** Check-ins in a row that the server did not recognise. */
    unrecognised: Type.Optional(Instant),
    /** Asking again for a certificate that the device should have already; how often that was refused. */
    reclaim: Type.Optional(Type.Object({ refusals: Instant }, closed)),
  },
  closed,
)
export type DeviceState = Static<typeof DeviceState>

const stateCheck = Compile(DeviceState)

/** Whether the parts of a state fit together; `undefined` when the value is not a state. */
export function readDeviceState(value: unknown): DeviceState | undefined {
  if (!stateCheck.Check(value)) return undefined
  const needsKey = value.progress !== 'identified'
  const needsCertificates = value.progress === 'certified' || value.progress === 'registered'
  if (needsKey !== (value.key !== undefined)) return undefined
  if (needsCertificates && value.certificates === undefined) return undefined
  return value
}

/** The same state without some members: what `exactOptionalPropertyTypes` asks for instead of `undefined`. */
export function without<K extends keyof DeviceState>(
  state: DeviceState,
  ...members: readonly K[]
): Omit<DeviceState, K> {
  const rest: Partial<DeviceState> = { ...state }
  for (const member of members) delete rest[member]
  return rest as Omit<DeviceState, K>
}
