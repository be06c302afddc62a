import { nameCharacter, show } from './named-character.ts'
import { LONGEST_SERIAL_NO, type SerialForm, explainMisfit, fitsForm } from './serial-form.ts'
import {
  explainRewriting,
  explainStandIn,
  looksLikeDate,
  looksLikeDecimal,
  looksLikeTwo,
  looksRounded,
} from './rewritten-number.ts'

/**
 * Whether a text can be the serial number that is printed on a device: one rule for every way in which a device
 * is approved. Pure. Registration compares with what was approved, and is no looser.
 *
 * MDS 0.9.5, digital ID: `serialNo` is "as printed on the device", of at least 12 alphanumerics. What stands in a
 * file went through spreadsheets and editors, which rewrite numbers; a number that was rewritten is a device that
 * can never register, or another device that can.
 */

/** Refused: no device has this printed on it. */
export const SERIAL_NO_FAULTS = {
  'row.serial-no-character': 'The serial number has a character that is not printed on a device.',
  'row.serial-no-rewritten': 'A spreadsheet or an editor has rewritten the serial number.',
  'row.serial-no-stand-in': 'Something else stands in place of the serial number.',
  'row.serial-no-formula': 'A spreadsheet formula stands in place of the serial number.',
  'row.serial-no-length': 'The serial number is too long.',
  'row.serial-no-form': 'The serial number does not have the form of its model’s.',
} as const
export type SerialNoFault = keyof typeof SERIAL_NO_FAULTS

/** May be right: a person compares it with the device, and confirms it. */
export const SERIAL_NO_DOUBTS = {
  'row.serial-no-short': 'The serial number has fewer than the 12 characters that MDS asks for.',
  'row.serial-no-date': 'The serial number may be a date.',
  'row.serial-no-decimal': 'The serial number may be a decimal number.',
  'row.serial-no-rounded': 'The serial number may have been rounded to 15 digits.',
  'row.serial-no-uniform': 'The serial number is one character over and over.',
  'row.serial-no-several': 'The serial number may be two serial numbers, or a range of them.',
  'row.serial-no-twin': 'The serial number can be mistaken for that of another device.',
  'row.serial-no-shorter-than-others':
    'The serial number is shorter than the others: leading zeros may be missing.',
} as const
export type SerialNoDoubt = keyof typeof SERIAL_NO_DOUBTS

export interface SerialNoFinding<Code> {
  readonly code: Code
  /** A sentence, with the text that it is about. */
  readonly reason: string
}

export interface ExaminedSerialNo {
  /** The most telling reason to refuse it. */
  readonly fault: SerialNoFinding<SerialNoFault> | undefined
  readonly doubts: readonly SerialNoFinding<SerialNoDoubt>[]
}

/** MDS 0.9.5, digital ID. */
const LEAST_SERIAL_NO = 12

/** @param form that of the model’s serial numbers, where it has one. */
export function examineSerialNo(text: string, form?: SerialForm): ExaminedSerialNo {
  const fault = findFault(text, form)
  return { fault, doubts: fault === undefined ? [...findDoubts(text, form)] : [] }
}

type Fault = ExaminedSerialNo['fault']

function findFault(text: string, form: SerialForm | undefined): Fault {
  const always = findStandIn(text)
  if (always !== undefined) return always
  if (form !== undefined && fitsForm(form, text)) return undefined
  return (
    findFormula(text) ??
    findRewriting(text) ??
    findLength(text) ??
    findCharacter(text, form) ??
    findMisfit(text, form)
  )
}

function findStandIn(text: string): Fault {
  const standIn = explainStandIn(text)
  if (standIn === undefined) return undefined
  return {
    code: 'row.serial-no-stand-in',
    reason: `${show(text)} is ${standIn}, not a serial number.`,
  }
}

/** OWASP › CSV Injection. */
function findFormula(text: string): Fault {
  if (!/^[=+\-@]/.test(text)) return undefined
  const reason = `${show(text)} begins like a spreadsheet formula, with ‘${text.slice(0, 1)}’.`
  return { code: 'row.serial-no-formula', reason }
}

function findRewriting(text: string): Fault {
  const rewriting = explainRewriting(text)
  if (rewriting === undefined) return undefined
  return { code: 'row.serial-no-rewritten', reason: `${show(text)} ${rewriting}.` }
}

function findLength(text: string): Fault {
  if (text.length <= LONGEST_SERIAL_NO) return undefined
  const cut = text.length === 255 || text.length === 256 ? ', and may have been cut off there' : ''
  const reason = `${show(text)} has ${text.length} characters${cut}; a serial number has at most ${LONGEST_SERIAL_NO}.`
  return { code: 'row.serial-no-length', reason }
}

/** What is printed on devices, where the model does not say otherwise. */
const PRINTED = /^[0-9A-Za-z./_-]$/

function findCharacter(text: string, form: SerialForm | undefined): Fault {
  const characters = Array.from(text)
  const isOfForm = (character: string) =>
    form?.slots.some(({ part }) => part.admits(character)) === true
  const at = characters.findIndex((each) => !PRINTED.test(each) && !isOfForm(each))
  const odd = characters[at]
  if (odd === undefined) return undefined
  const before = characters.slice(0, at).join('')
  const place = before === '' ? 'begins with' : `has, after ${show(before)},`
  const reason = `${show(text)} ${place} ${nameCharacter(odd)}.`
  return { code: 'row.serial-no-character', reason }
}

function findMisfit(text: string, form: SerialForm | undefined): Fault {
  if (form === undefined) return undefined
  const reason = `${show(text)} does not have the form ${form.text} of this model’s serial numbers: ${explainMisfit(form, text)}.`
  return { code: 'row.serial-no-form', reason }
}

function* findDoubts(
  text: string,
  form: SerialForm | undefined,
): Generator<SerialNoFinding<SerialNoDoubt>> {
  // A form says that zeros at the end, as many characters and such a date are what is printed; not that they are whole.
  if (looksRounded(text)) {
    const reason = `${show(text)} ends in zeros from the 16th digit on, as a spreadsheet leaves a number that it rounded to 15 digits.`
    yield { code: 'row.serial-no-rounded', reason }
  }
  if (form !== undefined) return
  if (text.length < LEAST_SERIAL_NO) {
    const reason = `${show(text)} has ${text.length === 1 ? '1 character' : `${text.length} characters`}; MDS asks for at least ${LEAST_SERIAL_NO}. Are leading zeros missing?`
    yield { code: 'row.serial-no-short', reason }
  }
  if (looksLikeDate(text)) {
    yield {
      code: 'row.serial-no-date',
      reason: `${show(text)} may be a date that a spreadsheet made.`,
    }
  }
  if (looksLikeDecimal(text)) {
    const reason = `${show(text)} may be a decimal number that a spreadsheet made.`
    yield { code: 'row.serial-no-decimal', reason }
  }
  if (looksLikeTwo(text)) {
    const reason = `${show(text)} may be two serial numbers, or a range of them.`
    yield { code: 'row.serial-no-several', reason }
  }
  if (/^(.)\1{2,}$/.test(text)) {
    yield { code: 'row.serial-no-uniform', reason: `${show(text)} is one character over and over.` }
  }
}
