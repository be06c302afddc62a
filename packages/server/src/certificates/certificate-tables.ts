import type { IssuancePurpose, KeyState } from '@sanad/protocol/domain/key-lifecycle'
import type { Generated } from 'kysely'

export interface ProviderCertificateTable {
  readonly id: string
  readonly country: string
  readonly environment: string
  readonly thumbprint_sha256: string
  readonly hsm_key_id: string
  readonly crl_name: string
  readonly organisation: string
  readonly not_before: Date
  readonly not_after: Date
  readonly der: Uint8Array
  readonly issuers: readonly Uint8Array[]
  readonly state: 'active' | 'retired'
  readonly imported_at: Date
}

export interface CertificateIntentTable {
  readonly serial_number: string
  readonly device_id: string
  readonly spki_sha256: string
  readonly provider_certificate_id: string
  readonly state: 'planned' | 'issued' | 'abandoned'
  readonly planned_at: Date
  readonly settled_at: Date | null
  readonly tbs: Uint8Array | null
  readonly common_name: string
  readonly crl_shard: number
  readonly crl_url: string
  readonly not_before: Date
  readonly not_after: Date
  readonly previous_not_before: Date | null
  readonly purpose: Generated<IssuancePurpose>
  readonly replaces: Generated<string | null>
}

export type DeviceCertificateStatus = KeyState

export interface DeviceCertificateTable {
  /** base64url, as in `x5t#S256`. */
  readonly thumbprint_sha256: string
  readonly serial_number: string
  readonly device_id: string
  readonly spki_sha256: string
  readonly provider_certificate_id: string
  readonly status: DeviceCertificateStatus
  readonly not_before: Date
  readonly not_after: Date
  readonly issued_at: Date
  readonly crl_shard: number
  readonly revoked_at: Date | null
  readonly revocation_reason: string | null
  readonly der: Uint8Array
  readonly purpose: Generated<IssuancePurpose>
  /** Thumbprint of the certificate whose place it takes. */
  readonly replaces: Generated<string | null>
  readonly confirmed_at: Generated<Date | null>
  readonly superseded_at: Generated<Date | null>
}

declare module '../platform/database.ts' {
  interface Tables {
    readonly provider_certificate: ProviderCertificateTable
    readonly certificate_intent: CertificateIntentTable
    readonly device_certificate: DeviceCertificateTable
  }
}
