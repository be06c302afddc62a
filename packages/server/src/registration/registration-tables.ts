import type { Generated } from 'kysely'

interface RegistrationChallengeTable {
  readonly nonce: string
  readonly subject: string
  readonly signer_sha256: string
  readonly expires_at: Date
  readonly used_by: string | null
}

interface RegistrationAnswerTable {
  readonly mid: string
  readonly payload_sha256: Buffer
  readonly type: string
  readonly body: unknown
  readonly expires_at: Date
}

interface RegistrationClaimTable {
  readonly claim_id: string
  readonly support_code: string
  readonly make: string
  readonly model: string
  readonly serial_no: string
  readonly level: string
  readonly device_id: string | null
  readonly signer_sha256: string
  readonly verdict: 'refuse' | 'quarantine' | 'pend'
  readonly code: string
  readonly rule: string
  readonly evidence: unknown
  readonly remote_address: string
  /** What the sender is counted by, see networkOf. */
  readonly network: string
  readonly first_at: Date
  readonly last_at: Date
  readonly attempts: Generated<number>
}

/** Until they are on record. */
interface RegistrationUnknownClaimsTable {
  readonly hour: Date
  readonly code: string
  readonly occurrences: number
}

interface RegistrationApprovalTable {
  readonly request_id: string
  readonly device_id: string
  readonly spki_sha256: string
  readonly kind: 'registration' | 'recovery'
  readonly support_code: string
  readonly requested_at: Date
  readonly decision: 'approved' | 'refused' | null
  readonly decided_at: Date | null
  readonly decided_by: string | null
}

declare module '../platform/database.ts' {
  interface Tables {
    readonly registration_challenge: RegistrationChallengeTable
    readonly registration_answer: RegistrationAnswerTable
    readonly registration_claim: RegistrationClaimTable
    readonly registration_unknown_claims: RegistrationUnknownClaimsTable
    readonly registration_approval: RegistrationApprovalTable
  }
}
