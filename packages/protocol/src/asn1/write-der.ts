import { compareBytes, concatBytes } from './bytes.ts'
import { TAG } from './tags.ts'

/** Writes DER (X.690): canonical bytes, and no others. */

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
