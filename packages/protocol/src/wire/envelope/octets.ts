import { Buffer } from 'node:buffer'
import { SanadError } from '../../text/problems.ts'

/**
 * Bytes and their texts by Node's own coders: one message goes through base64url three times in each
 * direction. As strict as ../base64url.ts, which must do without Node.
 */

/** Seen as a Buffer, not copied. */
const view = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

export const toBase64 = (bytes: Uint8Array): string => view(bytes).toString('base64')

export const toBase64url = (bytes: Uint8Array): string => view(bytes).toString('base64url')

/** @throws SanadError `message.not-jose` */
export function fromBase64url(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (!isCanonical(text, bytes)) throw new SanadError('message.not-jose', 'not canonical base64url')
  return bytes
}

/**
 * Whether the text is the one text of these bytes (RFC 7515 §2, RFC 4648 §3.5). Node’s decoder is lenient: it
 * leaves out what is not of the alphabet, and then the bytes are too few; takes `+` and `/` for `-` and `_`; and
 * drops the bits that the last character has too many; and of a character beyond 255 it reads the lower octet.
 * Cheaper than writing the bytes again, which is as long.
 */
function isCanonical(text: string, bytes: Buffer): boolean {
  const rest = text.length % 4
  if (rest === 1 || bytes.length !== (text.length * 3) >> 2) return false
  if (text.includes('+') || text.includes('/') || Buffer.byteLength(text) !== text.length)
    return false
  return rest === 0 || bytes.toString('base64url', bytes.length - (rest - 1)) === text.slice(-rest)
}

/** A compact serialisation is ASCII; any other character is refused when its part is decoded. */
export const toOctets = (compact: string): Buffer => Buffer.from(compact, 'latin1')

export const fromOctets = (bytes: Uint8Array): string => view(bytes).toString('latin1')
