import Type, { type Static, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { CommandReport } from '../domain/command-report.ts'
import { described } from '../text/described.ts'
import { DeviceFacts } from '../domain/device-facts.ts'
import { LEVELS } from '../domain/device-kinds.ts'
import { DEVICE_STATUSES } from '../domain/events.ts'
import { ROTATION_REASONS } from '../domain/key-lifecycle.ts'
import { SanadError } from '../text/problems.ts'

/**
 * What client and server say to each other: a closed list.
 *
 * MDS 0.9.5 › Management Client, 9 and 10: nothing here can ask for a capture, and no field can carry
 * biometric data. Unknown fields are refused, and their values are never logged.
 */

const closed = { additionalProperties: false } as const

const Text = (maxLength: number) => Type.String({ maxLength })

/** base64url of 16 to 32 random bytes. */
export const Nonce = described(
  'base64url of 16 to 32 random bytes.',
  Type.String({ pattern: '^[A-Za-z0-9_-]{22,43}$' }),
)

/** base64url of a SHA-256. */
const Thumbprint = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })

const CertificateChain = described(
  'The certificates, the device’s own first, each followed by the one that signed it; the root is not among them.',
  Type.Array(described('One certificate: standard base64 (with padding) of its DER.', Text(4096)), {
    minItems: 1,
    maxItems: 4,
  }),
)

const DeviceStatus = Type.Enum(DEVICE_STATUSES)

/** RFC 2986. */
const Csr = (challenge: string) =>
  described(
    `base64url of the DER of a PKCS#10 request (RFC 2986), signed by the new device key. Its challengePassword is ${challenge}; the server ignores its subject and its extensions.`,
    Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength: 4096 }),
  )

const Time = Text(24)

/** What remote maintenance needs to know of a device and its host; nothing of any transaction. */
export const DeviceInformation = Type.Object(
  {
    deviceStatus: described(
      'State of the device as its SBI tells it (`deviceStatus` of the device information).',
      DeviceStatus,
    ),
    certification: described('Level that the SBI tells.', Type.Enum(LEVELS)),
    firmware: described('Version of the device’s firmware, as the SBI tells it.', Text(64)),
    serviceVersion: described('Version of the SBI, as it tells it.', Text(64)),
    specVersions: described(
      'Versions of the MDS specification that the SBI speaks, as it tells them.',
      Type.Array(described('One version: `0.9.5`.', Text(16)), { maxItems: 8 }),
    ),
    purpose: described('`Auth` or `Registration`, as the SBI tells it.', Text(32)),
    env: described(
      'Environment that the SBI tells: `Staging`, `Developer`, `Pre-Production`, `Production`.',
      Text(32),
    ),
    clientVersion: described('Version of the management client.', Text(32)),
    operatingSystem: described('Name and version of the host’s system: `Debian 12`.', Text(64)),
  },
  closed,
)
export type DeviceInformation = Static<typeof DeviceInformation>

const RegistrationChallengeRequest = Type.Object({}, closed)
const RegistrationChallengeAnswer = Type.Object(
  {
    nonce: described('The challenge: the `nonce` of the registration, good once.', Nonce),
    expiresAt: described(
      'When the challenge expires: `YYYY-MM-DDTHH:mm:ss.sssZ`, by the server’s time.',
      Time,
    ),
  },
  closed,
)

const RegistrationRequest = Type.Object(
  {
    nonce: described('The challenge, from `registration-challenge-answer`.', Nonce),
    csr: Csr('the challenge'),
    level: described(
      'L1: a Foundational Trust Module holds the keys. L0: the host holds them.',
      Type.Enum(LEVELS),
    ),
    enrolmentSecret: described(
      'L0 only: the secret that was handed over with the device; good once.',
      Type.Optional(Type.String({ minLength: 16, maxLength: 128 })),
    ),
    recovers: described(
      'Only of a registered device whose certificate ended while it was offline: `x5t#S256` of that certificate.',
      Type.Optional(Thumbprint),
    ),
    deviceInformation: described('What the device and its host are.', DeviceInformation),
  },
  closed,
)

/** What the technician may see: a short code that support can look up, and one sentence. */
const ForTechnician = {
  supportCode: described(
    'Code for the technician to read out; support finds the attempt by it.',
    Type.String({ pattern: '^[A-Z0-9]{4}-[A-Z0-9]{4}$' }),
  ),
  sentence: described('One English sentence for the technician.', Text(200)),
  retryAfterSeconds: described(
    'Seconds until the client asks again, with a new message.',
    Type.Integer({ minimum: 1, maximum: 604_800 }),
  ),
}

const RegistrationAnswer = Type.Union([
  Type.Object(
    {
      outcome: described('The device is registered.', Type.Literal('registered')),
      certificateChain: CertificateChain,
      nextCheckInSeconds: described(
        'Seconds until the first check-in.',
        Type.Integer({ minimum: 1, maximum: 86_400 }),
      ),
    },
    closed,
  ),
  Type.Object(
    {
      outcome: described(
        'An operator decides; ask again with the same key.',
        Type.Literal('pending'),
      ),
      ...ForTechnician,
    },
    closed,
  ),
  Type.Object(
    {
      outcome: described(
        'The registration was refused; the code of the reason is shown to operators only.',
        Type.Literal('refused'),
      ),
      ...ForTechnician,
    },
    closed,
  ),
])
export type RegistrationAnswer = Static<typeof RegistrationAnswer>

/** MF §1.3, 26: the client reports the status of the certificate and of the device. */
const CheckInRequest = Type.Object(
  {
    deviceInformation: described('What the device and its host are.', DeviceInformation),
    installation: described(
      'base64url of 16 to 32 random bytes, made once when the client was installed: tells a device that moved to another host.',
      Nonce,
    ),
    certificateInUse: described(
      'Whether the SBI signs with the device’s certificate; `unknown` while the SBI does not answer.',
      Type.Enum(['yes', 'no', 'unknown']),
    ),
    facts: described(
      'Only the facts that changed since the last check-in that was answered.',
      Type.Optional(DeviceFacts),
    ),
  },
  closed,
)

/**
 * The order to rotate the key, of the shape of RFC 9773: a random instant between start and end is the
 * device’s to choose; at once when the end is past.
 */
export const RotationOrder = Type.Object(
  {
    start: described('Start of the window: `YYYY-MM-DDTHH:mm:ss.sssZ`.', Time),
    end: described('End of the window, in the same form.', Time),
    reason: described(
      '`scheduled`: the policy’s period is over. `certificate-ending`: the certificate ends sooner. `issuer-renewed`: the provider certificate ends and a longer one is there. `ordered`: by an operator.',
      Type.Enum(ROTATION_REASONS),
    ),
  },
  closed,
)
export type RotationOrder = Static<typeof RotationOrder>

const CheckInAnswer = Type.Object(
  {
    /** MDS 0.9.5 › Management Client, 5; MF §1.3, 26: the client asks at defined intervals. At most a day. */
    nextCheckInSeconds: described(
      'Seconds until the next check-in.',
      Type.Integer({ minimum: 1, maximum: 86_400 }),
    ),
    certificateNotAfter: described(
      'When the certificate that signed the check-in ends: `YYYY-MM-DDTHH:mm:ss.sssZ`.',
      Time,
    ),
    /** MDS 0.9.5 › Management Client, 5: all key rotations are triggered from the server. */
    rotation: described('When to rotate the key.', RotationOrder),
    longestOfflineSeconds: described(
      'Seconds without a check-in after which the device is not to be used.',
      Type.Integer({ minimum: 3600, maximum: 7_776_000 }),
    ),
    commandsWaiting: described(
      'Whether commands wait for the device: ask for them with `commands`.',
      Type.Boolean(),
    ),
  },
  closed,
)

/** What became of commands, and: are there more? */
const CommandsRequest = Type.Object(
  {
    highest: described(
      'Highest `number` of the commands that the device took so far; 0 before the first.',
      Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    ),
    reports: described(
      'What became of commands, the earliest first.',
      Type.Array(described('One report.', CommandReport), { maxItems: 8 }),
    ),
  },
  closed,
)
const CommandsAnswer = Type.Object(
  {
    commands: described(
      'The commands, to be obeyed in this order. The server has taken the reports of the question.',
      Type.Array(
        described(
          'One command: a compact JWS by the command key.',
          Type.String({ maxLength: 16_384 }),
        ),
        { maxItems: 4 },
      ),
    ),
    more: described('Whether more commands wait: ask again.', Type.Boolean()),
    checkInNow: described(
      'Whether to check in at once: an order to rotate the key waits, which only a check-in carries.',
      Type.Optional(Type.Boolean()),
    ),
  },
  closed,
)

/** Signed by the key that is to be replaced; the new key proves itself inside. */
const KeyRotationRequest = Type.Object(
  {
    csr: Csr('the text of `replaces`'),
    /** RFC 9773 §5. */
    replaces: described(
      '`x5t#S256` of the certificate in use, the one that signs this message.',
      Thumbprint,
    ),
  },
  closed,
)
const KeyRotationAnswer = Type.Union([
  Type.Object(
    {
      outcome: described('The new certificate was issued.', Type.Literal('issued')),
      certificateChain: CertificateChain,
    },
    closed,
  ),
  Type.Object(
    {
      outcome: described(
        'Not now: ask again in the window, and keep the key in use.',
        Type.Literal('postponed'),
      ),
      rotation: described('The new window.', RotationOrder),
    },
    closed,
  ),
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
    keyIds: described(
      'Every key that the device destroys, the one that signs this message among them.',
      Type.Array(
        described(
          'base64url of the SHA-256 of the DER SubjectPublicKeyInfo of one key.',
          Thumbprint,
        ),
        { minItems: 1, maxItems: 16 },
      ),
    ),
    order: described(
      'What ordered it: the `mid` of the device’s message that the server answered with a refusal, or the `id` of the command.',
      Text(64),
    ),
  },
  closed,
)
const KeyPurgeAnswer = Type.Object({}, closed)

/** The server understood who asks, and says no. */
const RefusalAnswer = Type.Object(
  { code: described('Why: one of the codes of docs/protocol.md.', Text(64)), ...ForTechnician },
  closed,
)

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

const MessageId = Type.String({ pattern: '^[A-Za-z0-9_-]{22}$' })
const MessageTime = Type.String({ minLength: 24, maxLength: 24 })
const Version = described('Version of the protocol.', Type.Literal(1))
const PublicKey = {
  kty: described('RFC 8037.', Type.Literal('OKP')),
  crv: described('The curve.', Type.Literal('X25519')),
  x: described(
    'base64url of the 32 bytes of the public key.',
    Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
  ),
}

/** What a signed message says of itself, around its body. */
const envelopeFields = (party: 'request' | 'answer') => ({
  v: Version,
  mid: described(
    'base64url of 128 random bits: names the message for replay protection and for its answer.',
    MessageId,
  ),
  /** MDS 0.9.5 › Management Client, 2.3: inside the signature. */
  ts: described(
    'When it was signed, by the signer’s trusted time: `YYYY-MM-DDTHH:mm:ss.sssZ`.',
    MessageTime,
  ),
  aud: described(
    party === 'request' ? 'The server’s id: `iss` of its statement.' : '`sub` of the request.',
    Text(400),
  ),
  /** MDS 0.9.5 › Management Client, 2.4: the signed digital ID, in both directions. */
  digitalId: described(
    party === 'request'
      ? 'The signed digital ID of the device: a compact JWS of its own.'
      : '`digitalId` of the request, unchanged.',
    Type.String({ maxLength: 16_384 }),
  ),
  type: described(
    party === 'request' ? 'Which message `body` is.' : 'Which answer `body` is.',
    Text(64),
  ),
  body: described('An object of the schema that `type` names.', Type.Unknown()),
})

export const RequestEnvelope = Type.Object(
  {
    ...envelopeFields('request'),
    seq: described(
      'Number of the message: higher with each message of a device, for ever.',
      Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    ),
    /** {@link deviceSubject} */
    sub: described(
      'The device: `make/model/serialNo` of its digital ID, each percent-encoded as encodeURIComponent does.',
      Text(400),
    ),
    replyTo: described(
      'The public half of a one-time key; the server encrypts the answer to it.',
      Type.Object(PublicKey, closed),
    ),
  },
  closed,
)
export type RequestEnvelope = Static<typeof RequestEnvelope>

export const AnswerEnvelope = Type.Object(
  {
    ...envelopeFields('answer'),
    iss: described('The id of the server that answers.', Text(128)),
    inReplyTo: described('`mid` of the request.', MessageId),
  },
  closed,
)
export type AnswerEnvelope = Static<typeof AnswerEnvelope>

/** The server's signed statement of who it is, what time it has, and which key to encrypt to. */
export const ServerStatement = Type.Object(
  {
    v: Version,
    iss: described('The id of the server: `aud` of every message to it.', Text(128)),
    nonce: described('`nonce` of the question.', Nonce),
    ts: described('When it was signed: `YYYY-MM-DDTHH:mm:ss.sssZ`.', MessageTime),
    time: described(
      'The server’s time; null while the server does not trust its clock.',
      Type.Union([
        Type.Object(
          {
            midpoint: described('Milliseconds since 1970-01-01T00:00:00Z.', Type.Integer()),
            radius: described(
              'How far off `midpoint` may be, milliseconds.',
              Type.Integer({ minimum: 0 }),
            ),
          },
          closed,
        ),
        Type.Null(),
      ]),
    ),
    encryptionKey: described(
      'The key that messages are encrypted to.',
      Type.Object(
        { kid: described('Its name: `kid` of the JWE header.', Text(64)), ...PublicKey },
        closed,
      ),
    ),
    notAfter: described('Until when the key may be used: `YYYY-MM-DDTHH:mm:ss.sssZ`.', MessageTime),
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
