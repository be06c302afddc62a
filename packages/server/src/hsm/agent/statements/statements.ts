import { SanadError } from '@sanad/protocol/text/problems'
import { LONGEST_CERTIFICATE_DAYS } from '@sanad/protocol/operator-api/policies'
import { DAY_MS } from '@sanad/protocol/text/durations'
import type { OpenRequest, StatementKind } from '../../agent-protocol.ts'
import { checkCertificationRequest } from './certification-request.ts'
import {
  checkCommandKey,
  checkDeviceCertificate,
  checkManagementRoot,
  checkResponseKey,
  checkTlsKey,
  type Signatory,
  type StatementLimits,
} from './certificates.ts'
import { checkJws } from './jws.ts'
import { checkRevocationList } from './revocation-list.ts'

export type { StatementLimits }

/**
 * What the token signs. An attacker in the server process can still only ask for statements of these
 * forms, each under the key that is for it.
 */

const KIB = 1024

interface StatementRule {
  readonly maxBytes: number
  readonly check: (bytes: Uint8Array, signatory: Signatory) => void
}

const RULES: Record<StatementKind, StatementRule> = {
  'certification-request': { maxBytes: 16 * KIB, check: checkCertificationRequest },
  'device-certificate': { maxBytes: 16 * KIB, check: checkDeviceCertificate },
  'revocation-list': { maxBytes: 32 * KIB * KIB, check: checkRevocationList },
  'management-root': { maxBytes: 16 * KIB, check: checkManagementRoot },
  'response-key': { maxBytes: 16 * KIB, check: checkResponseKey },
  'tls-key': { maxBytes: 16 * KIB, check: checkTlsKey },
  'command-key': { maxBytes: 16 * KIB, check: checkCommandKey },
  transcript: { maxBytes: 4 * KIB * KIB, check: checkJws('sanad-transcript+jws') },
  command: { maxBytes: 256 * KIB, check: checkJws('sanad-command+jws') },
}

/** What is dated back for clocks that are behind, and the fraction of a second that is cut off. */
const DATED_BACK_MS = 600_000

/**
 * Told once, when the token is opened: what a server process asks for later changes none of it. In development
 * clocks run ahead on purpose; in production this machine’s clock bounds where a certificate begins.
 */
export function limitsOf({
  mode,
  longestCertificateDays = LONGEST_CERTIFICATE_DAYS,
}: Pick<OpenRequest, 'mode' | 'longestCertificateDays'>): StatementLimits {
  return {
    longestCertificateMs: longestCertificateDays * DAY_MS + DATED_BACK_MS,
    latestStart: () => (mode === 'production' ? Date.now() + DAY_MS : undefined),
  }
}

/** @throws SanadError `hsm.request-refused` */
export function checkStatement(kind: StatementKind, bytes: Uint8Array, signatory: Signatory): void {
  const rule = RULES[kind]
  if (bytes.length > rule.maxBytes)
    throw new SanadError('hsm.request-refused', `a ${kind} too large`)
  try {
    rule.check(bytes, signatory)
  } catch (cause) {
    if (cause instanceof SanadError && cause.code === 'hsm.request-refused') throw cause
    // Whatever cannot be read is not of its kind: DER, base64url, UTF-8 and JSON errors all mean that.
    const detail = cause instanceof Error ? cause.message : 'not readable'
    throw new SanadError('hsm.request-refused', `not a ${kind}: ${detail}`, { cause })
  }
}
