import { PROBLEMS, type ProblemCode } from '@sanad/protocol/text/problems'
import type { SbiAnswerName } from '../discovery/reading.ts'
import type { SbiNote } from '../discovery/sbi-notes.ts'
import { TOLERANCES } from '../discovery/tolerances.ts'
import type { Light } from './advice.ts'
import type { DeviceReport } from './status-report.ts'

/** What `status` says of the SBIs of this computer: what it cannot read, and what an SBI maker should change. */

/** One field of an answer that is not as the specification has it. */
export interface SbiRemark {
  /** Where it was not understood. */
  readonly code?: string
  readonly answer: SbiAnswerName
  /** Path within the entry of the device; empty for the answer as a whole. */
  readonly field: string
  /** A short value that stood there. */
  readonly found?: string
  /** One sentence or phrase: what is wrong, or what was tolerated. */
  readonly words: string
  /** What MOSIP’s registration client makes of it, of what was tolerated. */
  readonly registrationClient?: 'takes' | 'refuses'
}

/** An SBI, or a device of one, that cannot be read. */
export interface SbiReport {
  readonly port: number
  readonly serialNo?: string
  readonly make?: string
  readonly model?: string
  readonly light: Light
  readonly sentence: string
  readonly faults: readonly SbiRemark[]
}

/** The whole status has room for a megabyte, whatever SBIs send. */
const MOST_ROWS = 100
const MOST_REMARKS = 12

/** One row for each SBI and each device in it that cannot be read. */
export function reportSbis(notes: readonly SbiNote[]): SbiReport[] {
  const trouble = notes.filter(({ isTrouble }) => isTrouble)
  return [...Map.groupBy(trouble, rowOf).values()].slice(0, MOST_ROWS).flatMap((faults) => {
    const [first] = faults
    if (first === undefined) return []
    const { port, name } = first
    return [
      {
        port,
        ...name,
        light: 'amber',
        sentence: describe(first),
        faults: faults.slice(0, MOST_REMARKS).map(toRemark),
      },
    ]
  })
}

const rowOf = ({ port, name }: SbiNote): string => JSON.stringify([port, name])

/** @param isAway its SBI did not answer when it was last asked */
export function withRemarks(
  report: DeviceReport,
  notes: readonly SbiNote[],
  isAway: boolean,
): DeviceReport {
  const own = notes.filter((note) => isAbout(note, report))
  const remarks = own.filter(({ code }) => code === undefined).slice(0, MOST_REMARKS)
  const fault = own.find(({ code }) => code !== undefined) ?? findPortFault(notes, report, isAway)
  return {
    ...report,
    ...(remarks.length > 0 && { sbiRemarks: remarks.map(toRemark) }),
    ...(isFree(report) && adviseOnSbi(fault, isAway)),
  }
}

const isAbout = ({ name }: SbiNote, { serialNo, make, model }: DeviceReport): boolean =>
  name.serialNo === serialNo && (name.make ?? make) === make && (name.model ?? model) === model

/** What is wrong with the SBI as a whole concerns each of its devices, while it lasts. */
const findPortFault = (notes: readonly SbiNote[], { port }: DeviceReport, isAway: boolean) =>
  isAway
    ? notes.find((note) => note.isTrouble && note.port === port && note.name.serialNo === undefined)
    : undefined

/** A trouble of another kind, or with the server, is told first. */
const isFree = ({ light, problem, offlineTooLong }: DeviceReport): boolean =>
  light === 'green' || (offlineTooLong !== true && problem?.startsWith('client.sbi-') === true)

function adviseOnSbi(fault: SbiNote | undefined, isAway: boolean) {
  if (fault !== undefined) return { light: 'amber', sentence: describe(fault) } as const
  if (!isAway) return {}
  return {
    light: 'amber',
    sentence: 'The device’s service does not answer at the moment. The client waits for it.',
  } as const
}

/** What to do, where there is more to do than to tell the maker of the SBI. */
const ADVICE: Partial<Record<ProblemCode, string>> = {
  'client.sbi-too-slow':
    'Restart it; if that does not help, tell its maker that MOSIP waits ten seconds.',
  'client.sbi-not-readable': 'Restart it.',
  'client.sbi-answer-cut': 'Tell its maker: Content-Length counts bytes, not characters.',
  'client.sbi-too-many-devices': 'Divide the devices between several SBIs.',
}

const ANSWERS: Record<SbiAnswerName, string> = {
  discovery: 'discovery',
  information: 'device information',
}

function describe({ port, code, answer, field, found, words }: SbiNote): string {
  if (code === undefined) return ''
  const place = field === '' ? ANSWERS[answer] : `${ANSWERS[answer]}, ${field}`
  const shown = found === undefined ? '' : ` (${found})`
  const advice = ADVICE[code] ?? 'Tell its maker.'
  return `${PROBLEMS[code].title} SBI on port ${port}, ${place}: ${words}${shown}. ${advice}`
}

function toRemark({ code, tolerance, answer, field, found, words }: SbiNote): SbiRemark {
  const shown = found === undefined ? {} : { found }
  if (tolerance === undefined)
    return { ...(code !== undefined && { code }), answer, field, ...shown, words }
  const { words: sentence, registrationClient } = TOLERANCES[tolerance]
  return { answer, field, ...shown, words: sentence, registrationClient }
}
