import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { DEVICE_TYPES, LEVELS } from '@sanad/protocol/domain/device-kinds'
import { ROTATION_REASONS } from '@sanad/protocol/domain/key-lifecycle'
import { REQUESTS, type RequestType } from '@sanad/protocol/wire/messages'
import { HeldCommands } from './held-commands.ts'
import { KnownFacts } from './known-facts.ts'

/** All that the client must remember about one device. Times are trusted time, milliseconds since the epoch. */

const closed = { additionalProperties: false } as const
const Text = (maxLength: number) => Type.String({ minLength: 1, maxLength })
const Instant = Type.Integer({ minimum: 0 })
const Base64 = Type.String({ pattern: '^[A-Za-z0-9+/]+=*$', maxLength: 8192 })

/** base64url of the SHA-256 of the SubjectPublicKeyInfo. */
const KeyId = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })
/** base64 DER, leaf first. */
const Certificates = Type.Array(Base64, { minItems: 1, maxItems: 4 })

/** What an answer is checked against and opened with. */
const ANSWERABLE = {
  mid: Text(64),
  subject: Text(512),
  signedDigitalId: Type.String({ maxLength: 16_384 }),
  /** PKCS#8 of the one-time X25519 key, which opens this one answer. */
  replyKey: Base64,
  madeAt: Instant,
}

/** A message on its way: kept until its answer is here, and sent again byte for byte. */
export const PendingRequest = Type.Object(
  {
    type: Type.Enum(Object.keys(REQUESTS) as RequestType[]),
    text: Type.String({ maxLength: 65_536 }),
    ...ANSWERABLE,
  },
  closed,
)
export type PendingRequest = Static<typeof PendingRequest>

/**
 * The purge certificate: signed by a key that is gone since, so it cannot be made again. It is not encrypted
 * here, because the server’s key may be another one each time it goes out.
 */
const Purge = Type.Object(
  {
    jws: Type.String({ maxLength: 65_536 }),
    ...ANSWERABLE,
    /** It was not accepted; do not send it again before this time. */
    notBefore: Type.Optional(Instant),
  },
  closed,
)
export type Purge = Static<typeof Purge>

/** When the key is to be replaced. */
const Rotation = Type.Object(
  {
    start: Instant,
    end: Instant,
    reason: Type.Enum(ROTATION_REASONS),
    /** Drawn from the window once; later when the server postponed or refused. */
    at: Instant,
    /** Why the server refused the successors so far. */
    trouble: Type.Optional(
      Type.Object(
        { refusals: Instant, supportCode: Text(16), sentence: Type.String({ maxLength: 200 }) },
        closed,
      ),
    ),
  },
  closed,
)
export type Rotation = Static<typeof Rotation>

/** The key that will replace the one in use; pending in the key store. */
const Successor = Type.Object(
  {
    keyId: KeyId,
    spki: Base64,
    stage: Type.Enum(['key-made', 'certified']),
    certificates: Type.Optional(Certificates),
  },
  closed,
)
export type Successor = Static<typeof Successor>

/** A signed answer of the server that the technician should know about. */
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
 * installed), `registered`, `purge-ordered` (the purge certificate is to be signed), `key-discarded` (the keys
 * are to be destroyed; then `identified` again).
 */
export const PROGRESS = [
  'identified',
  'key-made',
  'certified',
  'registered',
  'purge-ordered',
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
    /** The key in use, or the first one while it is being certified. */
    key: Type.Optional(Type.Object({ keyId: KeyId, spki: Base64 }, closed)),
    challenge: Type.Optional(Type.Object({ nonce: Text(64), expiresAt: Instant }, closed)),
    pending: Type.Optional(PendingRequest),
    hold: Type.Optional(Hold),
    certificates: Type.Optional(Certificates),
    /** End of the first of them. */
    certificateNotAfter: Type.Optional(Instant),
    rotation: Type.Optional(Rotation),
    successor: Type.Optional(Successor),
    /** The key that was in use before, until the server has seen the one in use now. */
    superseded: Type.Optional(KeyId),
    /** Keys that are to be destroyed. */
    doomed: Type.Optional(Type.Array(KeyId, { maxItems: 16 })),
    /** The certificate is past its end: the successor is asked for as a registered device that comes back. */
    recovery: Type.Optional(Type.Object({}, closed)),
    /** The message that was answered by the order to destroy the keys. */
    purgeOrder: Type.Optional(Text(64)),
    purge: Type.Optional(Purge),
    /** Why the client destroyed the keys without one: no server accepts a signature of an expired certificate. */
    unsignedPurge: Type.Optional(Type.Literal('certificate-over')),
    /** After this long without a check-in the device is not to be used. */
    longestOfflineSeconds: Type.Optional(Instant),
    /** Era of the clock when the waits began (`TimeFloor.era`); 0 when left out. */
    era: Type.Optional(Instant),
    lastCheckInAt: Type.Optional(Instant),
    nextCheckInAt: Type.Optional(Instant),
    /** Check-ins in a row that the server did not recognise. */
    unrecognised: Type.Optional(Instant),
    /** Asking again for a certificate that the device should have already; how often that was refused. */
    reclaim: Type.Optional(Type.Object({ refusals: Instant }, closed)),
    commands: Type.Optional(HeldCommands),
    facts: Type.Optional(KnownFacts),
  },
  closed,
)
export type DeviceState = Static<typeof DeviceState>

const NEED_CERTIFICATES: ReadonlySet<Progress> = new Set([
  'certified',
  'registered',
  'purge-ordered',
])

const stateCheck = Compile(DeviceState)

/** Whether the parts of a state fit together; `undefined` when the value is not a state. */
export function readDeviceState(value: unknown): DeviceState | undefined {
  if (!stateCheck.Check(value)) return undefined
  const needsKey = value.progress !== 'identified'
  if (needsKey !== (value.key !== undefined)) return undefined
  if (NEED_CERTIFICATES.has(value.progress) && value.certificates === undefined) return undefined
  const { successor } = value
  if (successor?.stage === 'certified' && successor.certificates === undefined) return undefined
  if (value.progress === 'purge-ordered' && value.purgeOrder === undefined) return undefined
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

/** Every key that the state knows of. */
export function listNamedKeys(state: DeviceState): string[] {
  const { key, successor, superseded, doomed = [] } = state
  const named = [key?.keyId, successor?.keyId, superseded, ...doomed]
  return [...new Set(named.filter((keyId) => keyId !== undefined))]
}

/** Marks keys to be destroyed. */
export const doom = (state: DeviceState, ...keyIds: readonly string[]): DeviceState => ({
  ...state,
  doomed: [...new Set([...(state.doomed ?? []), ...keyIds])],
})
