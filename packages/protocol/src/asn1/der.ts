import { SanadError } from '../text/problems.ts'

/**
 * DER (X.690): the few types that certificates, requests and revocation lists are made of.
 *
 * The writer makes only canonical bytes; the reader refuses whatever is not: indefinite or overlong
 * lengths, trailing bytes, non-minimal integers. Two parties that read the same bytes see the same thing.
 */

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** A context-specific tag: `[n]`, constructed (EXPLICIT, or IMPLICIT over a structure) or primitive. */
export const contextTag = (n: number, constructed = true): number =>
  0x80 | (constructed ? 0x20 : 0) | n

// ── Writing ────────────────────────────────────────────────────────────────────────────────────────

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

function encodeLength(length: number): number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return [0x80 | bytes.length, ...bytes]
}

export function encodeTagged(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 0)
  return concatBytes([Uint8Array.from([tag, ...encodeLength(length)]), ...content])
}

export const encodeSequence = (...items: readonly Uint8Array[]): Uint8Array =>
  encodeTagged(TAG.sequence, ...items)

/** DER orders the members of a SET OF by their bytes (X.690 §11.6). */
export const encodeSetOf = (...items: readonly Uint8Array[]): Uint8Array =>
  encodeTagged(TAG.set, ...items.toSorted(compareBytes))

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && compareBytes(a, b) === 0

/** INTEGER from big-endian magnitude bytes of a number ≥ 0. */
export function encodeUnsignedInteger(magnitude: Uint8Array): Uint8Array {
  let start = 0
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++
  const minimal = magnitude.subarray(start)
  const needsZero = minimal.length === 0 || ((minimal[0] ?? 0) & 0x80) !== 0
  return encodeTagged(TAG.integer, Uint8Array.from(needsZero ? [0] : []), minimal)
}

export function encodeInteger(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return encodeUnsignedInteger(Uint8Array.from(bytes))
}

export const encodeBoolean = (value: boolean): Uint8Array =>
  encodeTagged(TAG.boolean, Uint8Array.of(value ? 0xff : 0))

export const encodeNull = (): Uint8Array => encodeTagged(TAG.null)

export const encodeOctetString = (bytes: Uint8Array): Uint8Array =>
  encodeTagged(TAG.octetString, bytes)

export const encodeBitString = (bytes: Uint8Array, unusedBits = 0): Uint8Array =>
  encodeTagged(TAG.bitString, Uint8Array.of(unusedBits), bytes)

/** A BIT STRING of named bits, shortest form (X.690 §11.2.2). */
export function encodeNamedBits(...bits: readonly number[]): Uint8Array {
  const highest = Math.max(...bits)
  const bytes = new Uint8Array((highest >> 3) + 1)
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7))
  return encodeBitString(bytes, 7 - (highest & 7))
}

export function encodeObjectIdentifier(dotted: string): Uint8Array {
  // BigInt, because an arc made of a UUID has 128 bits (X.667).
  const [first = 0n, second = 0n, ...rest] = dotted.split('.').map(BigInt)
  const bytes: number[] = []
  for (const arc of [first * 40n + second, ...rest]) {
    const groups = [Number(arc % 128n)]
    for (let left = arc / 128n; left > 0n; left /= 128n) groups.unshift(Number(left % 128n) | 0x80)
    bytes.push(...groups)
  }
  return encodeTagged(TAG.objectIdentifier, Uint8Array.from(bytes))
}

export const encodeUtf8String = (text: string): Uint8Array =>
  encodeTagged(TAG.utf8String, new TextEncoder().encode(text))

/** PrintableString where the text allows it, as most certificate tools write names. */
export function encodePrintableOrUtf8(text: string): Uint8Array {
  return /^[A-Za-z0-9 '()+,\-./:=?]*$/.test(text)
    ? encodeTagged(TAG.printableString, new TextEncoder().encode(text))
    : encodeUtf8String(text)
}

export const encodeIa5String = (text: string): Uint8Array =>
  encodeTagged(TAG.ia5String, new TextEncoder().encode(text))

/** RFC 5280 §4.1.2.5: UTCTime until 2049, GeneralizedTime from 2050; whole seconds, Zulu. */
export function encodeTime(at: Date): Uint8Array {
  const digits = at.toISOString().replace(/[-:T]|\.\d+Z$/g, '')
  const text = at.getUTCFullYear() < 2050 ? `${digits.slice(2)}Z` : `${digits}Z`
  const tag = at.getUTCFullYear() < 2050 ? TAG.utcTime : TAG.generalizedTime
  return encodeTagged(tag, new TextEncoder().encode(text))
}

// ── Reading ────────────────────────────────────────────────────────────────────────────────────────

export interface DerValue {
  readonly tag: number
  readonly content: Uint8Array
  /** Tag, length and content. */
  readonly bytes: Uint8Array
}

/** Reads exactly one value; bytes after it are refused. @throws SanadError `certificate.request-invalid` */
export function readDer(bytes: Uint8Array): DerValue {
  const value = readOne(bytes, 0)
  if (value.bytes.length !== bytes.length) throw notDer('bytes after the value')
  return value
}

/** The values inside a constructed one. */
export const readChildren = (value: DerValue): DerValue[] => [...eachChild(value)]

/** As {@link readChildren}, one by one: for lists of hundreds of thousands. */
export function* eachChild(value: DerValue): Generator<DerValue, void, undefined> {
  for (let at = 0; at < value.content.length;) {
    const child = readOne(value.content, at)
    yield child
    at += child.bytes.length
  }
}

/** A cursor over the children of a structure: the grammar reads as a list of expectations. */
export class DerReader {
  readonly #items: readonly DerValue[]
  #at = 0

  constructor(value: DerValue) {
    this.#items = readChildren(value)
  }

  static ofSequence(bytes: Uint8Array): DerReader {
    return new DerReader(expectTag(readDer(bytes), TAG.sequence))
  }

  next(tag: number): DerValue {
    const item = this.#items[this.#at]
    if (item === undefined) throw notDer('a value is missing')
    this.#at++
    return expectTag(item, tag)
  }

  nextOfAny(): DerValue {
    const item = this.#items[this.#at]
    if (item === undefined) throw notDer('a value is missing')
    this.#at++
    return item
  }

  optional(tag: number): DerValue | undefined {
    return this.#items[this.#at]?.tag === tag ? this.next(tag) : undefined
  }

  sequence(): DerReader {
    return new DerReader(this.next(TAG.sequence))
  }

  get isAtEnd(): boolean {
    return this.#at === this.#items.length
  }

  end(): void {
    if (!this.isAtEnd) throw notDer('a value too many')
  }
}

export function expectTag(value: DerValue, tag: number): DerValue {
  if (value.tag !== tag) throw notDer(`tag ${value.tag} where ${tag} is expected`)
  return value
}

/** Content of an OBJECT IDENTIFIER: the longest in use have about thirty bytes, and a long arc is dear to read. */
const LONGEST_IDENTIFIER = 64

export function decodeObjectIdentifier(value: DerValue): string {
  expectTag(value, TAG.objectIdentifier)
  if (value.content.length > LONGEST_IDENTIFIER) throw notDer('an object identifier is too long')
  const arcs: bigint[] = []
  let arc = 0n
  let isOpen = false
  for (const byte of value.content) {
    if (!isOpen && byte === 0x80) throw notDer('an object identifier arc is padded')
    arc = arc * 128n + BigInt(byte & 0x7f)
    isOpen = (byte & 0x80) !== 0
    if (isOpen) continue
    arcs.push(...(arcs.length === 0 ? splitFirstArc(arc) : [arc]))
    arc = 0n
  }
  if (isOpen || arcs.length === 0) throw notDer('an object identifier is cut off')
  return arcs.join('.')
}

/** X.690 §8.19.4: the first two arcs travel as one number. */
function splitFirstArc(both: bigint): [bigint, bigint] {
  const first = both < 80n ? both / 40n : 2n
  return [first, both - first * 40n]
}

/** The magnitude of a non-negative INTEGER, big-endian, without the sign byte. */
export function decodeUnsignedInteger(value: DerValue): Uint8Array {
  expectTag(value, TAG.integer)
  const [first, second] = value.content
  if (first === undefined) throw notDer('an integer is empty')
  if ((first & 0x80) !== 0) throw notDer('an integer is negative')
  if (first !== 0 || value.content.length === 1) return value.content
  if (((second ?? 0) & 0x80) === 0) throw notDer('an integer is padded')
  return value.content.subarray(1)
}

/** The content of an INTEGER of either sign, shortest form (X.690 §8.3.2), two’s complement. */
export function decodeIntegerContent(value: DerValue): Uint8Array {
  expectTag(value, TAG.integer)
  const [first, second] = value.content
  if (first === undefined) throw notDer('an integer is empty')
  const isPadded =
    second !== undefined && (first === 0 ? second < 0x80 : first === 0xff && second >= 0x80)
  if (isPadded) throw notDer('an integer is padded')
  return value.content
}

export function decodeSmallInteger(value: DerValue): number {
  const magnitude = decodeUnsignedInteger(value)
  if (magnitude.length > 6) throw notDer('an integer is too large')
  return magnitude.reduce((number, byte) => number * 256 + byte, 0)
}

export function decodeBoolean(value: DerValue): boolean {
  expectTag(value, TAG.boolean)
  const [byte] = value.content
  if (value.content.length !== 1 || (byte !== 0 && byte !== 0xff))
    throw notDer('a boolean is not canonical')
  return byte === 0xff
}

/** The bytes of a BIT STRING without unused bits. */
export function decodeBitString(value: DerValue): Uint8Array {
  expectTag(value, TAG.bitString)
  if (value.content[0] !== 0) throw notDer('a bit string has unused bits')
  return value.content.subarray(1)
}

/** The numbers of the bits that are set. X.690 §11.2.2: the last bit that is written is set. */
export function decodeNamedBits(value: DerValue): number[] {
  expectTag(value, TAG.bitString)
  const [unused] = value.content
  const last = value.content.length === 1 ? undefined : value.content.at(-1)
  const isShortest = last === undefined ? unused === 0 : unused === trailingZeros(last)
  if (unused === undefined || !isShortest) throw notDer('named bits are not in their shortest form')
  const bits: number[] = []
  value.content.subarray(1).forEach((byte, index) => {
    for (let bit = 0; bit < 8; bit++) if ((byte & (0x80 >> bit)) !== 0) bits.push(index * 8 + bit)
  })
  return bits
}

/** Of one byte; 8 where none is set. */
const trailingZeros = (byte: number): number => (byte === 0 ? 8 : 31 - Math.clz32(byte & -byte))

const utf8 = new TextDecoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF8String, PrintableString and IA5String as text. */
export function decodeText(value: DerValue): string {
  if (
    value.tag !== TAG.utf8String &&
    value.tag !== TAG.printableString &&
    value.tag !== TAG.ia5String
  ) {
    throw notDer(`tag ${value.tag} is not a text`)
  }
  try {
    return strictUtf8.decode(value.content)
  } catch (cause) {
    throw notDer('a text is not UTF-8', cause)
  }
}

/** Milliseconds since the epoch of a UTCTime or GeneralizedTime in the one form RFC 5280 §4.1.2.5 allows. */
export function decodeTime(value: DerValue): number {
  const text = utf8.decode(value.content)
  const isShort = value.tag === TAG.utcTime
  if (!isShort) expectTag(value, TAG.generalizedTime)
  const match = (
    isShort
      ? /^(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/
      : /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/
  ).exec(text)
  if (match === null) throw notDer('a time is not in Zulu form')
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map(Number)
  // RFC 5280 §4.1.2.5.1: two digits mean 1950 to 2049.
  const fullYear = isShort ? (year < 50 ? 2000 + year : 1900 + year) : year
  const at = Date.UTC(fullYear, month - 1, day, hour, minute, second)
  // 31 April would be 1 May for one reader and no day for another.
  const isRead = [month, day, hour, minute, second].every(
    (part, index) => part === partsOf(new Date(at))[index],
  )
  if (!isRead) throw notDer('there is no such date')
  return at
}

const partsOf = (at: Date): readonly number[] => [
  at.getUTCMonth() + 1,
  at.getUTCDate(),
  at.getUTCHours(),
  at.getUTCMinutes(),
  at.getUTCSeconds(),
]

function readOne(bytes: Uint8Array, at: number): DerValue {
  const tag = bytes[at]
  const first = bytes[at + 1]
  if (tag === undefined || first === undefined) throw notDer('cut off')
  if ((tag & 0x1f) === 0x1f) throw notDer('a long tag')
  let length = first
  let header = 2
  if (first >= 0x80) {
    const count = first & 0x7f
    if (count === 0 || count > 4) throw notDer('an indefinite or huge length')
    length = 0
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[at + 2 + i] ?? Number.NaN)
    header += count
    if (!(length >= 0x80) || (count > 1 && length < 2 ** (8 * (count - 1))))
      throw notDer('an overlong length')
  }
  const end = at + header + length
  if (end > bytes.length) throw notDer('cut off')
  return { tag, content: bytes.subarray(at + header, end), bytes: bytes.subarray(at, end) }
}

function notDer(detail: string, cause?: unknown): SanadError {
  return new SanadError('certificate.request-invalid', `not DER: ${detail}`, { cause })
}
