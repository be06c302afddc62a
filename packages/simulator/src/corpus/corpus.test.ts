import { describe, expect, it } from 'vitest'
import {
  type EntryReading,
  type PortReading,
  type Refused,
  type Tolerated,
  listDecisive,
} from '@sanad/client/discovery/reading'
import { type PortObservation, observePort } from '@sanad/client/explain/observe-port'
import {
  type RegistrationClientView,
  judgeAnswer,
  judgePort,
} from '@sanad/client/explain/registration-client/judge'
import type { CorpusCase } from './corpus-case.ts'
import { PlayedCase } from './played-case.ts'
import { readCorpus } from './read-corpus.ts'

/** The corpus, played on ports of this machine and read by the client and by its model of the registration client. */

/** A little longer than in life, where it is 10 s: an answer after 8 s must arrive on a loaded machine too. */
const LONGEST_SILENCE_MS = 12_000
/** Of a case that never answers: each of its questions waits so long. */
const LONGEST_CASE_MS = 120_000
const CORPUS = readCorpus()
const observed = new Map<string, Promise<PortObservation>>()
const verbs = new Map<string, readonly string[]>()

/** Once for both tests of a case. */
function observe(played: CorpusCase): Promise<PortObservation> {
  const begun = observed.get(played.name)
  if (begun !== undefined) return begun
  const observation = observeNow(played)
  observed.set(played.name, observation)
  return observation
}

async function observeNow(played: CorpusCase): Promise<PortObservation> {
  await using open = await PlayedCase.open(played)
  const signal = AbortSignal.timeout(LONGEST_CASE_MS)
  const observation = await observePort(open.port, { timeoutMs: LONGEST_SILENCE_MS, signal })
  verbs.set(played.name, open.verbs)
  return observation
}

type ClientExpectation = CorpusCase['expect']['client']

const toToleration = ({ answer, field, kind }: Tolerated) => ({ answer, field, kind })
const toRefusal = ({ code, answer, field }: Refused, serialNo?: string) => ({
  ...(serialNo !== undefined && { serialNo }),
  answer,
  field,
  code,
})

function toExpectation(reading: PortReading): ClientExpectation {
  const decisive = listDecisive(reading)
  const tolerated = decisive.flatMap((exchange) => exchange.tolerated.map(toToleration))
  return {
    devices: reading.entries.flatMap(toDevice),
    ...(tolerated.length > 0 && { tolerated }),
    refused: [
      ...decisive.flatMap(({ refused }) => (refused === undefined ? [] : [toRefusal(refused)])),
      ...reading.entries.flatMap((entry) =>
        entry.outcome === 'understood'
          ? []
          : entry.refused.map((refused) => toRefusal(refused, entry.name.serialNo)),
      ),
    ],
  }
}

function toDevice(entry: EntryReading): ClientExpectation['devices'] {
  if (entry.outcome !== 'understood') return []
  const { digitalId, level } = entry.device
  const tolerated = entry.tolerated.map(toToleration)
  return [{ serialNo: digitalId.serialNo, level, ...(tolerated.length > 0 && { tolerated }) }]
}

describe.concurrent('the client reads', () => {
  it.each(CORPUS.map((one) => [one.name, one] as const))(
    '%s',
    async (_, played) => {
      const { reading } = await observe(played)
      expect(toExpectation(reading)).toEqual(played.expect.client)
    },
    LONGEST_CASE_MS,
  )
})

function toVerdict(view: RegistrationClientView) {
  const { serialNo, verdict, modality, why } = view
  return { serialNo, verdict, ...(modality && { modality }), ...(why && { why }) }
}

describe.concurrent('MOSIP’s registration client sees', () => {
  it.each(CORPUS.map((one) => [one.name, one] as const))(
    '%s',
    async (_, played) => {
      const { answers } = await observe(played)
      const views = judgePort(answers, new Date('2026-12-01T00:00:00Z')).map(toVerdict)
      const why = judgeAnswer(answers.information)?.why ?? 'not-described'
      // It has no limit, and what is beyond ours is not here to be judged.
      if (why === 'answer-too-large') return expect(views).toEqual([])
      for (const device of played.expect.registrationClient.devices) {
        const found = views.find(({ serialNo }) => serialNo === device.serialNo)
        expect(found ?? { serialNo: device.serialNo, verdict: 'unseen', why }).toEqual(device)
      }
      const named = played.expect.registrationClient.devices.map(({ serialNo }) => serialNo)
      expect(
        views.filter(({ serialNo }) => serialNo !== undefined && !named.includes(serialNo)),
      ).toEqual([])
    },
    LONGEST_CASE_MS,
  )
})

it(
  'no case of the corpus is ever asked by a verb that captures',
  async () => {
    await Promise.all(CORPUS.map(observe))
    const asked = new Set([...verbs.values()].flat())
    const known = ['MOSIPDISC', 'MOSIPDINFO', 'SBIDISC', 'SBIINFO']
    expect([...asked].filter((verb) => !known.includes(verb))).toEqual([])
  },
  LONGEST_CASE_MS,
)
