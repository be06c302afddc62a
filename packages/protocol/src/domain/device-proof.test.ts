import { expect, it } from 'vitest'
import { type Proof, type ProvenModel, findProofFaults, requireProof } from './device-proof.ts'

const L1: ProvenModel = { level: 'L1', l0Policy: null }
const WITH_SECRET: ProvenModel = { level: 'L0', l0Policy: 'enrolment-secret' }
const BY_OPERATOR: ProvenModel = { level: 'L0', l0Policy: 'operator-approval' }
const chip: Proof = { ftmCertificateSha256: 'a'.repeat(64) }
const secret: Proof = { enrolmentSecretSha256: 'b'.repeat(64) }

it.each([
  ['an L1 device without a chip on record yet', L1, {}, []],
  ['an L1 device with its chip', L1, chip, []],
  ['an L1 device with a secret', L1, secret, ['row.enrolment-secret-not-for-l1']],
  ['an L0 device with the secret that its policy asks for', WITH_SECRET, secret, []],
  ['an L0 device without it', WITH_SECRET, {}, ['row.enrolment-secret-missing']],
  [
    'an L0 device with a chip instead',
    WITH_SECRET,
    chip,
    ['row.ftm-certificate-not-for-l0', 'row.enrolment-secret-missing'],
  ],
  ['an L0 device that an operator approves', BY_OPERATOR, {}, []],
  ['an L0 device that an operator approves, with a secret too', BY_OPERATOR, secret, []],
] as const)('judges the proof of %s', (_, model, proof, faults) => {
  expect(findProofFaults(model, proof)).toEqual(faults)
  if (faults.length === 0) expect(() => requireProof(model, proof)).not.toThrow()
  else expect(() => requireProof(model, proof)).toThrow(/^device\.proof-refused: /)
})
