import { SanadError } from './problems.ts'

/**
 * One text for one value, so that a hash or signature over it means the value.
 *
 * As RFC 8785, narrowed: numbers are integers that a double holds exactly, and texts are well-formed Unicode
 * in normalisation form C, so that two spellings of the same letter are the same bytes.
 */

export type CanonicalValue =
  | null
  | boolean
  | number
  | string
  | readonly CanonicalValue[]
  | { readonly [key: string]: CanonicalValue | undefined }

/** Members that are undefined are left out. @throws SanadError `server.internal` for a value that has no form. */
export function canonicalText(value: CanonicalValue): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return integerText(value)
  if (typeof value === 'string') return stringText(value)
  if (isList(value)) return `[${value.map(canonicalText).join(',')}]`
  return objectText(value)
}

export function canonicalBytes(value: CanonicalValue): Uint8Array {
  return new TextEncoder().encode(canonicalText(value))
}

function isList(value: object): value is readonly CanonicalValue[] {
  return Array.isArray(value)
}

function integerText(value: number): string {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    throw noForm('a number is not a safe integer')
  }
  return String(value)
}

function stringText(value: string): string {
  // RFC 8785 §3.2.2.2: exactly the escapes of JSON.stringify.
  return JSON.stringify(normalised(value))
}

function normalised(text: string): string {
  if (!text.isWellFormed()) throw noForm('a text has a lone surrogate')
  return text.normalize('NFC')
}

function objectText(value: { readonly [key: string]: CanonicalValue | undefined }): string {
  const members = new Map<string, string>()
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined) continue
    const name = normalised(key)
    if (members.has(name)) throw noForm('two members have one name')
    members.set(name, `${stringText(name)}:${canonicalText(member)}`)
  }
  // RFC 8785 §3.2.3: sorted by UTF-16 code units, which is what the default order of JavaScript is.
  const names = [...members.keys()].toSorted()
  return `{${names.map((name) => members.get(name)).join(',')}}`
}

function noForm(why: string): SanadError {
  return new SanadError('server.internal', `no canonical form: ${why}`)
}
