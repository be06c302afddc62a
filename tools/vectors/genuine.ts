import { createHash } from 'node:crypto'
import type { Level } from '@sanad/protocol/domain/device-kinds'
import { type CertificateName, makeCsr } from './certificates.ts'
import { COMMAND_ID, type CommandVector, makeCommands } from './genuine-commands.ts'
import { encode } from './sealing.ts'
import {
  type AnswerVector,
  AT,
  base64,
  claimant,
  makeAnswerVector,
  makeRequestVector,
  registered,
  type RequestVector,
  SERVER,
  serverKey,
  signAsServer,
  thumbprint,
} from './stage.ts'
import { draw, type KeyName, spkiOf } from './test-keys.ts'

/** One of every message, answer, statement and command; all of them are to be accepted. */

const NONCE = encode(draw('challenge', 32))
export const STATEMENT_NONCE = encode(draw('nonce of the statement', 16))

const deviceInformation = (certification: Level) => ({
  deviceStatus: 'Ready',
  certification,
  firmware: '1.2.3',
  serviceVersion: '2.0.0',
  specVersions: ['0.9.5'],
  purpose: 'Registration',
  env: 'Staging',
  clientVersion: '0.1.0',
  operatingSystem: 'Debian 12',
})
const checkIn = (level: Level) => ({
  deviceInformation: deviceInformation(level),
  installation: encode(draw('installation', 16)),
  certificateInUse: 'yes',
})
const FACTS = {
  operatingSystem: 'debian 12',
  kernel: '6.1.0',
  architecture: 'x64',
  timeZone: 'Africa/Addis_Ababa',
  processors: 4,
  memoryMb: 8000,
  storageTotalMb: 64_000,
  storageFreeMb: 30_000,
  hostUptimeHours: 30,
  clientVersion: '0.1.0',
  clientUptimeHours: 29,
  clientMemoryMb: 90,
  clientFailures: 0,
  keyStore: 'chip',
  clockState: 'trusted',
  clockUncertaintyMs: 120,
  roundTripMs: 45,
  sbiPort: 4501,
  sbiErrorCode: '0',
  sbiAnswerMs: 12,
  serviceVersion: '2.0.0',
  firmware: '1.2.3',
}
const keyId = (name: KeyName): string =>
  createHash('sha256').update(spkiOf(name)).digest('base64url')

async function makeRequests(): Promise<RequestVector[]> {
  const l1Claim = claimant('L1')
  const l0Claim = claimant('L0')
  const recovering = claimant('L0', 'l0-recovered-device', 'l0-recovered-carrier')
  const registration = async (level: Level, key: KeyName, more: object = {}) => ({
    nonce: NONCE,
    csr: await makeCsr(key, NONCE),
    level,
    ...more,
    deviceInformation: deviceInformation(level),
  })
  const rotation = async (key: KeyName, inUse: CertificateName) => ({
    csr: await makeCsr(key, thumbprint(inUse)),
    replaces: thumbprint(inUse),
  })
  const secret = { enrolmentSecret: 'ABCDE-FGHJK-LMNPQ-RSTUV' }
  const recovers = (name: CertificateName) => ({ recovers: thumbprint(name) })
  const report = {
    id: COMMAND_ID,
    number: 7,
    state: 'succeeded',
    at: AT,
    selfTests: [{ test: 'clock', passed: true, detail: 'trusted' }],
  }
  const purge = { keyIds: [keyId('l1-device')], order: encode(draw('l1-check-in mid', 16)) }
  return [
    makeRequestVector('l1-registration-challenge', 'registration-challenge', l1Claim, 1, {}),
    makeRequestVector(
      'l1-registration',
      'registration',
      l1Claim,
      2,
      await registration('L1', 'l1-device'),
    ),
    makeRequestVector('l1-check-in', 'check-in', registered('L1'), 42, {
      ...checkIn('L1'),
      facts: FACTS,
    }),
    makeRequestVector(
      'l1-key-rotation',
      'key-rotation',
      registered('L1'),
      43,
      await rotation('l1-new-device', 'l1-device'),
    ),
    makeRequestVector('l1-commands', 'commands', registered('L1'), 44, {
      highest: 7,
      reports: [report],
    }),
    makeRequestVector('l1-key-purge', 'key-purge', registered('L1'), 45, purge),
    makeRequestVector(
      'l1-recovery',
      'registration',
      l1Claim,
      46,
      await registration('L1', 'l1-recovered-device', recovers('l1-ended-device')),
    ),
    makeRequestVector('l0-registration-challenge', 'registration-challenge', l0Claim, 1, {}),
    makeRequestVector(
      'l0-registration',
      'registration',
      l0Claim,
      2,
      await registration('L0', 'l0-device', secret),
    ),
    makeRequestVector('l0-check-in', 'check-in', registered('L0'), 3, checkIn('L0')),
    makeRequestVector(
      'l0-key-rotation',
      'key-rotation',
      registered('L0'),
      4,
      await rotation('l0-new-device', 'l0-device'),
    ),
    makeRequestVector('l0-commands', 'commands', registered('L0'), 5, { highest: 0, reports: [] }),
    makeRequestVector(
      'l0-recovery',
      'registration',
      recovering,
      6,
      await registration('L0', 'l0-recovered-device', recovers('l0-ended-device')),
    ),
  ]
}

// ── Answers ──────────────────────────────────────────────────────────────────────────────────────────

const forTechnician = (sentence: string, retryAfterSeconds: number) => ({
  supportCode: '7KQ2-M4XH',
  sentence,
  retryAfterSeconds,
})
const chainOf = (name: CertificateName) => [base64(name), base64('provider')]
const ROTATION = {
  start: '2027-02-20T00:00:00.000Z',
  end: '2027-02-21T00:00:00.000Z',
  reason: 'scheduled',
}

/** Every code that a `refusal` may carry, and the message that meets it. */
export const REFUSAL_CODES = {
  'registration.device-not-approved': 'l1-check-in',
  'registration.device-suspended': 'l1-check-in',
  'registration.device-blocked': 'l1-check-in',
  'registration.device-deregistered': 'l1-check-in',
  'rotation.key-not-new': 'l1-key-rotation',
  'rotation.replaces-another': 'l1-key-rotation',
  'registration.key-weak': 'l1-key-rotation',
  'registration.possession-not-proven': 'l1-key-rotation',
  'certificate.request-invalid': 'l1-key-rotation',
  'purge.not-ordered': 'l1-key-purge',
  'command.not-found': 'l1-commands',
} as const

const makeAnswers = (requests: readonly RequestVector[], commands: readonly CommandVector[]) => {
  const to = (name: string): RequestVector => {
    const request = requests.find((one) => one.name === name)
    if (request === undefined) throw new Error(name)
    return request
  }
  const answer = (name: string, request: string, type: string, body: object): AnswerVector =>
    makeAnswerVector(name, to(request), type, body)
  const registration = (name: string, request: string, body: object) =>
    answer(name, request, 'registration-answer', body)
  const registeredWith = (certificate: CertificateName) => ({
    outcome: 'registered',
    certificateChain: chainOf(certificate),
    nextCheckInSeconds: 60,
  })
  const challenge = { nonce: NONCE, expiresAt: '2026-11-24T10:10:00.123Z' }
  const wait = 'This device waits for the provider’s approval; leave it plugged in.'
  const no = 'This device could not be registered; give the code to the provider’s support.'
  return [
    answer('l1-challenge', 'l1-registration-challenge', 'registration-challenge-answer', challenge),
    answer('l0-challenge', 'l0-registration-challenge', 'registration-challenge-answer', challenge),
    registration('l1-registered', 'l1-registration', registeredWith('l1-device')),
    registration('l0-registered', 'l0-registration', registeredWith('l0-device')),
    registration('pending', 'l0-registration', { outcome: 'pending', ...forTechnician(wait, 60) }),
    registration('refused', 'l1-registration', { outcome: 'refused', ...forTechnician(no, 3600) }),
    registration('l1-recovered', 'l1-recovery', registeredWith('l1-recovered-device')),
    registration('l0-recovered', 'l0-recovery', registeredWith('l0-recovered-device')),
    ...(['L1', 'L0'] as const).map((level) =>
      answer(
        `${level.toLowerCase()}-checked-in`,
        `${level.toLowerCase()}-check-in`,
        'check-in-answer',
        {
          nextCheckInSeconds: 3600,
          certificateNotAfter: '2027-11-24T00:00:00.000Z',
          rotation: ROTATION,
          longestOfflineSeconds: 2_592_000,
          commandsWaiting: level === 'L1',
        },
      ),
    ),
    ...(['l1', 'l0'] as const).map((level) =>
      answer(`${level}-rotated`, `${level}-key-rotation`, 'key-rotation-answer', {
        outcome: 'issued',
        certificateChain: chainOf(`${level}-new-device`),
      }),
    ),
    answer('postponed', 'l1-key-rotation', 'key-rotation-answer', {
      outcome: 'postponed',
      rotation: { ...ROTATION, reason: 'ordered' },
    }),
    answer('purged', 'l1-key-purge', 'key-purge-answer', {}),
    answer('commands', 'l1-commands', 'commands-answer', {
      commands: commands.slice(0, 2).map(({ jws }) => jws),
      more: true,
    }),
    answer('no-commands', 'l0-commands', 'commands-answer', { commands: [], more: false }),
    ...Object.entries(REFUSAL_CODES).map(([code, request]) =>
      answer(`refusal ${code}`, request, 'refusal', {
        code,
        ...forTechnician('This device cannot be used now; give the code to support.', 3600),
      }),
    ),
  ]
}

// ── Statements and commands ──────────────────────────────────────────────────────────────────────────

export const statementOf = (time: object | null) => ({
  v: 1,
  iss: SERVER,
  nonce: STATEMENT_NONCE,
  ts: AT,
  time,
  encryptionKey: { kty: 'OKP', crv: 'X25519', ...serverKey.public },
  notAfter: '2026-11-25T00:00:00.000Z',
})
export const STATEMENT_TYP = 'sanad-server-statement+jws'
export const TIME = { midpoint: Date.parse(AT), radius: 150 }

const makeStatements = () => [
  { name: 'statement', ...signAsServer(STATEMENT_TYP, statementOf(TIME)) },
  { name: 'statement-without-time', ...signAsServer(STATEMENT_TYP, statementOf(null)) },
  {
    name: 'statement-of-the-former-identifiers',
    ...signAsServer(STATEMENT_TYP, statementOf(TIME), 'response-key-former'),
  },
]

export async function makeGenuine() {
  const requests = await makeRequests()
  const commands = makeCommands()
  const answers = makeAnswers(requests, commands)
  return { requests, answers, statements: makeStatements(), commands }
}
