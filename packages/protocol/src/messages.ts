import Type, { type Static, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { CommandReport } from './commands.ts'
import { DeviceFacts } from './device-facts.ts'
import { LEVELS } from './digital-id.ts'
import { DEVICE_STATUSES } from './events.ts'
import { ROTATION_REASONS } from './key-lifecycle.ts'
import { SanadError } from './problems.ts'

/**
 * What client and server say to each other: a closed list.
 *
 * MDS 0.9.5 › Management Client, 9 and 10: nothing here can ask for a capture, and no field can carry
 * biometric data. Unknown fields are refused, and their values are never logged.
 */

const closed = { additionalProperties: false } as const

const Text = (maxLength: number) => Type.String({ maxLength })

/** base64url of 16 to 32 random bytes. */
export const Nonce = Type.String({ pattern: '^[A-Za-z0-9_-]{22,43}$' })

/** base64url of a SHA-256. */
const Thumbprint = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })

/** base64 DER, the device's certificate first. */
const CertificateChain = Type.Array(Text(4096), { minItems: 1, maxItems: 4 })

const DeviceStatus = Type.Enum(DEVICE_STATUSES)

/** What remote maintenance needs to know of a device and its host; nothing of any transaction. */
export const DeviceInformation = Type.Object(
  {
    deviceStatus: DeviceStatus,
    certification: Type.Enum(LEVELS),
    firmware: Text(64),
    serviceVersion: Text(64),
    specVersions: Type.Array(Text(16), { maxItems: 8 }),
    purpose: Text(32),
    env: Text(32),
    clientVersion: Text(32),
    operatingSystem: Text(64),
  },
  closed,
)
export type DeviceInformation = Static<typeof DeviceInformation>

const RegistrationChallengeRequest = Type.Object({}, closed)
const RegistrationChallengeAnswer = Type.Object({ nonce: Nonce, expiresAt: Text(24) }, closed)

const RegistrationRequest = Type.Object(
  {
    nonce: Nonce,
    /** base64url of a DER PKCS#10 request, signed by the new device key, the nonce as challengePassword. */
    csr: Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength: 4096 }),
    level: Type.Enum(LEVELS),
    /** L0 only: handed over with the device, good once. */
    enrolmentSecret: Type.Optional(Type.String({ minLength: 16, maxLength: 128 })),
    /**
     * A registered device that was offline past the end of its certificate asks for a new one, and names the
     * old: `x5t#S256`.
     */
    recovers: Type.Optional(Thumbprint),
    deviceInformation: DeviceInformation,
  },
  closed,
)

/** What the technician may see: a short code that support can look up, and one sentence. */
const ForTechnician = {
  supportCode: Type.String({ pattern: '^[A-Z0-9]{4}-[A-Z0-9]{4}$' }),
  sentence: Text(200),
  retryAfterSeconds: Type.Integer({ minimum: 1, maximum: 604_800 }),
}

const RegistrationAnswer = Type.Union([
  Type.Object(
    {
      outcome: Type.Literal('registered'),
      certificateChain: CertificateChain,
      nextCheckInSeconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
    },
    closed,
  ),
  Type.Object({ outcome: Type.Literal('pending'), ...ForTechnician }, closed),
  Type.Object({ outcome: Type.Literal('refused'), ...ForTechnician }, closed),
])
export type RegistrationAnswer = Static<typeof RegistrationAnswer>

/** MF §1.3 item 26: the client reports the status of the certificate and of the device. */
const CheckInRequest = Type.Object(
  {
    deviceInformation: DeviceInformation,
    /** Random, made when the client was installed: tells a device that moved to another host. */
    installation: Nonce,
    /** Whether the SBI signs with the certificate on record; `unknown` while it does not answer. */
    certificateInUse: Type.Enum(['yes', 'no', 'unknown']),
    /** Only what changed since the last check-in that was answered. */
    facts: Type.Optional(DeviceFacts),
  },
  closed,
)

/**
 * The order to rotate the key, of the shape of RFC 9773: a random instant between start and end is the
 * device’s to choose; at once when the end is past.
 */
export const RotationOrder = Type.Object(
  {
    start: Text(24),
    end: Text(24),
    reason: Type.Enum(ROTATION_REASONS),
  },
  closed,
)
export type RotationOrder = Static<typeof RotationOrder>

const CheckInAnswer = Type.Object(
  {
    /** MDS 0.9.5 › Management Client, 5; MF §1.3 item 26: the client asks at defined intervals. At most a day. */
    nextCheckInSeconds: Type.Integer({ minimum: 1, maximum: 86_400 }),
    certificateNotAfter: Text(24),
    /** MDS 0.9.5 › Management Client, 5: all key rotations are triggered from the server. */
    rotation: RotationOrder,
    /** Without a check-in for so long, the device is not to be used. */
    longestOfflineSeconds: Type.Integer({ minimum: 3600, maximum: 7_776_000 }),
    /** Ask for them with `commands`. */
    commandsWaiting: Type.Boolean(),
  },
  closed,
)

/** What became of commands, and: are there more? */
const CommandsRequest = Type.Object(
  {
    /** Of the commands obeyed so far; the server numbers on from there. */
    highest: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    reports: Type.Array(CommandReport, { maxItems: 8 }),
  },
  closed,
)
const CommandsAnswer = Type.Object(
  {
    /** Each a JWS by the command key, to be obeyed in this order. The reports of the question are taken. */
    commands: Type.Array(Type.String({ maxLength: 16_384 }), { maxItems: 4 }),
    more: Type.Boolean(),
  },
  closed,
)

/** Signed by the key that is to be replaced; the new key proves itself inside. */
const KeyRotationRequest = Type.Object(
  {
    /** base64url DER PKCS#10 by the new key; the replaced certificate’s `x5t#S256` as challengePassword. */
    csr: Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength: 4096 }),
    /** `x5t#S256` of the certificate that is replaced (RFC 9773 §5). */
    replaces: Thumbprint,
  },
  closed,
)
const KeyRotationAnswer = Type.Union([
  Type.Object({ outcome: Type.Literal('issued'), certificateChain: CertificateChain }, closed),
  /** Not now: ask again in the window. The key in use goes on. */
  Type.Object({ outcome: Type.Literal('postponed'), rotation: RotationOrder }, closed),
])
export type KeyRotationAnswer = Static<typeof KeyRotationAnswer>

/**
 * A refusal with one of these is an order: the registration has ended, and the device destroys its keys (MDS 0.9.5 ›
 * Management Server Functionalities and Interactions, 4.1).
 */
export const PURGE_ORDERS: ReadonlySet<string> = new Set([
  'registration.device-deregistered',
  'registration.device-blocked',
])

/**
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 4: the purge certificate. Signed with the
 * key that is destroyed before this is sent; so it may arrive late, and is the last message of its key.
 */
const KeyPurgeRequest = Type.Object(
  {
    /** base64url of the SHA-256 of the SubjectPublicKeyInfo of each key that was destroyed. */
    keyIds: Type.Array(Thumbprint, { minItems: 1, maxItems: 16 }),
    /** The `mid` of the message that was answered by the order. */
    order: Text(64),
  },
  closed,
)
const KeyPurgeAnswer = Type.Object({}, closed)

/** The server understood who asks, and says no. */
const RefusalAnswer = Type.Object({ code: Text(64), ...ForTechnician }, closed)

/** Requests by type, with the schema of their body. */
export const REQUESTS = {
  'registration-challenge': RegistrationChallengeRequest,
  registration: RegistrationRequest,
  'check-in': CheckInRequest,
  'key-rotation': KeyRotationRequest,
  'key-purge': KeyPurgeRequest,
  commands: CommandsRequest,
} as const
export type RequestType = keyof typeof REQUESTS
export type RequestBody<T extends RequestType> = Static<(typeof REQUESTS)[T]>

/** May arrive long after they were made: the key that signed them is gone, so no other can be made. */
export const LONG_LIVED: ReadonlySet<RequestType> = new Set(['key-purge'])

/** Answers by type. */
export const ANSWERS = {
  'registration-challenge-answer': RegistrationChallengeAnswer,
  'registration-answer': RegistrationAnswer,
  'check-in-answer': CheckInAnswer,
  'key-rotation-answer': KeyRotationAnswer,
  'key-purge-answer': KeyPurgeAnswer,
  'commands-answer': CommandsAnswer,
  refusal: RefusalAnswer,
} as const
export type AnswerType = keyof typeof ANSWERS
export type AnswerBody<T extends AnswerType> = Static<(typeof ANSWERS)[T]>

export const isRequestType = (text: string): text is RequestType => Object.hasOwn(REQUESTS, text)
export const isAnswerType = (text: string): text is AnswerType => Object.hasOwn(ANSWERS, text)

/** What a signed message says of itself, around its body. */
const ENVELOPE_FIELDS = {
  v: Type.Literal(1),
  /** 128 random bits, base64url: names the message for replay protection and for its answer. */
  mid: Type.String({ pattern: '^[A-Za-z0-9_-]{22}$' }),
  /** MDS 0.9.5 › Management Client, 2.3: ISO time to the millisecond, inside the signature. */
  ts: Type.String({ minLength: 24, maxLength: 24 }),
  aud: Text(400),
  /** MDS 0.9.5 › Management Client, 2.4: the signed digital ID, in both directions. A compact JWS. */
  digitalId: Type.String({ maxLength: 16_384 }),
  type: Text(64),
  body: Type.Unknown(),
}

export const RequestEnvelope = Type.Object(
  {
    ...ENVELOPE_FIELDS,
    /** Grows with each message of a device, for ever. */
    seq: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    /** make/model/serialNo of the sender: {@link deviceSubject}. */
    sub: Text(400),
    /** The one-time key that the answer is encrypted to. */
    replyTo: Type.Object(
      {
        kty: Type.Literal('OKP'),
        crv: Type.Literal('X25519'),
        x: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
      },
      closed,
    ),
  },
  closed,
)
export type RequestEnvelope = Static<typeof RequestEnvelope>

export const AnswerEnvelope = Type.Object(
  {
    ...ENVELOPE_FIELDS,
    /** The server that answers. */
    iss: Text(128),
    /** `mid` of the request. */
    inReplyTo: Type.String({ pattern: '^[A-Za-z0-9_-]{22}$' }),
  },
  closed,
)
export type AnswerEnvelope = Static<typeof AnswerEnvelope>

/** The server's signed statement of who it is, what time it has, and which key to encrypt to. */
export const ServerStatement = Type.Object(
  {
    v: Type.Literal(1),
    iss: Text(128),
    nonce: Nonce,
    ts: Type.String({ minLength: 24, maxLength: 24 }),
    /** Milliseconds since the epoch, and how far off they may be; null while the server’s clock is not trusted. */
    time: Type.Union([
      Type.Object({ midpoint: Type.Integer(), radius: Type.Integer({ minimum: 0 }) }, closed),
      Type.Null(),
    ]),
    encryptionKey: Type.Object(
      {
        kid: Text(64),
        kty: Type.Literal('OKP'),
        crv: Type.Literal('X25519'),
        x: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
      },
      closed,
    ),
    notAfter: Type.String({ minLength: 24, maxLength: 24 }),
  },
  closed,
)
export type ServerStatement = Static<typeof ServerStatement>

type Reader<T> = (value: unknown) => T

function makeReader<S extends TSchema>(schema: S): Reader<Static<S>> {
  const check = Compile(schema)
  return (value) => {
    // Only that it does not fit: the value may hold what must not be logged.
    if (!check.Check(value)) throw new SanadError('message.body-refused')
    return value as Static<S>
  }
}

export const readRequestEnvelope = makeReader(RequestEnvelope)
export const readAnswerEnvelope = makeReader(AnswerEnvelope)
export const readServerStatement = makeReader(ServerStatement)

const requestReaders = Object.fromEntries(
  Object.entries(REQUESTS).map(([type, schema]) => [type, makeReader(schema)]),
)
const answerReaders = Object.fromEntries(
  Object.entries(ANSWERS).map(([type, schema]) => [type, makeReader(schema)]),
)

/** @throws SanadError `message.body-refused` */
export function readRequestBody<T extends RequestType>(type: T, body: unknown): RequestBody<T> {
  return (requestReaders[type] as Reader<RequestBody<T>>)(body)
}

/** @throws SanadError `message.body-refused` */
export function readAnswerBody<T extends AnswerType>(type: T, body: unknown): AnswerBody<T> {
  return (answerReaders[type] as Reader<AnswerBody<T>>)(body)
}
