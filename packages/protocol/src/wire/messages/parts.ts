import Type from 'typebox'
import { described } from '../../text/described.ts'

/** What several messages have in them. */

export const Text = (maxLength: number) => Type.String({ maxLength })

/** base64url of 16 to 32 random bytes. */
export const Nonce = described(
  'base64url of 16 to 32 random bytes.',
  Type.String({ pattern: '^[A-Za-z0-9_-]{22,43}$' }),
)

/** base64url of a SHA-256. */
export const Thumbprint = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })

export const CertificateChain = described(
  'The certificates, the device’s own first, each followed by the one that signed it; the root is not among them.',
  Type.Array(described('One certificate: standard base64 (with padding) of its DER.', Text(4096)), {
    minItems: 1,
    maxItems: 4,
  }),
)

/** RFC 2986. */
export const Csr = (challenge: string) =>
  described(
    `base64url of the DER of a PKCS#10 request (RFC 2986), signed by the new device key. Its challengePassword is ${challenge}; the server ignores its subject and its extensions.`,
    Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength: 4096 }),
  )

export const Time = Text(24)

/** What the technician may see: a short code that support can look up, and one sentence. */
export const ForTechnician = {
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
