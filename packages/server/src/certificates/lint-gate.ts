import { type KeyObject, generateKeyPairSync, sign } from 'node:crypto'
import { SanadError } from '@sanad/protocol/text/problems'
import { parseCertificate } from '@sanad/protocol/asn1/x509'
import { attachSignature } from './der/certificate-structure.ts'
import { DEVICE_LINTS } from './lints/device-lints.ts'
import type { Lint, LintedCertificate } from './lints/lint.ts'

/**
 * What stands between a certificate and the HSM: a copy of the same bytes, signed with a throwaway key,
 * must pass every lint. A signature of the HSM on a wrong certificate could never be taken back.
 */
export class LintGate {
  readonly #throwawayKey: KeyObject

  constructor() {
    this.#throwawayKey = makeThrowawayKey()
  }

  /** @throws SanadError `certificate.lint-refused`, naming every lint that failed */
  requireSound(tbs: Uint8Array, facts: Omit<LintedCertificate, 'certificate'>): void {
    const copy = attachSignature(tbs, sign('sha256', tbs, this.#throwawayKey))
    const failures = findFailures(copy, facts)
    if (failures.length > 0) throw new SanadError('certificate.lint-refused', failures.join('; '))
  }
}

/**
 * As short as it can be, because it is in the way of every certificate: nobody ever verifies its signatures,
 * and key and copies never leave the process. A crypto module in FIPS mode makes none so short.
 */
function makeThrowawayKey(): KeyObject {
  try {
    return generateKeyPairSync('rsa', { modulusLength: 512 }).privateKey
  } catch {
    return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  }
}

export function findFailures(
  der: Uint8Array,
  facts: Omit<LintedCertificate, 'certificate'>,
): readonly string[] {
  let linted: LintedCertificate
  try {
    linted = { ...facts, certificate: parseCertificate(der) }
  } catch (error) {
    return [`not readable: ${error instanceof Error ? error.message : 'unknown'}`]
  }
  return DEVICE_LINTS.flatMap((lint) => {
    const complaint = complaintOf(lint, linted)
    return complaint === undefined ? [] : [`${lint.id}: ${complaint}`]
  })
}

function complaintOf(lint: Lint, linted: LintedCertificate): string | undefined {
  try {
    return lint.check(linted)
  } catch (error) {
    return `not readable: ${error instanceof Error ? error.message : 'unknown'}`
  }
}
