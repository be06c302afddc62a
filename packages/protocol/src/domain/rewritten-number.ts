import { isSerialNoHeader } from './import-columns.ts'

/**
 * What spreadsheets, editors and programs make of a number, and what they put in place of one.
 *
 * Each is told by the form of the text alone. In the languages in which most spreadsheets are sold.
 */

/** `#N/A`, `#REF!`, `Err:502`, `#WERT!`, `#¡DIV/0!`: a cell that has no value. In all languages it begins with `#`. */
const CELL_ERROR =
  /^(?:#[¡¿]?(?:[\p{L}\d_/ .]{1,30}[!?]|\p{L}{1,2}\/\p{L}{1,2}|nv|nd|getting_data|spill|calc)|(?:err|fehler|erreur|errore|error|erro)\s*:\s*\d{3})$/iu

const TRUTH = new Set(
  [
    'true|false|wahr|falsch|vrai|faux|verdadero|falso|verdadeiro|vero|waar|onwaar|sant|falskt|sand|falsk|tosi|epätosi',
    'prawda|fałsz|pravda|nepravda|igaz|hamis|adevarat|fals|doğru|yanliş|benar|salah|истина|ложь|真|假|صحيح|خطأ',
    'yes|no|ja|nein|oui|non|si|sí|sim|não|да|нет',
  ]
    .join('|')
    .split('|'),
)

const WORDS = new Set(
  [
    'n/a|na|nan|nat|null|nil|none|undefined|empty|blank|void|nv|inf|infinity|[object object]|error|test|dummy',
    'invalid date|loading...|tbd|tba|tbc|todo|unknown|pending|missing|ditto|see above|as above|same|same as above|idem',
    'not available|not applicable|no serial|no serial number|k.a.|s.o.|n.d.|n.v.|ohne|keine|aucun|ninguno|nessuno',
    'total|subtotal|sub total|grand total|sum|count|end|eof|average|end of file',
    'gesamt|gesamtsumme|summe|insgesamt|total général|somme|suma|totale|totaal|toplam|jumlah|итого|всего|合计|总计|合計|المجموع|कुल',
  ]
    .join('|')
    .split('|')
    .map(lettersOf),
)

/** Letters alone: `N.A.`, `n/a` and `(NA)` are one. */
function lettersOf(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{M}]/gu, '')
}

/** What stands there in place of a number: `an error of a spreadsheet`; undefined where nothing does. */
export function explainStandIn(text: string): string | undefined {
  if (/^#+$/.test(text)) return 'what a spreadsheet shows where a column is too narrow'
  if (CELL_ERROR.test(text)) return 'an error that a spreadsheet shows'
  if (TRUTH.has(text.toLowerCase().replace(/\(\)$/, ''))) return 'a truth value of a spreadsheet'
  if (text === '\\N') return 'what a database writes where there is no value'
  if (isSerialNoHeader(text)) return 'the header of the column'
  if (isWord(text)) return 'a word that stands in for a value'
  if (/^x{3,}$/i.test(text) || /^[\s?*._/–—-]+$/u.test(text)) return 'a placeholder'
  return undefined
}

/** Also with a count behind it, `Total: 5`; but not with digits in it: `NA00012345` is a number. */
const isWord = (text: string): boolean =>
  /^[^\p{N}]*$|^\p{L}[^\p{N}]*[:= ]\s*\d{1,7}$/u.test(text) && WORDS.has(lettersOf(text))

const MONTHS =
  'jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june|july|august|september|october|november|december|mär|mrz|mai|okt|dez|janv|févr|fév|mars|avr|juin|juil|août|déc|ene|abr|ago|dic|fev|set|out|gen|mag|giu|lug|ott|mei|mrt|maj|июн|янв|фев|мар|апр|авг'

/** `03-Jan`, `Jan-26`, `3. Mär 2026`, `03-Jan-2026 00:00:00`. */
const MONTH_DATE = new RegExp(
  `^(?:\\d{1,2}[-./ ]{0,2})?(?:${MONTHS})\\.?[-./ ]{0,2}(?:\\d{1,2}|(?:19|20)\\d{2})?(?:[ T]\\d{1,2}:\\d{2}.*)?$|^\\d{2,4}[-./ ](?:${MONTHS})\\.?(?:[-./ ]\\d{1,2})?$`,
  'iu',
)
/** `03/01/2026`, `3.1.26`, `1/3/26 0:00`: as a spreadsheet writes a date by its country. */
const NUMERIC_DATE =
  /^(\d{1,2})[/.](\d{1,2})[/.](\d{2}|\d{4})(?: \d{1,2}:\d{2}(?::\d{2})?(?: ?[AP]M)?)?$/i
/** With a time behind it, no serial number. */
const DATE_WITH_TIME = /^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}[ T]\d{1,2}:\d{2}/
const DAY_DATE = /^\d{1,2}[-/.]\d{1,2}[-/.](?:\d{2}|\d{4})[ T]\d{1,2}:\d{2}/
/** `Saturday, January 3, 2026`, `Sat Jan 03 2026 05:30:00 GMT+0530`. */
const LONG_DATE = new RegExp(
  `^(?:\\p{L}{2,10}[.,]? )?(?:\\d{1,2}\\.? )?(?:${MONTHS})[.,]? (?:\\d{1,2},? )?(?:19|20)\\d{2}(?: .*)?$`,
  'iu',
)
const EAST_ASIAN_DATE = /^\d{2,4} ?[年년] ?\d{1,2} ?[月월](?: ?\d{1,2} ?[日일])?/u
const TIME = /^\d{1,3}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AP]M)?$/i

/** Numbers as programs write large ones: `8.90123E+14`, `1,2E+12`, `1E16`, `1.2345678901234E13`. */
const SCIENTIFIC = /^[+-]?(?:\d+(?:[.,]\d+)?E[+-]\d{1,3}|\d+[.,]\d+E\d{1,3}|\dE\d{1,3})$/i
const TIMES_TEN = /^[+-]?\d+(?:[.,]\d+)?\s*[x×*]\s*10\s*\^?/i
/** `123456789012.0`, `123456789012,00`, and `123456789012.`, as the format `0.###` shows it. */
const WITH_DECIMALS = /^[+-]?\d+[.,]0*$/
/** `123456789012-`, as business software writes a number below zero. */
const WITH_MINUS = /^\d+-$/
/** `EXS442D000...`: copied from where it did not fit. */
const CUT = /(?:\.{2,}|…)$/u
/** Of every country: `123,456,789`, `123.456.789`, `123 456 789`, `123'456'789`, `12,34,56,789`. */
const GROUPED =
  /^[+-]?\d{1,3}(?:([,.'’ \u00A0\u202F\u2009])\d{2,3})(?:\1\d{2,3})*(?:\1\d{3})(?:[.,]\d+)?$/u
const GROUPED_ONCE = /^[+-]?\d{1,3}[,'’ \u00A0\u202F\u2009]\d{3}(?:[.,]\d+)?$/u
const MONEY_OR_PERCENT =
  /^(?:(?:\p{Sc}|[A-Z]{3}(?= )|Rs\.?|kr\.?)\s*[\d.,]+|[\d.,]+\s*(?:\p{Sc}|%|(?<= )[A-Z]{3}|kr\.?))$/u
/** A number in brackets is one below zero. */
const IN_BRACKETS = /^\([\d.,]+\)$/
const ADDRESS = /^(?:[a-z]{3,6}:\/\/|mailto:|www\.)/i

const SHAPES: readonly (readonly [RegExp, string])[] = [
  [
    SCIENTIFIC,
    'is a number in scientific notation: a spreadsheet has rewritten it, and its last digits are lost',
  ],
  [
    TIMES_TEN,
    'is a number in scientific notation: a spreadsheet has rewritten it, and its last digits are lost',
  ],
  [
    WITH_DECIMALS,
    'ends in decimals: a spreadsheet took it for a quantity, and leading zeros may be lost',
  ],
  [NUMERIC_DATE, 'is a date: a spreadsheet has rewritten the number'],
  [MONTH_DATE, 'is a date: a spreadsheet has rewritten the number'],
  [DAY_DATE, 'is a date: a spreadsheet has rewritten the number'],
  [LONG_DATE, 'is a date: a spreadsheet has rewritten the number'],
  [EAST_ASIAN_DATE, 'is a date: a spreadsheet has rewritten the number'],
  [DATE_WITH_TIME, 'is a date: a spreadsheet has rewritten the number'],
  [TIME, 'is a time of day: a spreadsheet has rewritten the number'],
  [GROUPED, 'has thousands separators: a spreadsheet took it for a quantity'],
  [GROUPED_ONCE, 'has a thousands separator: a spreadsheet took it for a quantity'],
  [MONEY_OR_PERCENT, 'is an amount: a spreadsheet took it for a quantity'],
  [WITH_MINUS, 'ends in a minus sign: a program took it for a quantity'],
  [IN_BRACKETS, 'stands in brackets, as a spreadsheet shows a number below zero'],
  [CUT, 'ends in dots: it was cut off where it was copied from'],
  [ADDRESS, 'is an address on the web, not what is printed on a device'],
]

/** What was made of a number: `is a number in scientific notation: …`; undefined where nothing was. */
export function explainRewriting(text: string): string | undefined {
  // A longer text is none of these.
  if (text.length > 64) return undefined
  if (/^['’‘`´]/u.test(text)) {
    const codePoint = (text.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    return `begins with an apostrophe (U+${codePoint}), by which a spreadsheet marks text`
  }
  return SHAPES.find(([shape]) => shape.test(text))?.[1]
}

/** `2026-01-03`, `2026/1/3`, `20260103` is left alone: too many numbers look so. */
export function looksLikeDate(text: string): boolean {
  const found = /^(\d{4})[-/._](\d{1,2})[-/._](\d{1,2})$|^(\d{1,2})-(\d{1,2})-(\d{2}|\d{4})$/.exec(
    text,
  )
  if (found === null) return false
  const [, year, month, day, first, second] = found
  if (year !== undefined) return Number(month) <= 12 && Number(day) <= 31
  return Number(first) <= 31 && Number(second) <= 31
}

/** `EXS442D000001-EXS442D000010`: two that begin alike and have one shape, and so a range, or two devices. */
export function looksLikeTwo(text: string): boolean {
  const [, one, other] = /^([^./_-]{6,})(?:-|\/|_|\.{1,3})([^./_-]{6,})$/.exec(text) ?? []
  if (one === undefined || other === undefined) return false
  return shapeOf(one) === shapeOf(other) && one.slice(0, 3) === other.slice(0, 3)
}

const shapeOf = (text: string): string =>
  text.replaceAll(/[0-9]/g, '9').replaceAll(/[A-Za-z]/g, 'A')

export const looksLikeDecimal = (text: string): boolean => /^\d+\.\d+$/.test(text)

/** IEEE 754 doubles keep 15 decimal digits in a spreadsheet; what is behind them becomes zeros. */
export const looksRounded = (text: string): boolean => /^\d{15}0+$/.test(text) && /[1-9]/.test(text)
