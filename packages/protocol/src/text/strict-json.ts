import { SanadError } from './problems.ts'

/**
 * JSON that two readers cannot understand differently (RFC 8259 §4 leaves duplicates open).
 *
 * `JSON.parse` takes the last of two members of one name; another reader takes the first. So duplicates
 * are refused, as are deep nesting, `__proto__`, and numbers that a double would round.
 *
 * Names are read here, before `JSON.parse` sees the text. A name has no escapes: one name has one spelling,
 * and nothing rests on how the engine decodes names (V8 of Node 24.21 took an escaped name for another
 * once it had seen an object of that shape).
 */

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject
export interface JsonObject {
  [name: string]: JsonValue
}

export interface JsonLimits {
  /** Nesting of objects and arrays. */
  readonly depth: number
  /** Length of the text in UTF-16 units. */
  readonly length: number
}

const DEFAULT_LIMITS: JsonLimits = { depth: 8, length: 64 * 1024 }

/** @throws SanadError `request.malformed` */
export function parseStrictJson(text: string, limits: JsonLimits = DEFAULT_LIMITS): JsonValue {
  if (text.length > limits.length) throw refuse('too long')
  examine(text, limits.depth)
  return parse(text)
}

/** @throws SanadError `request.malformed` when the value is not an object */
export function parseStrictJsonObject(bytes: Uint8Array, limits?: JsonLimits): JsonObject {
  const value = parseStrictJson(decodeUtf8(bytes), limits)
  if (!isJsonObject(value)) throw refuse('not an object')
  return value
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw refuse('not UTF-8')
  }
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    // The parser's own message quotes the text, which may hold what must not be logged.
    throw refuse('not JSON')
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const MINUS = 0x2d
const DIGIT_0 = 0x30
const DIGIT_9 = 0x39
const LETTER_E = 0x65
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
/** Digits and signs of the longest number that is a safe integer whatever its digits are. */
const SHORT_NUMBER = 15

/** The names of an object that is being read; an array has none. */
type Names = string[] | Set<string> | undefined

/** From so many names on, a set is faster than a list. */
const MANY_NAMES = 12

/**
 * Refuses what two readers may read differently, on the text itself. The text need not be JSON: `parse`
 * refuses it afterwards.
 */
function examine(text: string, maxDepth: number): void {
  const outer: Names[] = []
  let names: Names
  let isNameNext = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) {
      const end = isNameNext ? endOfName(text, i + 1) : endOfString(text, i)
      if (isNameNext) names = addName(names, text.slice(i + 1, end))
      isNameNext = false
      i = end
    } else if (code === COMMA) {
      isNameNext = names !== undefined
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      if (outer.push(names) > maxDepth) throw refuse('too deep')
      isNameNext = code === OPEN_OBJECT
      names = isNameNext ? [] : undefined
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      names = outer.pop()
      isNameNext = false
    } else if (code === MINUS || (code >= DIGIT_0 && code <= DIGIT_9)) {
      i = endOfNumber(text, i) - 1
    }
  }
}

function endOfName(text: string, start: number): number {
  let end = start
  for (let code = text.charCodeAt(end); code !== QUOTE; code = text.charCodeAt(++end)) {
    if (code === BACKSLASH) throw refuse('a member name has an escape')
    if (end >= text.length) throw refuse('not JSON')
  }
  return end
}

function addName(names: Names, name: string): Names {
  if (name === '__proto__') throw refuse('a forbidden name')
  if (names instanceof Set ? names.has(name) : names?.includes(name)) {
    throw refuse('a member appears twice')
  }
  if (names instanceof Set) return names.add(name)
  names?.push(name)
  return names !== undefined && names.length > MANY_NAMES ? new Set(names) : names
}

/** A number that is an integer has to be one that a double holds exactly. */
function endOfNumber(text: string, start: number): number {
  let end = start + 1
  while (end < text.length && isOfNumber(text.charCodeAt(end))) end++
  if (end - start > SHORT_NUMBER || hasExponent(text, start, end)) {
    const value = Number(text.slice(start, end))
    const isRounded = Number.isInteger(value) && !Number.isSafeInteger(value)
    if (isRounded || Math.abs(value) === Infinity) throw refuse('a number too large')
  }
  return end
}

/** Digits, signs, a full stop, `e` and `E`. */
function isOfNumber(code: number): boolean {
  return (code >= DIGIT_0 && code <= DIGIT_9) || (code | 0x20) === LETTER_E || isMark(code)
}

const isMark = (code: number): boolean => code === MINUS || code === 0x2b || code === 0x2e

function hasExponent(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((text.charCodeAt(at) | 0x20) === LETTER_E) return true
  return false
}

/** By `indexOf`, because most of a message is one long string. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    if (!isEscaped(text, at)) return at
  }
  return text.length
}

/** Behind an odd number of backslashes. */
function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++
  return backslashes % 2 === 1
}

function refuse(detail: string): SanadError {
  return new SanadError('request.malformed', detail)
}
