import type { ProblemCode } from '@sanad/protocol/text/problems'
import type { DescribedDevice } from './described-device.ts'
import type { SbiVerb } from './sbi-verbs.ts'
import type { Tolerance } from './tolerances.ts'

/**
 * What the client understood of the answers of one SBI, as data: the log, `status`, the exit code of `once` and
 * `explain` all show this one structure.
 *
 * Discovery answers are unsigned hints, and the server judges the signed ones; so each entry is read for itself, and
 * as generously as MOSIP's registration client reads it (docs/facts/sbi-answers.md). An odd entry never hides its
 * neighbours.
 */

/** The two questions: `MOSIPDISC /device` or `SBIDISC /device`, and `MOSIPDINFO /info` or `SBIINFO /info`. */
export type SbiAnswerName = 'discovery' | 'information'

/** The codes of the closed table of problems that say why something of an SBI was not understood. */
export type SbiProblem = Extract<ProblemCode, `client.sbi-${string}` | 'client.answer-too-large'>

/** Something that is not as the specification has it, and was understood nevertheless. */
export interface Tolerated {
  readonly kind: Tolerance
  readonly answer: SbiAnswerName
  /** Path within the entry, such as `digitalId.dateTime`; empty for the answer as a whole. */
  readonly field: string
  /** What stood there: a short value as JSON (at most 60 characters), or words for a long one. */
  readonly found: string
  /** What was made of it, likewise. */
  readonly taken: string
}

/** Why an answer or an entry was not understood. */
export interface Refused {
  readonly code: SbiProblem
  readonly answer: SbiAnswerName
  /** Path within the entry; empty for the answer as a whole. */
  readonly field: string
  /** One short phrase in our own words, without a value that an SBI sent. */
  readonly reason: string
  /** What stood there, as in {@link Tolerated}; absent where nothing did, or nothing that may be shown. */
  readonly found?: string
}

/** What an entry says of which device it is about, as far as that could be read. */
export interface EntryName {
  readonly serialNo?: string
  readonly make?: string
  readonly model?: string
}

export interface UnderstoodEntry {
  readonly outcome: 'understood'
  readonly device: DescribedDevice
  readonly tolerated: readonly Tolerated[]
}

export interface RefusedEntry {
  readonly outcome: 'not-understood'
  readonly name: EntryName
  /** The first is the one that stands in the way. */
  readonly refused: readonly [Refused, ...Refused[]]
  readonly tolerated: readonly Tolerated[]
}

/** One device that the SBI names in either answer. */
export type EntryReading = UnderstoodEntry | RefusedEntry

/** One question and what came of it, as far as it concerns the answer as a whole. */
export interface Exchange {
  readonly answer: SbiAnswerName
  readonly verb: SbiVerb
  /** No program listens there. */
  readonly isClosed?: true
  /** HTTP status; absent when no answer came. */
  readonly status?: number
  /** As it stood in the header; absent without one. */
  readonly contentType?: string
  /** Bytes of the body. */
  readonly size?: number
  /** Milliseconds from the question to the end of the answer, or until the client gave up. */
  readonly tookMs: number
  readonly tolerated: readonly Tolerated[]
  /** Why the answer as a whole was not understood; absent when it was. */
  readonly refused?: Refused
  /** Error codes of elements that name no device, such as 202 (no device connected). */
  readonly errors: readonly string[]
}

/**
 * - `closed`: no program listens at 127.0.0.1.
 * - `not-an-sbi`: a program does, and none of its answers is one of an SBI.
 * - `sbi`: the other cases, whatever was understood.
 */
export type PortKind = 'closed' | 'not-an-sbi' | 'sbi'

/** What is behind one port, after one look. */
export interface PortReading {
  readonly port: number
  readonly kind: PortKind
  /** Of each answer the last is the one that counts: the one that was understood, or the one that says most. */
  readonly exchanges: readonly Exchange[]
  readonly entries: readonly EntryReading[]
}

/** The exchanges that count: what an SBI says to a verb of another edition is no fault of it. */
export const listDecisive = ({ exchanges }: PortReading): readonly Exchange[] =>
  exchanges.filter(
    ({ answer }, at) => at === exchanges.findLastIndex((other) => other.answer === answer),
  )

/** Whether the entries say the same, each with the name of its device. */
export const isToldByEntries = ({ answer, refused }: Exchange, { entries }: PortReading): boolean =>
  answer === 'information' &&
  entries.some(
    (entry) =>
      entry.outcome === 'not-understood' && entry.refused.some((own) => own.code === refused?.code),
  )
