import type { Refused, SbiAnswerName, SbiProblem, Tolerated } from './reading.ts'
import type { Tolerance } from './tolerances.ts'
import { JsonMembers, JsonNumber, type TolerantJson } from './tolerant-json.ts'

/** Collects what is odd about one entry while it is read; the reader does not stop at the first, so that an SBI maker sees all of it at once. */
export class Findings {
  readonly answer: SbiAnswerName
  readonly tolerated: Tolerated[] = []
  readonly refused: Refused[] = []

  constructor(answer: SbiAnswerName) {
    this.answer = answer
  }

  tolerate(kind: Tolerance, field: string, found: string, taken: string): void {
    this.tolerated.push({ kind, answer: this.answer, field, found, taken })
  }

  /** @param reason one short phrase in our own words @returns what the reader has of a field that it refused */
  refuse(
    field: string,
    reason: string,
    found?: string,
    code: SbiProblem = 'client.sbi-field-refused',
  ): undefined {
    const { answer } = this
    this.refused.push({ code, answer, field, reason, ...(found !== undefined && { found }) })
  }
}

const LONGEST_SHOWN = 60
const LONGEST_NAME = 40

/** A short value as JSON; words for a long one, because it may be signed or encoded data, which no log shows. */
export function show(value: TolerantJson | undefined): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (value instanceof JsonMembers) return 'an object'
  const text = value instanceof JsonNumber ? value.text : JSON.stringify(value)
  return text.length > LONGEST_SHOWN ? `${text.length} characters` : printable(text)
}

/** The name of a member that no specification has, cut and fit to be shown. */
export const showName = (name: string): string => printable(name.slice(0, LONGEST_NAME))

/** Without control and direction characters, which would disturb the terminal of a technician. */
export const printable = (text: string): string => text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
