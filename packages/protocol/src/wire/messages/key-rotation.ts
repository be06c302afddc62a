import Type, { type Static } from 'typebox'
import { described } from '../../text/described.ts'
import { closed } from '../../text/fields.ts'
import { CertificateChain, Csr, Thumbprint } from './parts.ts'
import { RotationOrder } from './rotation-order.ts'

/** Signed by the key that is to be replaced; the new key proves itself inside. */
export const KeyRotationRequest = Type.Object(
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
export const KeyRotationAnswer = Type.Union([
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
