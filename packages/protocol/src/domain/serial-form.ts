import { SanadError } from '../text/problems.ts'

/**
 * The form of a model’s serial numbers: `EXS442@#{7}`.
 *
 * A language of our own rather than regular expressions, because an operator writes it and every row of an
 * import is compared with it: a comparison takes one pass over the text, whatever the form.
 *
 * - `#` a digit, `@` a letter A to Z, `&` a letter a to z, `*` a letter A to Z or a digit, `?` any letter or digit;
 * - a count behind one of these: `#{7}` exactly seven, `#{6,8}` six to eight;
 * - letters, digits and `-./_` stand for themselves; so does any other character of ASCII behind `\`.
 */

export const LONGEST_FORM = 128
/** MF §3: PMS takes 64 characters of serialNo. */
export const LONGEST_SERIAL_NO = 64

/** By its symbol: what it admits, and what people call it. */
const CLASSES = {
  '#': { admits: /[0-9]/, name: 'digit' },
  '@': { admits: /[A-Z]/, name: 'letter A to Z' },
  '&': { admits: /[a-z]/, name: 'letter a to z' },
  '*': { admits: /[0-9A-Z]/, name: 'letter A to Z or digit' },
  '?': { admits: /[0-9A-Za-z]/, name: 'letter or digit' },
} as const
export type FormClass = keyof typeof CLASSES

interface FormPart {
  /** Of one character. */
  readonly admits: (character: string) => boolean
  readonly name: string
  readonly least: number
  readonly most: number
}

interface Slot {
  readonly part: FormPart
  readonly isOptional: boolean
}

export interface SerialForm {
  readonly text: string
  /** One for each character that it admits. */
  readonly slots: readonly Slot[]
  readonly shortest: number
  readonly longest: number
}

const PART = /([#@&*?])(?:\{(\d{1,2})(?:,(\d{1,2}))?\})?|\\([ -~])|([0-9A-Za-z./_-])/gy

/** @throws SanadError `model.serial-no-form-refused` */
export function parseSerialForm(text: string): SerialForm {
  if (text.length > LONGEST_FORM) refuse(`has more than ${LONGEST_FORM} characters`)
  const parts = readParts(text)
  const shortest = sumOf(parts, 'least')
  const longest = sumOf(parts, 'most')
  if (shortest === 0) refuse('admits an empty serial number')
  if (longest > LONGEST_SERIAL_NO) {
    refuse(`admits ${longest} characters; a serial number has at most ${LONGEST_SERIAL_NO}`)
  }
  return { text, slots: slotsOf(parts), shortest, longest }
}

function readParts(text: string): FormPart[] {
  const parts: FormPart[] = []
  PART.lastIndex = 0
  for (let at = 0; at < text.length; at = PART.lastIndex) {
    const found = PART.exec(text)
    if (found === null) return refuse(`cannot be read from ‘${text.slice(at, at + 10)}’ on`)
    parts.push(partOf(found))
  }
  return parts
}

function partOf([, symbol, least, most, escaped, literal]: RegExpExecArray): FormPart {
  if (symbol === undefined) {
    const own = escaped ?? literal ?? ''
    return { admits: (character) => character === own, name: `‘${own}’`, least: 1, most: 1 }
  }
  // The expression admits only these.
  const { admits, name } = CLASSES[symbol as FormClass]
  const from = least === undefined ? 1 : Number(least)
  const to = most === undefined ? from : Number(most)
  if (to < from || to === 0) refuse(`counts from ${from} to ${to}`)
  return { admits: (character) => admits.test(character), name, least: from, most: to }
}

const sumOf = (parts: readonly FormPart[], bound: 'least' | 'most'): number =>
  parts.reduce((sum, part) => sum + part[bound], 0)

function refuse(why: string): never {
  throw new SanadError('model.serial-no-form-refused', `the form ${why}`)
}

/** One pass: a set of places in the form moves along the text, as in Thompson’s construction. */
export function fitsForm(form: SerialForm, text: string): boolean {
  return text.length <= form.longest && walk(form, text).isWhole
}

interface Walk {
  readonly isWhole: boolean
  /** How many characters fit, before the one that does not. */
  readonly fitted: number
  /** What could have stood next. */
  readonly expected: readonly string[]
}

function slotsOf(parts: readonly FormPart[]): Slot[] {
  return parts.flatMap((part) =>
    Array.from({ length: part.most }, (_slot, index) => ({
      part,
      isOptional: index >= part.least,
    })),
  )
}

function walk(form: SerialForm, text: string): Walk {
  const { slots } = form
  let places = passOptional(slots, new Set([0]))
  let fitted = 0
  for (const character of text) {
    const next = new Set<number>()
    for (const place of places) {
      if (slots[place]?.part.admits(character) === true) next.add(place + 1)
    }
    if (next.size === 0) break
    places = passOptional(slots, next)
    fitted += character.length
  }
  const isWhole = fitted === text.length && places.has(slots.length)
  const expected = [...places].flatMap((place) => slots[place]?.part.name ?? [])
  return { isWhole, fitted, expected: [...new Set(expected)] }
}

function passOptional(slots: readonly Slot[], places: Set<number>): Set<number> {
  // A set that grows while it is walked: what is added is visited too.
  for (const place of places) if (slots[place]?.isOptional === true) places.add(place + 1)
  return places
}

/** Why a text does not fit: how long it may be, or where it leaves the form. */
export function explainMisfit(form: SerialForm, text: string): string {
  const { fitted, expected } = walk(form, text)
  for (const [other, words] of [
    [text.toUpperCase(), 'in capital letters'],
    [text.toLowerCase(), 'in small letters'],
  ] as const) {
    if (other !== text && fitsForm(form, other)) return `it would fit ${words}`
  }
  const length =
    form.shortest === form.longest ? form.longest : `${form.shortest} to ${form.longest}`
  const [odd = ''] = text.slice(fitted)
  const isLength = fitted === text.length || expected.length === 0
  if (isLength) return `it has ${text.length} characters; the form has ${length}`
  return `character ${fitted + 1} is ‘${odd}’; the form has ${expected.join(' or ')} there`
}
