import { type Case, device, genuineL1, l0, l0ByApproval, l1 } from './genuine-claims.ts'

/** First claims, each with the verdict on their genuineness. */
export const FIRST_CLAIMS: readonly Case[] = [
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
    'refuses a de-registered device until it is approved again',
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
  l0('registers an L0 device with its enrolment secret', 'register', 'R99-genuine'),
  l0('refuses an L0 device without its secret', 'refuse', 'R19-enrolment-secret', {
    enrolmentSecret: 'missing',
  }),
  l0('refuses an L0 device with a wrong secret', 'refuse', 'R19-enrolment-secret', {
    enrolmentSecret: 'wrong',
  }),
  l0('refuses an L0 claim signed by an FTM chip', 'refuse', 'R06-digital-id-signer', {
    signer: { kind: 'ftm-chip', signedDigitalId: true },
  }),
  l0ByApproval('asks the operator about an L0 device', 'pend', 'R21-operator-approval'),
  l0ByApproval(
    'keeps asking while the operator is silent',
    'pend',
    'R21-operator-approval',
    {},
    { approval: 'waiting' },
  ),
  l0ByApproval(
    'refuses what the operator refused',
    'refuse',
    'R20-operator-refused',
    {},
    { approval: 'refused' },
  ),
  l0ByApproval(
    'registers what the operator approved',
    'register',
    'R99-genuine',
    {},
    { approval: 'granted' },
  ),
]
