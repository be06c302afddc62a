import Type, { type Static } from 'typebox'
import { Count, Instant, Sha256, Uuid, closed, nullable } from '../text/fields.ts'

/** What the trust stands on: the HSM and its keys, the provider certificates, the keys that answer devices. */

export const HsmKeyView = Type.Object(
  {
    purpose: Type.String(),
    label: Type.String(),
    /** SHA-256 of the SubjectPublicKeyInfo, hex. */
    id: Sha256,
    modulusBits: Count,
    /** Whether the token showed that the key cannot leave it. */
    isProven: Type.Boolean(),
    failures: Type.Array(Type.String()),
  },
  closed,
)
export type HsmKeyView = Static<typeof HsmKeyView>

export const ProviderCertificateView = Type.Object(
  {
    providerCertificateId: Uuid,
    country: Type.String(),
    environment: Type.String(),
    subject: Type.String(),
    issuer: Type.String(),
    notBefore: Instant,
    notAfter: Instant,
    thumbprintSha256: Type.String(),
    certificatePem: Type.String(),
    /** Its issuers, the nearest first and the country's root last. */
    issuerPems: Type.Array(Type.String(), { minItems: 1 }),
  },
  closed,
)
export type ProviderCertificateView = Static<typeof ProviderCertificateView>

export const TrustView = Type.Object(
  {
    serverId: Type.String(),
    organisation: Type.String(),
    mode: Type.Enum(['development', 'production']),
    hsm: Type.Object(
      {
        state: Type.String(),
        token: nullable(
          Type.Object(
            {
              label: Type.String(),
              manufacturer: Type.String(),
              model: Type.String(),
              serialNumber: Type.String(),
              firmwareVersion: Type.String(),
            },
            closed,
          ),
        ),
        /** `FIPS 140-3 Level 3, certificate 4321`, or null for a token without one. */
        fipsCertificate: nullable(Type.String()),
        queued: Count,
        sessions: Count,
        restarts: Count,
        since: Instant,
        keys: Type.Array(HsmKeyView),
      },
      closed,
    ),
    providerCertificates: Type.Array(ProviderCertificateView),
    managementRoot: Type.Object(
      { certificatePem: Type.String(), thumbprintSha256: Type.String(), notAfter: Instant },
      closed,
    ),
    responseKey: Type.Object(
      { notBefore: Instant, notAfter: Instant, thumbprintSha256: Type.String() },
      closed,
    ),
    tls: Type.Object({ notAfter: Instant, names: Type.Array(Type.String()) }, closed),
    /** The clock whose time devices trust. */
    clock: Type.Object(
      {
        state: Type.Enum(['trusted', 'assumed', 'untrusted']),
        source: Type.Enum(['chrony', 'kernel', 'none']),
        uncertaintyMs: nullable(Count),
        lastStepMs: nullable(Type.Integer()),
        measuredAt: Instant,
      },
      closed,
    ),
    database: Type.Object({ state: Type.Enum(['ready', 'unavailable']) }, closed),
    version: Type.String(),
  },
  closed,
)
export type TrustView = Static<typeof TrustView>
