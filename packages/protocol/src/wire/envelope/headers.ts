import Type, { type TSchema } from 'typebox'
import { COMMAND_TYP } from '../../domain/commands.ts'
import { described } from '../../text/described.ts'
import { ANSWER_TYP } from './answer.ts'
import { REGISTRATION_TYP, REQUEST_TYP } from './request.ts'
import { SERVER_STATEMENT_TYP } from './server-statement.ts'

/** The JOSE headers of everything that is signed or encrypted: exactly these members, one more is refused. */

const closed = { additionalProperties: false } as const

const x5c = (text: string, maxItems: number) =>
  described(
    text,
    Type.Array(
      described(
        'One certificate: standard base64 (with padding) of its DER.',
        Type.String({ maxLength: 4096 }),
      ),
      { minItems: 1, maxItems },
    ),
  )

const header = (algorithm: 'RS256' | 'EdDSA', typ: string, key: Record<string, TSchema>) =>
  Type.Object(
    {
      alg: described('The algorithm of the signer’s key.', Type.Literal(algorithm)),
      typ: described('What is signed (RFC 8725 §3.11).', Type.Literal(typ)),
      ...key,
    },
    closed,
  )

const ONE = 'The certificate of the key, and none above it: it chains to the management root.'

export const HEADERS = {
  'encryption-header': Type.Object(
    {
      alg: described('Direct key agreement (RFC 7518 §4.6).', Type.Literal('ECDH-ES')),
      enc: described('Encryption of the content.', Type.Literal('A256GCM')),
      cty: described('What is encrypted: a compact JWS.', Type.Literal('JWT')),
      kid: described(
        'Of a request: `encryptionKey.kid` of the server statement. Of an answer: `mid` of the request.',
        Type.String({ maxLength: 64 }),
      ),
      epk: described(
        'The ephemeral public key of the sender, new for each message.',
        Type.Object(
          {
            kty: described('RFC 8037.', Type.Literal('OKP')),
            crv: described('The curve.', Type.Literal('X25519')),
            x: described(
              'base64url of the 32 bytes of the public key.',
              Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
            ),
          },
          closed,
        ),
      ),
    },
    closed,
  ),
  'registration-header': header('RS256', REGISTRATION_TYP, {
    x5c: x5c(
      'L1: the chain of the FTM chip, the chip’s certificate first, without the root. L0: one self-signed certificate of the new device key.',
      4,
    ),
  }),
  'request-header': header('RS256', REQUEST_TYP, {
    'x5t#S256': described(
      'base64url of the SHA-256 of the DER of the device certificate whose key signs.',
      Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
    ),
  }),
  'answer-header': header('EdDSA', ANSWER_TYP, { x5c: x5c(ONE, 4) }),
  'server-statement-header': header('EdDSA', SERVER_STATEMENT_TYP, { x5c: x5c(ONE, 4) }),
  'command-header': header('RS256', COMMAND_TYP, { x5c: x5c(ONE, 4) }),
  'digital-id-header': header('RS256', 'JWT', {
    x5c: x5c(
      'L1: the chain of the FTM chip. L0, while registering: the self-signed certificate of the device key; afterwards: the device certificate alone.',
      4,
    ),
  }),
} as const
