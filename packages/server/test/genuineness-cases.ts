import type { Decision, Evidence, Registry } from '../src/registration/facts.ts'

/** Claims that the decision on genuineness is asked about, each with its verdict. */

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
const endedL1: Registry = {
  ...knownL1,
  device: { state: 'registered', approved: IDENTITY, ftmCertificateSha256: 'c1' },
  recovery: 'within-grace',
}

const endedL0: Registry = {
  ...knownL0,
  device: { state: 'registered', approved: IDENTITY, ftmCertificateSha256: undefined },
  recovery: 'within-grace',
}

export type Change<T> = { [K in keyof T]?: T[K] }

interface Case {
  readonly promise: string
  readonly evidence: Evidence
  readonly registry: Registry
  readonly decision: Pick<Decision, 'verdict' | 'rule'>
}

const l1 = (
  promise: string,
  verdict: Decision['verdict'],
  rule: string,
  evidence: Change<Evidence>,
  registry: Change<Registry> = {},
): Case => ({
  promise,
  evidence: { ...genuineL1, ...evidence },
  registry: { ...knownL1, ...registry },
  decision: { verdict, rule },
})

export const device = (change: Change<NonNullable<Registry['device']>>): Change<Registry> => ({
  device: { state: 'approved', approved: IDENTITY, ftmCertificateSha256: undefined, ...change },
})

const recovering = (
  promise: string,
  verdict: Decision['verdict'],
  rule: string,
  registry: Change<Registry> = {},
  level: 'L0' | 'L1' = 'L1',
): Case => ({
  promise,
  evidence: level === 'L1' ? genuineL1 : { ...genuineL0, enrolmentSecret: 'missing' },
  registry: { ...(level === 'L1' ? endedL1 : endedL0), ...registry },
  decision: { verdict, rule },
})

export const CASES: readonly Case[] = [
  l1('registers a genuine L1 device', 'register', 'R99-genuine', {}),
  l1(
    'refuses a serial number that nobody approved',
    'refuse',
    'R01-device-approved',
    {},
    { device: undefined },
  ),
  l1(
    'refuses a model that was retired',
    'refuse',
    'R02-model-approved',
    {},
    { model: { state: 'retired', level: 'L1', l0Policy: undefined } },
  ),
  l1('refuses an L1 device that claims to be L0', 'refuse', 'R03-level', { claimedLevel: 'L0' }),
  l1('refuses a chip whose certificates are malformed', 'refuse', 'R26-certificates-sound', {
    certificates: 'malformed',
    ftmPath: 'malformed',
  }),
  l1('refuses a chip with a weak key', 'refuse', 'R27-ftm-key-strength', { ftmKeys: 'weak' }),
  l1('refuses a chip that its provider revoked', 'refuse', 'R28-ftm-not-revoked', {
    ftmRevocation: 'revoked',
  }),
  l1(
    'refuses a revoked chip whatever the policy is where there is no list',
    'refuse',
    'R28-ftm-not-revoked',
    { ftmRevocation: 'revoked' },
    { revocationPolicy: 'ignore' },
  ),
  l1(
    'refuses a chip of which no list says anything, where the policy asks for one',
    'refuse',
    'R29-ftm-status-known',
    { ftmRevocation: 'unknown' },
    { revocationPolicy: 'refuse' },
  ),
  l1(
    'refuses a chip of which only a stale list says anything, where the policy asks for a current one',
    'refuse',
    'R29-ftm-status-known',
    { ftmRevocation: 'stale' },
    { revocationPolicy: 'refuse' },
  ),
  l1(
    'quarantines a copy before it asks for a list',
    'quarantine',
    'R15-chip-of-one-device',
    { ftmRevocation: 'unknown' },
    { revocationPolicy: 'refuse', isChipOfAnotherDevice: true },
  ),
  ...(['ignore', 'warn'] as const).flatMap((revocationPolicy) =>
    (['unknown', 'stale'] as const).map((ftmRevocation) =>
      l1(
        `registers a chip whose standing is ${ftmRevocation} where the policy is to ${revocationPolicy}`,
        'register',
        'R99-genuine',
        { ftmRevocation },
        { revocationPolicy },
      ),
    ),
  ),
  {
    promise: 'refuses to recover a device whose chip was revoked',
    evidence: { ...genuineL1, ftmRevocation: 'revoked' },
    registry: endedL1,
    decision: { verdict: 'refuse', rule: 'R28-ftm-not-revoked' },
  },
  {
    promise: 'refuses to recover a device without a list, where the policy asks for one',
    evidence: { ...genuineL1, ftmRevocation: 'unknown' },
    registry: { ...endedL1, revocationPolicy: 'refuse' },
    decision: { verdict: 'refuse', rule: 'R29-ftm-status-known' },
  },
  l1('refuses an expired chip certificate', 'refuse', 'R04-ftm-certificate-dates', {
    ftmPath: 'not-valid-at-this-time',
  }),
  l1('refuses a chip of another FTM provider', 'refuse', 'R05-ftm-chain', { ftmPath: 'no-path' }),
  l1('refuses a chain that was never validated', 'refuse', 'R05-ftm-chain', {
    ftmPath: 'not-applicable',
  }),
  l1('refuses an L1 claim signed by a software key', 'refuse', 'R06-digital-id-signer', {
    signer: { kind: 'device-key', signedDigitalId: true },
  }),
  l1('refuses a digital ID that another key signed', 'refuse', 'R06-digital-id-signer', {
    signer: { kind: 'ftm-chip', signedDigitalId: false },
  }),
  ...(['type', 'deviceSubType', 'deviceProvider', 'deviceProviderId'] as const).map((field) =>
    l1(`refuses a digital ID with another ${field}`, 'refuse', 'R07-digital-id-fields', {
      digitalId: { ...genuineL1.digitalId, [field]: 'Face' },
    }),
  ),
  l1('refuses a challenge it never gave', 'refuse', 'R08-challenge-known', {
    challenge: 'unknown',
  }),
  l1('refuses an old challenge', 'refuse', 'R09-challenge-fresh', { challenge: 'expired' }),
  l1('refuses a key that is not shown to be held', 'refuse', 'R10-possession', {
    possession: 'not-proven',
  }),
  l1('refuses a weak key', 'refuse', 'R11-key-strength', {
    key: 'weak',
  }),
  l1('refuses a blocked device', 'refuse', 'R12-not-blocked', {}, device({ state: 'blocked' })),
  l1(
    'refuses a de-registered device until it is approved anew',
    'refuse',
    'R13-not-deregistered',
    {},
    device({ state: 'deregistered' }),
  ),
  l1(
    'quarantines another chip on a pinned serial number',
    'quarantine',
    'R14-ftm-certificate-pinned',
    {},
    device({ ftmCertificateSha256: 'c2' }),
  ),
  l1(
    'quarantines a chip that vouches for another device',
    'quarantine',
    'R15-chip-of-one-device',
    {},
    { isChipOfAnotherDevice: true },
  ),
  l1(
    'refuses a suspended device',
    'refuse',
    'R16-not-suspended',
    {},
    device({ state: 'suspended' }),
  ),
  l1('refuses a key that was used before', 'refuse', 'R17-key-new', {}, { keyUse: 'before' }),
  l1(
    'quarantines a second claim on a registered serial number',
    'quarantine',
    'R18-first-claim',
    {},
    device({ state: 'registered', ftmCertificateSha256: 'c1' }),
  ),
  l1(
    'answers a registered device again when its answer was lost',
    'resume',
    'R99-genuine',
    {},
    { ...device({ state: 'registered', ftmCertificateSha256: 'c1' }), keyUse: 'this-registration' },
  ),
  {
    promise: 'registers an L0 device with its enrolment secret',
    evidence: genuineL0,
    registry: knownL0,
    decision: { verdict: 'register', rule: 'R99-genuine' },
  },
  {
    promise: 'refuses an L0 device without its secret',
    evidence: { ...genuineL0, enrolmentSecret: 'missing' },
    registry: knownL0,
    decision: { verdict: 'refuse', rule: 'R19-enrolment-secret' },
  },
  {
    promise: 'refuses an L0 device with a wrong secret',
    evidence: { ...genuineL0, enrolmentSecret: 'wrong' },
    registry: knownL0,
    decision: { verdict: 'refuse', rule: 'R19-enrolment-secret' },
  },
  {
    promise: 'refuses an L0 claim signed by an FTM chip',
    evidence: { ...genuineL0, signer: { kind: 'ftm-chip', signedDigitalId: true } },
    registry: knownL0,
    decision: { verdict: 'refuse', rule: 'R06-digital-id-signer' },
  },
  {
    promise: 'asks the operator about an L0 device',
    evidence: genuineL0,
    registry: knownL0ByApproval,
    decision: { verdict: 'pend', rule: 'R21-operator-approval' },
  },
  {
    promise: 'keeps asking while the operator is silent',
    evidence: genuineL0,
    registry: { ...knownL0ByApproval, approval: 'waiting' },
    decision: { verdict: 'pend', rule: 'R21-operator-approval' },
  },
  {
    promise: 'refuses what the operator refused',
    evidence: genuineL0,
    registry: { ...knownL0ByApproval, approval: 'refused' },
    decision: { verdict: 'refuse', rule: 'R20-operator-refused' },
  },
  {
    promise: 'registers what the operator approved',
    evidence: genuineL0,
    registry: { ...knownL0ByApproval, approval: 'granted' },
    decision: { verdict: 'register', rule: 'R99-genuine' },
  },
  recovering('recovers a device by the chip on record', 'recover', 'R99-genuine'),
  recovering('refuses to recover what has not ended', 'refuse', 'R22-recovery-expired', {
    recovery: 'not-expired',
  }),
  recovering(
    'refuses a recovery that its policy does not allow',
    'refuse',
    'R23-recovery-allowed',
    {
      recoveryPolicy: 'refused',
    },
  ),
  recovering('refuses a recovery after the grace', 'refuse', 'R24-recovery-grace', {
    recovery: 'past-grace',
  }),
  recovering(
    'quarantines a recovery where no chip is on record',
    'quarantine',
    'R25-recovery-chip-on-record',
    device({ state: 'registered' }),
  ),
  recovering(
    'quarantines a recovery by another chip',
    'quarantine',
    'R14-ftm-certificate-pinned',
    device({ state: 'registered', ftmCertificateSha256: 'c2' }),
  ),
  recovering('quarantines who names another’s certificate', 'quarantine', 'R18-first-claim', {
    recovery: 'of-another',
  }),
  recovering('asks the operator where the policy says so', 'pend', 'R21-operator-approval', {
    recoveryPolicy: 'operator-approval',
  }),
  recovering('recovers an L1 device that the operator approved', 'recover', 'R99-genuine', {
    recoveryPolicy: 'operator-approval',
    approval: 'granted',
  }),
  recovering(
    'asks the operator about an L0 device, whatever the policy',
    'pend',
    'R21-operator-approval',
    {},
    'L0',
  ),
  recovering(
    'recovers an L0 device that the operator approved',
    'recover',
    'R99-genuine',
    { approval: 'granted' },
    'L0',
  ),
  recovering(
    'refuses an L0 device that the operator refused',
    'refuse',
    'R20-operator-refused',
    { approval: 'refused' },
    'L0',
  ),
  recovering('refuses a recovery with a key that was used before', 'refuse', 'R17-key-new', {
    keyUse: 'before',
  }),
  recovering('tells a recovery again when its answer was lost', 'resume', 'R99-genuine', {
    keyUse: 'this-registration',
    recovery: 'of-another',
  }),
  recovering(
    'refuses a suspended device that would recover',
    'refuse',
    'R16-not-suspended',
    device({ state: 'suspended', ftmCertificateSha256: 'c1' }),
  ),
  recovering(
    'registers a device that was approved anew, whatever it names',
    'register',
    'R99-genuine',
    device({ state: 'approved', ftmCertificateSha256: 'c1' }),
  ),
]
