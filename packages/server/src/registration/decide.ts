import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import type { DigitalId } from '@sanad/protocol/domain/digital-id'
import type { Level } from '@sanad/protocol/domain/device-kinds'
import type { PathProblem } from '@sanad/protocol/wire/envelope/certificate-path'
import type { RevocationPolicy } from '@sanad/protocol/operator-api/ftm-revocation'
import type { L0Policy } from '@sanad/protocol/domain/device-proof'
import type { PolicySettings } from '@sanad/protocol/operator-api/policies'
import type { ProblemCode } from '@sanad/protocol/text/problems'

/**
 * Is this device genuine? One pure, total table: evidence, policy and registry in; verdict, reason code and
 * the rule that fired out.
 *
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 1: the server validates that a device is genuine, by device
 * info and the certificates of its Foundational Trust Module.
 */

/** What the claim itself shows, each already checked by cryptography; nothing here is taken on trust. */
export interface Evidence {
  readonly digitalId: DigitalId
  readonly claimedLevel: Level
  /** Which kind of key signed the message and the digital ID, and whether both verify with that one key. */
  readonly signer: { readonly kind: 'ftm-chip' | 'device-key'; readonly signedDigitalId: boolean }
  /** Whether the certificates that the claim shows can be read, in the one form that RFC 5280 gives them. */
  readonly certificates: 'sound' | 'malformed'
  /** The path of the signer's chain to the FTM provider on record for the model. */
  readonly ftmPath: 'valid' | PathProblem | 'not-applicable'
  /** The keys of chip and provider, by the tests that device keys have; only where the path holds. */
  readonly ftmKeys: 'strong' | 'weak' | 'not-applicable'
  /**
   * What the FTM provider's revocation lists say of the chip's certificate and of those above it; `unknown` and
   * `stale` where one of the issuers has no list, or none that is current.
   */
  readonly ftmRevocation: 'good' | 'revoked' | 'unknown' | 'stale' | 'not-applicable'
  /** SHA-256 of the FTM chip certificate, hex. */
  readonly ftmCertificateSha256: string | undefined
  readonly challenge: 'fresh' | 'expired' | 'unknown'
  /** The request for the new key is signed by it, over the challenge. */
  readonly possession: 'proven' | 'not-proven'
  readonly key: 'strong' | 'weak' | 'not-readable'
  readonly enrolmentSecret: 'right' | 'wrong' | 'missing'
}

/** What the repository of approved devices knows. */
export interface Registry {
  readonly model: RegisteredModel | undefined
  readonly device: RegisteredDevice | undefined
  /** Who used the new key before: this device for the same, unfinished registration; or anybody else. */
  readonly keyUse: 'never' | 'this-registration' | 'before'
  /** Whether the chip's certificate vouches for another device already. */
  readonly isChipOfAnotherDevice: boolean
  /** The operator's word on this device with this key, for what the claim asks. */
  readonly approval: 'none' | 'waiting' | 'granted' | 'refused'
  /**
   * What the certificate is that the claim asks to be replaced: the one that the device had last, and where it
   * stands; or none of this device's, or one that another took the place of, or revoked.
   */
  readonly recovery: 'not-asked' | 'of-another' | 'not-expired' | 'within-grace' | 'past-grace'
  /** What the device's policy says of recovery. */
  readonly recoveryPolicy: PolicySettings['recovery']
  /** What becomes of chips of which no current list says whether they were revoked. */
  readonly revocationPolicy: RevocationPolicy
}

export interface RegisteredModel {
  readonly state: 'approved' | 'retired'
  readonly level: Level
  /** For L0 models: how a device without a chip proves itself. */
  readonly l0Policy: L0Policy | undefined
}

export interface RegisteredDevice {
  readonly state: DeviceState
  /** The approved fields of the digital ID; `dateTime` is the device's own. */
  readonly approved: Omit<DigitalId, 'dateTime'>
  /** Pinned by the factory's manifest or by the first registration. */
  readonly ftmCertificateSha256: string | undefined
}

export type Verdict = 'register' | 'recover' | 'resume' | 'pend' | 'refuse' | 'quarantine'

/** Those after which a certificate is issued, or told again. */
export const isGranted = (verdict: Verdict): verdict is 'register' | 'recover' | 'resume' =>
  verdict === 'register' || verdict === 'recover' || verdict === 'resume'

export interface Decision {
  readonly verdict: Verdict
  readonly code: ProblemCode | undefined
  /** Which rule fired: `R14-ftm-certificate-pinned`; `R99-genuine` when none did. */
  readonly rule: string
  /** What vouches for the device when it is genuine. */
  readonly proof?: 'ftm' | 'enrolment-secret' | 'operator-approval'
}

interface Facts {
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

const isL1 = ({ model }: Facts) => model.level === 'L1'
/** The same key of the same registration, asked for again: an answer was lost, nothing new is claimed. */
const isRepeat = ({ registry }: Facts) => registry.keyUse === 'this-registration'
/** A registered device names the certificate it had last, and shows a new key. */
const isRecovery = (facts: Facts) =>
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

export function decide(evidence: Evidence, registry: Registry): Decision {
  const { model, device } = registry
  if (model === undefined || device === undefined) {
    return {
      verdict: 'refuse',
      code: 'registration.device-not-approved',
      rule: 'R01-device-approved',
    }
  }
  const facts: Facts = { evidence, registry, model, device }
  const broken = RULES.find(({ isBroken }) => isBroken(facts))
  if (broken !== undefined) return { verdict: broken.verdict, code: broken.code, rule: broken.id }
  return {
    verdict: verdictOf(facts),
    code: undefined,
    rule: 'R99-genuine',
    proof: proofOf(facts),
  }
}

function verdictOf(facts: Facts): 'register' | 'recover' | 'resume' {
  if (isRepeat(facts)) return 'resume'
  return isRecovery(facts) ? 'recover' : 'register'
}

function proofOf(facts: Facts): NonNullable<Decision['proof']> {
  // A recovery, or one that is told again.
  if (facts.device.state === 'registered') {
    const isByChip = isL1(facts) && facts.registry.recoveryPolicy !== 'operator-approval'
    return isByChip ? 'ftm' : 'operator-approval'
  }
  if (isL1(facts)) return 'ftm'
  return facts.model.l0Policy === 'enrolment-secret' ? 'enrolment-secret' : 'operator-approval'
}
