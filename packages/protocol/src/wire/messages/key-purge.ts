import Type from 'typebox'
import { described } from '../../text/described.ts'
import { closed } from '../../text/fields.ts'
import { Text, Thumbprint } from './parts.ts'

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
export const KeyPurgeRequest = Type.Object(
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
export const KeyPurgeAnswer = Type.Object({}, closed)
