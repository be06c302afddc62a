import { notDer } from './not-der.ts'
import { type DerValue, expectTag } from './read-der.ts'
import { TAG } from './tags.ts'

/**
 * What values of DER (X.690) say, in the one form that each may have. What is in another is refused:
 * `certificate.request-invalid`.
 */

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
