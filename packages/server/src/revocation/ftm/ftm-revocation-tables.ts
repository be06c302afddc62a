import type { RevocationPolicy } from '@sanad/protocol/operator-api/ftm-revocation'
import type { ColumnType } from 'kysely'

interface FtmRevocationTermsTable {
  readonly ftm_provider_id: string
  readonly revocation_policy: RevocationPolicy
  readonly url: string | null
  readonly fetched_at: ColumnType<Date | null, Date | null | undefined, Date | null>
  readonly failed_at: ColumnType<Date | null, Date | null | undefined, Date | null>
  readonly failure_code: ColumnType<string | null, string | null | undefined, string | null>
  readonly failure_detail: ColumnType<string | null, string | null | undefined, string | null>
}

export interface FtmRevocationListTable {
  readonly ftm_provider_id: string
  readonly issuer_key: Uint8Array
  readonly issuer: string
  /** Decimal. */
  readonly crl_number: string
  readonly this_update: Date
  readonly next_update: Date
  readonly revoked: number
  readonly sha256: Uint8Array
  readonly source: 'imported' | 'fetched'
  readonly imported_by: string | null
  readonly url: string | null
  readonly taken_at: Date
}

interface FtmRevokedCertificateTable {
  readonly ftm_provider_id: string
  readonly issuer_key: Uint8Array
  readonly serial_number: Uint8Array
  readonly revoked_at: Date
  readonly reason: number | null
}

interface FtmAuthorityTable {
  readonly ftm_provider_id: string
  readonly certificate_sha256: Uint8Array
  readonly certificate: Uint8Array
  readonly subject: string
  readonly authority_key: Uint8Array
  readonly issuer_key: Uint8Array
  readonly serial_number: Uint8Array
  readonly issuer_sha256: Uint8Array | null
}

interface FtmChipTable {
  readonly ftm_certificate_sha256: Uint8Array
  readonly ftm_provider_id: string
  readonly issuer_key: Uint8Array
  readonly serial_number: Uint8Array
  readonly issuer_sha256: Uint8Array | null
}

declare module '../../platform/database.ts' {
  interface Tables {
    readonly ftm_revocation_terms: FtmRevocationTermsTable
    readonly ftm_revocation_list: FtmRevocationListTable
    readonly ftm_revoked_certificate: FtmRevokedCertificateTable
    readonly ftm_authority: FtmAuthorityTable
    readonly ftm_chip: FtmChipTable
  }
}
