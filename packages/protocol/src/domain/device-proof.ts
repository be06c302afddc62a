import { SanadError } from '../text/problems.ts'
import type { Level } from './device-kinds.ts'

/** How an L0 device, which has no chip to vouch for it, proves itself at first registration. */
export const L0_POLICIES = ['enrolment-secret', 'operator-approval'] as const
export type L0Policy = (typeof L0_POLICIES)[number]

/**
 * Which proof a device brings to its approval: one rule for the approval of one device, its approval again, every
 * import and the portal’s forms.
 *
 * MF §2.1: a chip proves an L1 device; an L0 device has none, and what proves it is what its model’s policy says.
 */

export interface Proof {
  readonly ftmCertificateSha256?: string | undefined
  readonly enrolmentSecretSha256?: string | undefined
}

export interface ProvenModel {
  readonly level: Level
  readonly l0Policy: L0Policy | null
}

export const PROOF_FAULTS = {
  'row.ftm-certificate-not-for-l0': {
    column: 'ftmCertificateSha256',
    reason: 'A device of level L0 has no FTM certificate.',
  },
  'row.enrolment-secret-not-for-l1': {
    column: 'enrolmentSecretSha256',
    reason: 'A device of level L1 needs no enrolment secret: its chip proves it.',
  },
  'row.enrolment-secret-missing': {
    column: 'enrolmentSecretSha256',
    reason:
      'The model’s policy asks for an enrolment secret: without one the device can never register.',
  },
} as const
export type ProofFault = keyof typeof PROOF_FAULTS

export function findProofFaults({ level, l0Policy }: ProvenModel, proof: Proof): ProofFault[] {
  const faults: ProofFault[] = []
  if (level === 'L0' && proof.ftmCertificateSha256 !== undefined) {
    faults.push('row.ftm-certificate-not-for-l0')
  }
  if (level === 'L1' && proof.enrolmentSecretSha256 !== undefined) {
    faults.push('row.enrolment-secret-not-for-l1')
  }
  if (needsSecret({ level, l0Policy }) && proof.enrolmentSecretSha256 === undefined) {
    faults.push('row.enrolment-secret-missing')
  }
  return faults
}

/** @throws SanadError `device.proof-refused` */
export function requireProof(model: ProvenModel, proof: Proof): void {
  const [fault] = findProofFaults(model, proof)
  if (fault !== undefined) throw new SanadError('device.proof-refused', PROOF_FAULTS[fault].reason)
}

export const needsSecret = ({ level, l0Policy }: ProvenModel): boolean =>
  level === 'L0' && l0Policy === 'enrolment-secret'
