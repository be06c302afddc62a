import { SanadError } from './problems.ts'

/**
 * JSON that two readers cannot understand differently (RFC 8259 §4 leaves duplicates open).
 *
 * `JSON.parse` takes the last of two members of one name; another reader takes the first. So duplicates
 * are refused, as are deep nesting, `__proto__`, and numbers that a double would round.
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
  const members = countMembers(text, limits.depth)
  const value = parse(text)
  // The text has a colon per member; a duplicate leaves fewer members in the value than in the text.
  if (countOwnMembers(value) !== members) throw refuse('a member appears twice')
  return value
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
const COLON = 0x3a

function countMembers(text: string, maxDepth: number): number {
  let members = 0
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) i = endOfString(text, i)
    else if (code === COLON) members++
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > maxDepth) throw refuse('too deep')
    } else if (code === 0x7d || code === 0x5d) depth--
  }
  return members
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

function countOwnMembers(value: JsonValue): number {
  if (typeof value === 'number') {
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw refuse('a number too large')
    return 0
  }
  if (typeof value !== 'object' || value === null) return 0
  if (Array.isArray(value))
    return value.reduce<number>((sum, item) => sum + countOwnMembers(item), 0)
  let members = 0
  for (const name of Object.keys(value)) {
    if (name === '__proto__') throw refuse('a forbidden name')
    members += 1 + countOwnMembers(value[name] ?? null)
  }
  return members
}

function refuse(detail: string): SanadError {
  return new SanadError('request.malformed', detail)
}
