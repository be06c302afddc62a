/**
 * JSON as SBIs send it: each object keeps its members in order and names those that stand there twice, and a number
 * keeps its digits, so that one odd member is a matter of its own entry and the reader can name it.
 *
 * What follows the value is not judged: Jackson, which MOSIP's programs read with, does not look at it either, and
 * MockMDS sends four bytes behind its body.
 */

/** Digits as they stood there: a serial number may be longer than a double holds. */
export class JsonNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export class JsonMembers {
  /** Of a name that stands there twice, the last. */
  readonly members: ReadonlyMap<string, TolerantJson>
  readonly twice: readonly string[]
  constructor(members: ReadonlyMap<string, TolerantJson>, twice: readonly string[]) {
    this.members = members
    this.twice = twice
  }
}

export type TolerantJson = string | boolean | null | JsonNumber | JsonMembers | TolerantJson[]

/** The text is not JSON. */
export class JsonFault extends Error {
  /** The text ended where more had to come: its sender, or the length that it gave, cut it. */
  readonly isCut: boolean
  constructor(isCut: boolean) {
    super('not JSON')
    this.isCut = isCut
  }
}

/** Of arrays and objects; an answer of an SBI has three. */
const DEEPEST = 16
const SPACE = /[ \t\r\n]*/y
const STRING = /"[^"\\]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\]*)*"/y
/** A string without its end. */
const OPEN_STRING =
  /"[^"\\]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\]*)*\\?(?:u[0-9A-Fa-f]{0,3})?$/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORDS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const

/** @returns the first value of the text, and what follows it. @throws JsonFault */
export function parseTolerantJson(text: string): {
  readonly value: TolerantJson
  readonly rest: string
} {
  const reader = new Reader(text)
  const value = reader.value(0)
  return { value, rest: text.slice(reader.at).trim() }
}

class Reader {
  readonly #text: string
  at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): TolerantJson {
    this.#match(SPACE)
    if (depth > DEEPEST) throw new JsonFault(false)
    const value = this.#bare(depth)
    this.#match(SPACE)
    return value
  }

  #bare(depth: number): TolerantJson {
    if (this.#take('{')) return this.#members(depth)
    if (this.#take('[')) return this.#elements(depth)
    if (this.#text[this.at] === '"') return this.#string()
    for (const [word, value] of WORDS) if (this.#take(word)) return value
    const number = this.#match(NUMBER)
    if (number === undefined) throw this.#fault()
    return new JsonNumber(number)
  }

  #members(depth: number): JsonMembers {
    const members = new Map<string, TolerantJson>()
    const twice: string[] = []
    this.#match(SPACE)
    if (this.#take('}')) return new JsonMembers(members, twice)
    do {
      this.#match(SPACE)
      const name = this.#string()
      this.#match(SPACE)
      this.#require(':')
      if (members.has(name)) twice.push(name)
      members.set(name, this.value(depth + 1))
    } while (this.#take(','))
    this.#require('}')
    return new JsonMembers(members, twice)
  }

  #elements(depth: number): TolerantJson[] {
    const elements: TolerantJson[] = []
    this.#match(SPACE)
    if (this.#take(']')) return elements
    do elements.push(this.value(depth + 1))
    while (this.#take(','))
    this.#require(']')
    return elements
  }

  #string(): string {
    const text = this.#match(STRING)
    if (text !== undefined) return readString(text)
    this.#match(OPEN_STRING)
    throw this.#fault()
  }

  #take(word: string): boolean {
    if (!this.#text.startsWith(word, this.at)) return false
    this.at += word.length
    return true
  }

  #require(word: string): void {
    if (!this.#take(word)) throw this.#fault()
  }

  #fault(): JsonFault {
    return new JsonFault(this.at >= this.#text.length)
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const [found] = pattern.exec(this.#text) ?? []
    if (found !== undefined) this.at += found.length
    return found
  }
}

/** JSON escapes control characters in a string. */
function readString(text: string): string {
  try {
    return JSON.parse(text) as string
  } catch {
    throw new JsonFault(false)
  }
}
