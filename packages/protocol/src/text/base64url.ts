import { SanadError } from './problems.ts'

/**
 * Strict base64url (RFC 7515 §2): one text for one byte string.
 *
 * Lenient decoders accept padding, spaces and changed trailing bits, which makes a signed token malleable
 * and lets a replay pass a cache keyed on its text. Here each of those is refused.
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const REFUSED = 0xff

const VALUE_OF = new Uint8Array(128).fill(REFUSED)
for (let value = 0; value < ALPHABET.length; value++) VALUE_OF[ALPHABET.charCodeAt(value)] = value

export function encodeBase64url(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    const characters = Math.min(4, Math.ceil(((bytes.length - i) * 8) / 6))
    for (let c = 0; c < characters; c++) text += ALPHABET[(group >> (18 - 6 * c)) & 63]
  }
  return text
}

/** @throws SanadError `message.not-jose` */
export function decodeBase64url(text: string): Uint8Array {
  const rest = text.length % 4
  if (rest === 1) throw notCanonical()
  const bytes = new Uint8Array((text.length * 3) >> 2)
  let at = 0
  let bits = 0
  let held = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const value = code < 128 ? (VALUE_OF[code] ?? REFUSED) : REFUSED
    if (value === REFUSED) throw notCanonical()
    held = ((held << 6) | value) & 0xfff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = (held >> bits) & 0xff
    }
  }
  // RFC 4648 §3.5: the unused trailing bits are zero, or two texts would mean the same bytes.
  if ((held & ((1 << bits) - 1)) !== 0) throw notCanonical()
  return bytes
}

function notCanonical(): SanadError {
  return new SanadError('message.not-jose', 'not canonical base64url')
}
