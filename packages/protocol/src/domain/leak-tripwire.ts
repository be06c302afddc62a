/**
 * Finds what looks like biometric data in text that is about to be kept or sent, and takes it out.
 *
 * MDS 0.9.5 › Management Client, 10: no logging of biometric data, encrypted or not. Nothing of ours writes
 * any; this is for the day that somebody’s error message does. What is found is counted and named by kind,
 * never kept.
 */

export const LEAK_KINDS = [
  /** ISO/IEC 19794 or 39794 record, CBEFF header. */
  'biometric-record',
  /** JPEG 2000, WSQ, PNG, JPEG. */
  'image',
  /** A member of MOSIP’s capture payload. */
  'capture-member',
  /** A compact JWS or JWE: a capture response is one. */
  'token',
  /** Encoded bytes too long for a key, a digest or an identifier. */
  'encoded-bytes',
] as const
export type LeakKind = (typeof LEAK_KINDS)[number]

export interface Inspected {
  readonly text: string
  /** By kind, how often. */
  readonly leaks: Readonly<Partial<Record<LeakKind, number>>>
}

/**
 * First bytes of records and images. ISO 19794 records begin with three letters and a zero byte: finger,
 * minutiae, iris, face, vascular, skeleton, signature.
 */
const RECORD_STARTS = ['FIR\0', 'FMR\0', 'IIR\0', 'FAC\0', 'VIR\0', 'FSK\0', 'SDI\0', 'FSB\0']
const IMAGE_STARTS: readonly (readonly number[])[] = [
  // JPEG 2000: signature box, and bare codestream.
  [0x00, 0x00, 0x00, 0x0c, 0x6a, 0x50, 0x20, 0x20],
  [0xff, 0x4f, 0xff, 0x51],
  // WSQ: start of image, then a segment of WSQ.
  [0xff, 0xa0, 0xff],
  [0x89, 0x50, 0x4e, 0x47],
  [0xff, 0xd8, 0xff],
]
/** DER of ISO/IEC 39794: an application-class sequence of the standard’s parts 4 (finger), 5 (face), 6 (iris). */
const ISO_39794_TAGS = [0x64, 0x65, 0x66]

/** Longer than base64 of a certificate’s key or a digest; a template is longer. */
const LONGEST_ENCODED = 700
const LONGEST_HEX = 512
/** Bytes: of a digest, of a line of PEM. */
const LONGEST_IDENTIFIER = 64

const ENCODED = /[A-Za-z0-9+/_-]{16,}={0,2}/g
const HEX = /\b(?:[0-9a-f]{2}){32,}\b/gi
const TOKEN =
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*)?/g
/** MOSIP’s names for what a capture brings, with a value of some length behind them. */
const MEMBER =
  /(["']?)\b(bioValue|biometrics|bioextract|sessionKey|bioSubType|bdb|sbInfo|birInfo|bdbInfo)\1\s*[:=]\s*(?:"[^"]*"?|'[^']*'?|\[[^\]]*\]?|\{[^}]*\}?|[^\s,;}]+)/gi
/** `data` and `hash` are everybody’s words; only with a long value are they MOSIP’s. */
const LONG_DATA = /(["']?)\b(data|hash|digitalId)\1\s*[:=]\s*["']?[A-Za-z0-9+/_=.-]{64,}["']?/gi
const CBEFF = /<(?:\w+:)?(BIR|BDB|BIRInfo|BDBInfo|SB)\b[^>]*>[\s\S]*?(?:<\/(?:\w+:)?\1>|$)/gi

const replacementOf = (kind: LeakKind): string => `[removed: ${kind}]`

/** Pure, and linear in the length of the text but for a small factor. */
export function takeOutBiometrics(text: string): Inspected {
  const leaks: Partial<Record<LeakKind, number>> = {}
  const remove = (kind: LeakKind): string => {
    leaks[kind] = (leaks[kind] ?? 0) + 1
    return replacementOf(kind)
  }
  const cleaned = removeRawRecords(text, remove)
    .replace(CBEFF, () => remove('biometric-record'))
    .replace(MEMBER, () => remove('capture-member'))
    .replace(TOKEN, (token) => (token.length > LONGEST_ENCODED ? remove('token') : token))
    .replace(LONG_DATA, () => remove('capture-member'))
    .replace(HEX, (found) => judgeHex(found, remove))
    .replace(ENCODED, (found) => judgeEncoded(found, remove))
  return { text: cleaned, leaks }
}

export function hasLeaks({ leaks }: Inspected): boolean {
  return Object.keys(leaks).length > 0
}

/** Bytes that were taken for text: from their first bytes to the end of the line. */
function removeRawRecords(text: string, remove: (kind: LeakKind) => string): string {
  let cleaned = text
  for (const start of RECORD_STARTS)
    for (let at = cleaned.indexOf(start); at !== -1; at = cleaned.indexOf(start, at + 1)) {
      const end = cleaned.indexOf('\n', at)
      cleaned =
        cleaned.slice(0, at) + remove('biometric-record') + (end === -1 ? '' : cleaned.slice(end))
    }
  return cleaned
}

type Remove = (kind: LeakKind) => string

function judgeHex(found: string, remove: Remove): string {
  const kind = kindOfBytes(decodeHex(found.slice(0, 24)), found.length / 2)
  if (kind !== undefined) return remove(kind)
  return found.length > LONGEST_HEX ? remove('encoded-bytes') : found
}

function judgeEncoded(found: string, remove: Remove): string {
  const kind = kindOfBytes(decodeBase64(found.slice(0, 16)), (found.length * 3) / 4)
  if (kind !== undefined) return remove(kind)
  return found.length > LONGEST_ENCODED ? remove('encoded-bytes') : found
}

function kindOfBytes(bytes: readonly number[], size: number): LeakKind | undefined {
  const letters = String.fromCharCode(...bytes.slice(0, 4))
  if (RECORD_STARTS.includes(letters)) return 'biometric-record'
  if (IMAGE_STARTS.some((start) => start.every((byte, index) => bytes[index] === byte)))
    return 'image'
  const [tag = 0, length = 0] = bytes
  // With a length of two octets or more, and as long as that means: one in eleven thousand random identifiers
  // begins with the same two bytes.
  return size > LONGEST_IDENTIFIER &&
    ISO_39794_TAGS.includes(tag) &&
    (length === 0x82 || length === 0x83)
    ? 'biometric-record'
    : undefined
}

function decodeHex(text: string): number[] {
  return (text.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16))
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** The first whole bytes of base64 or base64url. */
function decodeBase64(text: string): number[] {
  const bytes: number[] = []
  let [bits, held] = [0, 0]
  for (const letter of text.replaceAll('-', '+').replaceAll('_', '/')) {
    const value = ALPHABET.indexOf(letter)
    if (value === -1) break
    bits = ((bits << 6) | value) & 0xffffff
    held += 6
    if (held < 8) continue
    held -= 8
    bytes.push((bits >> held) & 0xff)
  }
  return bytes
}
