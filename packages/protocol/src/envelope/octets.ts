import { Buffer } from 'node:buffer'
import { SanadError } from '../problems.ts'

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
  // Node's decoder is lenient; what it writes is the one text (RFC 7515 §2, RFC 4648 §3.5).
  if (bytes.toString('base64url') !== text)
    throw new SanadError('message.not-jose', 'not canonical base64url')
  return bytes
}

/** A compact serialisation is ASCII; any other character is refused when its part is decoded. */
export const toOctets = (compact: string): Buffer => Buffer.from(compact, 'latin1')

export const fromOctets = (bytes: Uint8Array): string => view(bytes).toString('latin1')
