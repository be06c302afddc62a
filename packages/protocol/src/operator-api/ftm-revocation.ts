import Type, { type Static } from 'typebox'
import { Count, Instant, Label, Sha256, closed, nullable } from '../text/fields.ts'

/** Whether FTM providers revoked the certificates of their chips: what is known, from where, and how far it decides. */

/**
 * What happens to the registration of a chip while no current list of its FTM provider says whether it was revoked:
 * it passes; it passes, and a finding says so; or it is refused until there is a list. A chip that stands on the list
 * that is kept is refused always, however old the list is.
 */
export const REVOCATION_POLICIES = ['ignore', 'warn', 'refuse'] as const
export type RevocationPolicy = (typeof REVOCATION_POLICIES)[number]

/**
 * MDS 0.9.5 asks no FTM provider for a list, so `refuse` would keep all devices of a provider out that publishes
 * none; `ignore` would hide that nothing is asked.
 */
export const DEFAULT_REVOCATION_POLICY: RevocationPolicy = 'warn'

/** Bytes of a list as it is imported or fetched: 200,000 entries of the longest form, in PEM. */
export const LARGEST_FTM_LIST = 16 * 1024 * 1024

/** How a list is sent: DER, or PEM with the certificates of its issuer behind it. The server looks which it is. */
export const FTM_LIST_TYPE = 'application/pkix-crl'
/** How programs also name such a file. */
export const OTHER_FTM_LIST_TYPES = ['application/x-pem-file', 'application/octet-stream'] as const

/** `http` or `https`: the list proves itself, by the signature of its issuer. */
const ListUrl = Type.String({
  minLength: 10,
  maxLength: 1024,
  pattern: '^https?://[\\x21-\\x7e]+$',
})

export const SetFtmRevocation = Type.Object(
  { revocationPolicy: Type.Enum(REVOCATION_POLICIES), url: nullable(ListUrl) },
  closed,
)
export type SetFtmRevocation = Static<typeof SetFtmRevocation>

/** The newest list of one issuer: the FTM provider itself, or an authority below it. */
export const FtmListView = Type.Object(
  {
    /** Its name, for people. */
    issuer: Type.String(),
    /** SHA-256 of the list, DER. */
    sha256: Sha256,
    crlNumber: Type.String(),
    thisUpdate: Instant,
    nextUpdate: Instant,
    revoked: Count,
    source: Type.Enum(['imported', 'fetched']),
    /** The operator who imported it; null where it was fetched. */
    importedBy: nullable(Type.String()),
    /** Where it was fetched from; null where it was imported. */
    url: nullable(Type.String()),
    takenAt: Instant,
  },
  closed,
)
export type FtmListView = Static<typeof FtmListView>

export const FtmRevocationView = Type.Object(
  {
    revocationPolicy: Type.Enum(REVOCATION_POLICIES),
    /** `none`: an issuer of chips has no list. `stale`: one list is past its next update, and past the grace. */
    status: Type.Enum(['none', 'current', 'stale']),
    /** The earliest next update of all lists; null where there is none. */
    until: nullable(Instant),
    /** Authorities whose chips or authorities were registered, and of which no list is kept. */
    issuersWithoutList: Type.Array(Type.String()),
    lists: Type.Array(FtmListView),
    url: nullable(Type.String()),
    fetchedAt: nullable(Instant),
    failure: nullable(
      Type.Object({ at: Instant, code: Type.String(), detail: nullable(Label) }, closed),
    ),
  },
  closed,
)
export type FtmRevocationView = Static<typeof FtmRevocationView>
