import type { Decision, Evidence, Registry } from './facts.ts'
import { type Facts, RULES, isL1, isRecovery, isRepeat } from './rules.ts'

/**
 * Is this device genuine? One pure, total table: evidence, policy and registry in; verdict, reason code and
 * the rule that fired out.
 *
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 1: the server validates that a device is genuine, by device
 * info and the certificates of its Foundational Trust Module.
 */
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
