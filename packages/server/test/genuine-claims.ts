import type { Decision, Evidence, Registry } from '../src/registration/facts.ts'

/** Genuine claims and what the registry knows of their devices: cases change one part or another. */

export const IDENTITY = {
  serialNo: 'FS80H2600001',
  make: 'Acme',
  model: 'FS-80H',
  type: 'Finger',
  deviceSubType: 'Slap',
  deviceProvider: 'Acme Biometrics',
  deviceProviderId: 'ACME',
} as const

export const genuineL1: Evidence = {
  digitalId: { ...IDENTITY, dateTime: '2026-11-24T10:00:00Z' },
  claimedLevel: 'L1',
  signer: { kind: 'ftm-chip', signedDigitalId: true },
  certificates: 'sound',
  ftmPath: 'valid',
  ftmKeys: 'strong',
  ftmRevocation: 'good',
  ftmCertificateSha256: 'c1',
  challenge: 'fresh',
  possession: 'proven',
  key: 'strong',
  enrolmentSecret: 'missing',
}

const genuineL0: Evidence = {
  ...genuineL1,
  claimedLevel: 'L0',
  signer: { kind: 'device-key', signedDigitalId: true },
  ftmPath: 'not-applicable',
  ftmKeys: 'not-applicable',
  ftmRevocation: 'not-applicable',
  ftmCertificateSha256: undefined,
  enrolmentSecret: 'right',
}

export const knownL1: Registry = {
  model: { state: 'approved', level: 'L1', l0Policy: undefined },
  device: { state: 'approved', approved: IDENTITY, ftmCertificateSha256: undefined },
  keyUse: 'never',
  isChipOfAnotherDevice: false,
  approval: 'none',
  recovery: 'not-asked',
  recoveryPolicy: 'ftm-proof',
  revocationPolicy: 'warn',
}

const knownL0: Registry = {
  ...knownL1,
  model: { state: 'approved', level: 'L0', l0Policy: 'enrolment-secret' },
}

const knownL0ByApproval: Registry = {
  ...knownL1,
  model: { state: 'approved', level: 'L0', l0Policy: 'operator-approval' },
}

/** Registered, and past the end of its certificate. */
const knownEndedL1: Registry = {
  ...knownL1,
  device: { state: 'registered', approved: IDENTITY, ftmCertificateSha256: 'c1' },
  recovery: 'within-grace',
}

const knownEndedL0: Registry = {
  ...knownL0,
  device: { state: 'registered', approved: IDENTITY, ftmCertificateSha256: undefined },
  recovery: 'within-grace',
}

export type Change<T> = { [K in keyof T]?: T[K] }

export interface Case {
  readonly promise: string
  readonly evidence: Evidence
  readonly registry: Registry
  readonly decision: Pick<Decision, 'verdict' | 'rule'>
}

/** Makes cases that differ from a claim with a known registry. */
const differingFrom =
  (genuine: Evidence, known: Registry) =>
  (
    promise: string,
    verdict: Decision['verdict'],
    rule: string,
    evidence: Change<Evidence> = {},
    registry: Change<Registry> = {},
  ): Case => ({
    promise,
    evidence: { ...genuine, ...evidence },
    registry: { ...known, ...registry },
    decision: { verdict, rule },
  })

export const l1 = differingFrom(genuineL1, knownL1)
export const l0 = differingFrom(genuineL0, knownL0)
export const l0ByApproval = differingFrom(genuineL0, knownL0ByApproval)
export const endedL1 = differingFrom(genuineL1, knownEndedL1)
export const endedL0 = differingFrom({ ...genuineL0, enrolmentSecret: 'missing' }, knownEndedL0)

export const device = (change: Change<NonNullable<Registry['device']>>): Change<Registry> => ({
  device: { state: 'approved', approved: IDENTITY, ftmCertificateSha256: undefined, ...change },
})
