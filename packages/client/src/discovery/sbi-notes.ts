import {
  type EntryName,
  type PortReading,
  type Refused,
  type SbiAnswerName,
  type SbiProblem,
  type Tolerated,
  isToldByEntries,
  listDecisive,
} from './reading.ts'
import type { Tolerance } from './tolerances.ts'

/** What the client has to say about one SBI now: a line of the log when it begins, and a row of `status` while it lasts. */
export interface SbiNote {
  readonly port: number
  /** The problem, where something was not understood; else the oddity that was tolerated. */
  readonly code: SbiProblem | undefined
  readonly tolerance: Tolerance | undefined
  readonly answer: SbiAnswerName
  readonly field: string
  readonly found: string | undefined
  /** What is wrong, in one phrase of our own; or what was made of it, as `taken` of the reading has it. */
  readonly words: string
  /** The device it is about, as far as the SBI says; empty where it is about the SBI. */
  readonly name: EntryName
  /** Something of an SBI was not understood; a program that is no SBI is none of the client's business. */
  readonly isTrouble: boolean
}

/** A dozen odd fields of each of the most devices that are read. */
const MOST_NOTES = 400

export function listNotes(reading: PortReading): SbiNote[] {
  const { port, kind, entries } = reading
  const isTrouble = kind === 'sbi'
  const about = (name: EntryName) => ({ port, name })
  const notes = [
    ...listDecisive(reading).flatMap((exchange) => {
      const { tolerated, refused } = exchange
      const isTold = refused === undefined || isToldByEntries(exchange, reading)
      return [
        ...tolerated.map((one) => noteTolerated(one, about({}))),
        ...(isTold ? [] : [noteRefused(refused, about({}), isTrouble)]),
      ]
    }),
    ...entries.flatMap((entry) => {
      const { tolerated } = entry
      const name = entry.outcome === 'understood' ? nameOf(entry.device.digitalId) : entry.name
      const refused = entry.outcome === 'understood' ? [] : entry.refused
      return [
        ...refused.map((one) => noteRefused(one, about(name), isTrouble)),
        ...tolerated.map((one) => noteTolerated(one, about(name))),
      ]
    }),
  ]
  return notes.slice(0, MOST_NOTES)
}

type About = Pick<SbiNote, 'port' | 'name'>

const nameOf = ({ serialNo, make, model }: Required<EntryName>): EntryName => ({
  serialNo,
  make,
  model,
})

export const noteRefused = (refused: Refused, about: About, isTrouble: boolean): SbiNote => ({
  ...about,
  code: refused.code,
  tolerance: undefined,
  answer: refused.answer,
  field: refused.field,
  found: refused.found,
  words: refused.reason,
  isTrouble,
})

const noteTolerated = (tolerated: Tolerated, about: About): SbiNote => ({
  ...about,
  code: undefined,
  tolerance: tolerated.kind,
  answer: tolerated.answer,
  field: tolerated.field,
  found: tolerated.found,
  words: tolerated.taken,
  isTrouble: false,
})

/** Without what stands in the field now: a time is another one at each look. */
export const keyOf = ({ port, code, tolerance, answer, field, name }: SbiNote): string =>
  JSON.stringify([port, code, tolerance, answer, field, name])

/** As one phrase for an error: the field and what is wrong with it. */
export const describeRefused = ({ field, reason }: Refused): string =>
  field === '' ? reason : `${field}: ${reason}`
