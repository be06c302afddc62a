import Type, { type Static } from 'typebox'
import { Instant, Label, Sha256, Uuid, closed } from '../text/fields.ts'

/** RFC 7468: ASCII, in lines. */
const Pem = Type.String({
  minLength: 64,
  maxLength: 16_384,
  pattern: '^[\\t\\n\\r\\x20-\\x7e]+$',
})

export const NewFtmProvider = Type.Object({ name: Label, certificatePem: Pem }, closed)
export type NewFtmProvider = Static<typeof NewFtmProvider>

export const FtmProviderView = Type.Object(
  {
    ftmProviderId: Uuid,
    name: Label,
    subject: Type.String(),
    certificateSha256: Sha256,
    certificatePem: Pem,
    notBefore: Instant,
    notAfter: Instant,
    state: Type.Enum(['trusted', 'retired']),
    addedAt: Instant,
    retiredAt: Type.Union([Instant, Type.Null()]),
  },
  closed,
)
export type FtmProviderView = Static<typeof FtmProviderView>

export const FtmProviderList = Type.Object({ items: Type.Array(FtmProviderView) }, closed)
