import type { Certificate } from '@sanad/protocol/asn1/x509'

/** A device certificate as it would be issued, with all that its requirements refer to. */
export interface LintedCertificate {
  readonly certificate: Certificate
  readonly provider: Certificate
  readonly commonName: string
  readonly crlUrl: string
  /** When the issuance was planned, milliseconds since the epoch. */
  readonly plannedAt: number
  /** notBefore of the device's previous certificate. */
  readonly previousNotBefore: number | undefined
}

/** One requirement on a device certificate. */
export interface Lint {
  /** `rfc5280.key-usage` */
  readonly id: string
  /** Where it is written. */
  readonly source: string
  /** What is written there, in short. */
  readonly requirement: string
  /** What is wrong, or undefined. */
  check(linted: LintedCertificate): string | undefined
}
