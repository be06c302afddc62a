/**
 * One cell of a CSV file that people open in spreadsheets.
 *
 * OWASP › CSV Injection: a value that begins with = + - @, tab or return is run as a formula. It is written with
 * an apostrophe before it, which a spreadsheet takes as "this is text", and reading takes the apostrophe away.
 */

const FORMULA = /^'*[=+\-@\t\r]/

export const isFormula = (value: string): boolean => /^[=+\-@\t\r]/.test(value)

export function writeCell(value: string): string {
  const text = FORMULA.test(value) ? `'${value}` : value
  // RFC 4180 §2, 6 and 7.
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** `="00123"`: how people and programs keep a spreadsheet from reading a text as a number. */
const TEXT_FORMULA = /^="((?:[^"]|"")*)"$/

/** Undoes `writeCell`, and the formula that is nothing but a text. */
export function readCell(text: string): string {
  const [, kept] = TEXT_FORMULA.exec(text) ?? []
  if (kept !== undefined) return kept.replaceAll('""', '"').trim()
  return text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text
}

export const writeRow = (values: readonly string[]): string =>
  `${values.map(writeCell).join(',')}\r\n`

/** Tells spreadsheets that what follows is UTF-8. */
export const BYTE_ORDER_MARK = '\uFEFF'
