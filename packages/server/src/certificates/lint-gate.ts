import { type KeyObject, generateKeyPairSync, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { SanadError } from '@sanad/protocol/problems'
import { parseCertificate } from '@sanad/protocol/x509'
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
    this.#throwawayKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  }

  /** @throws SanadError `certificate.lint-refused`, naming every lint that failed */
  async requireSound(
    tbs: Uint8Array,
    facts: Omit<LintedCertificate, 'certificate'>,
  ): Promise<void> {
    const copy = attachSignature(tbs, await signAside('sha256', tbs, this.#throwawayKey))
    const failures = findFailures(copy, facts)
    if (failures.length > 0) throw new SanadError('certificate.lint-refused', failures.join('; '))
  }
}

/** On the thread pool: the event loop goes on. */
const signAside = promisify(sign)

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
