import type { ProblemCode } from '@sanad/protocol/text/problems'
import type { Evidence, RegisteredDevice, RegisteredModel, Registry, Verdict } from './facts.ts'

/** What a genuine claim keeps to: one rule, one reason. */

export interface Facts {
  readonly evidence: Evidence
  readonly model: RegisteredModel
  readonly device: RegisteredDevice
  readonly registry: Registry
}

interface Rule {
  readonly id: string
  /** True where the rule is broken. */
  readonly isBroken: (facts: Facts) => boolean
  readonly verdict: Exclude<Verdict, 'register' | 'recover' | 'resume'>
  readonly code: ProblemCode
}

export const isL1 = ({ model }: Facts) => model.level === 'L1'
/** The same key of the same registration, asked for again: an answer was lost, nothing new is claimed. */
export const isRepeat = ({ registry }: Facts) => registry.keyUse === 'this-registration'
/** A registered device names the certificate it had last, and shows a new key. */
export const isRecovery = (facts: Facts) =>
  facts.device.state === 'registered' &&
  !isRepeat(facts) &&
  facts.registry.recovery !== 'not-asked' &&
  facts.registry.recovery !== 'of-another'

const FIELDS = [
  'serialNo',
  'make',
  'model',
  'type',
  'deviceSubType',
  'deviceProvider',
  'deviceProviderId',
] as const

/** In order; the first broken rule decides. Those about the claim come before those about the record. */
export const RULES: readonly Rule[] = [
  rule(
    'R02-model-approved',
    'registration.model-retired',
    ({ model }) => model.state !== 'approved',
  ),
  // MF §2.1; PN §0, 4: the registered level chooses the key, the claimed one is only compared.
  rule(
    'R03-level',
    'registration.level-mismatch',
    ({ model, evidence }) => evidence.claimedLevel !== model.level,
  ),
  // What two readers may understand differently is not evidence.
  rule(
    'R26-certificates-sound',
    'registration.certificate-malformed',
    ({ evidence }) => evidence.certificates !== 'sound',
  ),
  rule(
    'R04-ftm-certificate-dates',
    'registration.ftm-certificate-not-valid',
    (facts) => isL1(facts) && facts.evidence.ftmPath === 'not-valid-at-this-time',
  ),
  rule(
    'R05-ftm-chain',
    'registration.ftm-chain-invalid',
    (facts) => isL1(facts) && facts.evidence.ftmPath !== 'valid',
  ),
  rule(
    'R27-ftm-key-strength',
    'registration.ftm-key-weak',
    (facts) => isL1(facts) && facts.evidence.ftmKeys !== 'strong',
  ),
  // RFC 5280 §6.1.3 (a)(3): a path with a revoked certificate is none. However old the list is that says so.
  rule(
    'R28-ftm-not-revoked',
    'registration.ftm-certificate-revoked',
    (facts) => isL1(facts) && facts.evidence.ftmRevocation === 'revoked',
  ),
  rule(
    'R06-digital-id-signer',
    'registration.digital-id-not-genuine',
    (facts) =>
      facts.evidence.signer.kind !== (isL1(facts) ? 'ftm-chip' : 'device-key') ||
      !facts.evidence.signer.signedDigitalId,
  ),
  rule('R07-digital-id-fields', 'registration.digital-id-mismatch', ({ evidence, device }) =>
    FIELDS.some((field) => evidence.digitalId[field] !== device.approved[field]),
  ),
  rule(
    'R08-challenge-known',
    'registration.challenge-unknown',
    ({ evidence }) => evidence.challenge === 'unknown',
  ),
  rule(
    'R09-challenge-fresh',
    'registration.challenge-expired',
    ({ evidence }) => evidence.challenge === 'expired',
  ),
  rule(
    'R10-possession',
    'registration.possession-not-proven',
    ({ evidence }) => evidence.possession !== 'proven',
  ),
  rule('R11-key-strength', 'registration.key-weak', ({ evidence }) => evidence.key !== 'strong'),
  rule(
    'R12-not-blocked',
    'registration.device-blocked',
    ({ device }) => device.state === 'blocked',
  ),
  rule(
    'R13-not-deregistered',
    'registration.device-deregistered',
    ({ device }) => device.state === 'deregistered',
  ),
  // A chip that another record pins, or another chip for this record: one of two devices is a copy.
  quarantine(
    'R14-ftm-certificate-pinned',
    'registration.suspected-clone',
    (facts) =>
      isL1(facts) &&
      facts.device.ftmCertificateSha256 !== undefined &&
      facts.device.ftmCertificateSha256 !== facts.evidence.ftmCertificateSha256,
  ),
  quarantine(
    'R15-chip-of-one-device',
    'registration.suspected-clone',
    ({ registry }) => registry.isChipOfAnotherDevice,
  ),
  rule(
    'R16-not-suspended',
    'registration.device-suspended',
    ({ device }) => device.state === 'suspended',
  ),
  rule(
    'R17-key-new',
    'registration.key-seen-before',
    ({ registry }) => registry.keyUse === 'before',
  ),
  quarantine(
    'R18-first-claim',
    'registration.already-registered',
    (facts) => facts.device.state === 'registered' && !isRepeat(facts) && !isRecovery(facts),
  ),
  // MF §11.4: MOSIP does not say how an L0 device is identified absolutely; the model's policy does.
  rule(
    'R19-enrolment-secret',
    'registration.enrolment-secret-wrong',
    (facts) =>
      facts.model.l0Policy === 'enrolment-secret' &&
      !isL1(facts) &&
      facts.evidence.enrolmentSecret !== 'right' &&
      !isRecovery(facts) &&
      !isRepeat(facts),
  ),
  // A device that was offline past the end of its certificate. Its key signs no more; the chip on record does.
  rule(
    'R22-recovery-expired',
    'recovery.not-expired',
    (facts) => isRecovery(facts) && facts.registry.recovery === 'not-expired',
  ),
  rule(
    'R23-recovery-allowed',
    'recovery.refused-by-policy',
    (facts) => isRecovery(facts) && facts.registry.recoveryPolicy === 'refused',
  ),
  rule(
    'R24-recovery-grace',
    'recovery.grace-over',
    (facts) => isRecovery(facts) && facts.registry.recovery === 'past-grace',
  ),
  quarantine(
    'R25-recovery-chip-on-record',
    'registration.suspected-clone',
    (facts) => isRecovery(facts) && isL1(facts) && facts.device.ftmCertificateSha256 === undefined,
  ),
  // Last of what concerns the chip: a claim that is wrong in anything else is told so today.
  rule(
    'R29-ftm-status-known',
    'registration.ftm-status-unknown',
    (facts) =>
      isL1(facts) &&
      facts.registry.revocationPolicy === 'refuse' &&
      facts.evidence.ftmRevocation !== 'good',
  ),
  rule(
    'R20-operator-refused',
    'registration.device-not-approved',
    (facts) => needsApproval(facts) && facts.registry.approval === 'refused',
  ),
  {
    id: 'R21-operator-approval',
    verdict: 'pend',
    code: 'registration.approval-pending',
    isBroken: (facts) => needsApproval(facts) && facts.registry.approval !== 'granted',
  },
]

function needsApproval(facts: Facts): boolean {
  // PN §2: without a chip nothing vouches for a new key but a person; the secret was good once.
  if (isRecovery(facts))
    return !isL1(facts) || facts.registry.recoveryPolicy === 'operator-approval'
  return !isL1(facts) && facts.model.l0Policy !== 'enrolment-secret' && !isRepeat(facts)
}

function rule(id: string, code: ProblemCode, isBroken: Rule['isBroken']): Rule {
  return { id, verdict: 'refuse', code, isBroken }
}

function quarantine(id: string, code: ProblemCode, isBroken: Rule['isBroken']): Rule {
  return { id, verdict: 'quarantine', code, isBroken }
}
