import type {
  CorpusAnswer,
  CorpusCase,
  REGISTRATION_CLIENT_VERDICTS,
} from '../../packages/simulator/src/corpus/corpus-case.ts'
import {
  type Claims,
  type Members,
  NOT_REGISTERED,
  SLAP,
  discovered,
  element,
  registered,
  unregisteredDiscovered,
} from './device.ts'

/** How the cases are written down: in short, one change to a right answer at a time. */

type Expectation = CorpusCase['expect']
type ClientDevice = Expectation['client']['devices'][number]
type Refusal = Expectation['client']['refused'][number]
type Toleration = NonNullable<ClientDevice['tolerated']>[number]
type Listing = Expectation['registrationClient']['devices'][number]
type Answers = CorpusCase['answers']

export interface Sketch {
  readonly name: string
  readonly edition?: CorpusCase['edition']
  readonly about: string
  readonly listen?: CorpusCase['listen']
  readonly answers?: Answers
  readonly otherwise?: CorpusCase['otherwise']
  readonly client: {
    readonly devices?: ClientDevice[]
    readonly tolerated?: readonly string[]
    readonly refused?: Refusal[]
  }
  readonly registrationClient: Listing[]
}

export const group = (name: CorpusCase['group'], sketches: readonly Sketch[]): CorpusCase[] =>
  sketches.map((sketch) => completeCase(name, sketch))

function completeCase(groupName: CorpusCase['group'], sketch: Sketch): CorpusCase {
  const { name, edition = '0.9.5', about, listen, answers = {}, otherwise, client } = sketch
  return {
    $schema: '../schema.json',
    name,
    group: groupName,
    edition,
    about,
    ...(listen && { listen }),
    answers,
    ...(otherwise && { otherwise }),
    expect: {
      client: {
        devices: client.devices ?? [],
        ...(client.tolerated && { tolerated: client.tolerated.map(readToleration) }),
        refused: client.refused ?? [],
      },
      registrationClient: { devices: sketch.registrationClient },
    },
  }
}

/** Both answers of one port, each a list. */
export const both = (discovery: readonly unknown[], info: readonly unknown[]): Answers => ({
  MOSIPDISC: { json: discovery },
  MOSIPDINFO: { json: info },
})

interface Changes {
  readonly claims?: Claims
  readonly discovery?: Members
  readonly info?: Members
}

/** A registered L0 device that is right but for these members. */
export const deviceWith = ({ claims = SLAP, discovery = {}, info = {} }: Changes): Answers =>
  both([discovered(claims, discovery)], [registered(claims, info)])

/** The same, where both answers have these members. */
export const deviceSaying = (changes: Members): Answers =>
  deviceWith({ discovery: changes, info: changes })

/** A right registered device, each of whose two answers is written in this way. */
export const written = (write: (list: unknown) => CorpusAnswer): Answers => ({
  MOSIPDISC: write([discovered(SLAP)]),
  MOSIPDINFO: write([registered(SLAP)]),
})

/** A device that is not registered, with this deviceInfo. */
export const notRegistered = (deviceInfo: unknown): Answers =>
  both([unregisteredDiscovered(SLAP)], [element(deviceInfo, { error: NOT_REGISTERED })])

/** `digitalId.dateTime time-form`, of both answers. */
export const inBoth = (...oddities: readonly string[]): string[] =>
  ['discovery', 'information'].flatMap((answer) => oddities.map((odd) => `${answer} ${odd}`))

/** `information digitalId.dateTime time-form`: which answer, which member, which oddity. */
function readToleration(text: string): Toleration {
  const [answer, ...words] = text.split(' ')
  if (answer !== 'discovery' && answer !== 'information') throw new Error(text)
  const kind = words.pop() ?? ''
  return { answer, field: words.join(' '), kind }
}

export const met = (
  tolerated: readonly string[] = [],
  claims: Claims = SLAP,
  level: 'L0' | 'L1' = 'L0',
): ClientDevice => ({
  serialNo: claims.serialNo,
  level,
  ...(tolerated.length > 0 && { tolerated: tolerated.map(readToleration) }),
})

/** @param place `information deviceInfo.firmware`, or the answer alone when it is refused as a whole */
export function refused(code: string, place: string, serialNo?: string): Refusal {
  const [answer, field = ''] = place.split(' ')
  if (answer !== 'discovery' && answer !== 'information') throw new Error(place)
  return { ...(serialNo !== undefined && { serialNo }), answer, field, code: `client.sbi-${code}` }
}

/** Both answers as a whole, or one element of each. */
export const bothRefused = (code: string, at = ''): Refusal[] => [
  refused(code, `discovery ${at}`),
  refused(code, `information ${at}`),
]

/** A device whose member is wrong in both answers. */
export const deviceRefused = (field: string, { serialNo }: Claims = SLAP): Refusal[] => [
  refused('field-refused', `information ${field}`, serialNo),
  refused('field-refused', `discovery ${field}`, serialNo),
]

/** MOSIPDINFO as a whole, and with it the device that MOSIPDISC named. */
export const informationRefused = (code: string): Refusal[] => [
  refused(code, 'information'),
  refused(code, 'information', SLAP.serialNo),
]

type Verdict = (typeof REGISTRATION_CLIENT_VERDICTS)[number]

const MODALITY: Readonly<Record<string, string>> = {
  Finger: 'finger_slab',
  Iris: 'iris_double',
  Face: 'face_face',
}

const listing = (verdict: Verdict, claims: Claims, why?: string): Listing => {
  const modality = MODALITY[String(claims['type'])]
  return {
    serialNo: claims.serialNo,
    verdict,
    ...(verdict !== 'unseen' && modality !== undefined && { modality }),
    ...(why !== undefined && { why }),
  }
}

export const ready = (claims: Claims = SLAP): Listing => listing('ready', claims)
export const listed = (why: string, claims: Claims = SLAP): Listing =>
  listing('listed', claims, why)
export const unseen = (why: string, claims: Claims = SLAP): Listing =>
  listing('unseen', claims, why)
