import Type, { type Static } from 'typebox'
import { described } from '../text/described.ts'
import { closed } from '../text/fields.ts'
import { Nonce, Text } from './messages/parts.ts'
import { makeReader } from './reader.ts'

/** What is around the body of a message, and the statement of the server that comes before the first. */

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

export const readRequestEnvelope = makeReader(RequestEnvelope)
export const readAnswerEnvelope = makeReader(AnswerEnvelope)
export const readServerStatement = makeReader(ServerStatement)
