import { notDer } from './not-der.ts'
import { TAG } from './tags.ts'

/**
 * Reads the structure of DER (X.690): whatever is not canonical is refused, indefinite or overlong lengths and trailing
 * bytes among it. Two parties that read the same bytes see the same thing.
 */

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
