import { Buffer } from 'node:buffer'
import { SanadError } from '../../text/problems.ts'
import { type JsonObject, parseStrictJsonObject } from '../../text/strict-json.ts'
import { fromBase64url, toBase64url, toOctets } from './octets.ts'

/** JOSE compact serialisations (RFC 7515 §7.1, RFC 7516 §7.1), read in their one strict form. */

export interface CompactJws {
  readonly header: JsonObject
  /** The bytes that are signed: `header.payload` as it stood on the wire. */
  readonly signingInput: Uint8Array
  readonly payload: Uint8Array
  readonly signature: Uint8Array
}

export interface CompactJwe {
  readonly header: JsonObject
  /** Additional authenticated data: the encoded header (RFC 7516 §5.1, 14). */
  readonly aad: Uint8Array
  readonly iv: Uint8Array
  readonly ciphertext: Uint8Array
  readonly tag: Uint8Array
}

const HEADER_LIMITS = { depth: 3, length: 24 * 1024 }

/** @throws SanadError `message.not-jose` */
export function parseCompactJws(text: string): CompactJws {
  // One more than there may be: a text of nothing but full stops would cost as much as a check-in.
  const parts = text.split('.', 4)
  const [header, payload, signature] = parts
  if (
    parts.length !== 3 ||
    header === undefined ||
    payload === undefined ||
    signature === undefined
  ) {
    throw new SanadError('message.not-jose', 'not three parts')
  }
  return {
    header: parseHeader(header),
    signingInput: toOctets(text.slice(0, header.length + 1 + payload.length)),
    payload: fromBase64url(payload),
    signature: fromBase64url(signature),
  }
}

/** Only direct key agreement: the encrypted key is empty. @throws SanadError `message.not-jose` */
export function parseCompactJwe(text: string): CompactJwe {
  const parts = text.split('.', 6)
  const [header, encryptedKey, iv, ciphertext, tag] = parts
  if (
    parts.length !== 5 ||
    header === undefined ||
    iv === undefined ||
    ciphertext === undefined ||
    tag === undefined
  ) {
    throw new SanadError('message.not-jose', 'not five parts')
  }
  // RFC 7518 §4.6: with ECDH-ES in direct mode the encrypted key is empty.
  if (encryptedKey !== '') throw new SanadError('message.not-jose', 'an encrypted key')
  return {
    header: parseHeader(header),
    aad: toOctets(header),
    iv: fromBase64url(iv),
    ciphertext: fromBase64url(ciphertext),
    tag: fromBase64url(tag),
  }
}

function parseHeader(encoded: string): JsonObject {
  try {
    return parseStrictJsonObject(fromBase64url(encoded), HEADER_LIMITS)
  } catch (error) {
    throw new SanadError('message.not-jose', 'header', { cause: error })
  }
}

/** Exactly the members of `shape`: a header parameter that is not understood is not ignored. */
export function requireHeaderMembers(header: JsonObject, names: readonly string[]): void {
  const present = Object.keys(header)
  // RFC 8725 §3.10: jwk, jku, x5u and crit have no place here; they fall under "not listed".
  if (present.length !== names.length || !names.every((name) => Object.hasOwn(header, name))) {
    throw new SanadError('message.header-refused')
  }
}

export function encodeSigningInput(header: object, payload: object): string {
  return joinSigningInput(encodeJson(header), payload)
}

export const joinSigningInput = (encodedHeader: string, payload: object): string =>
  `${encodedHeader}.${encodeJson(payload)}`

export const encodeJson = (value: object): string =>
  Buffer.from(JSON.stringify(value), 'utf8').toString('base64url')

export const joinJws = (signingInput: string, signature: Uint8Array): string =>
  `${signingInput}.${toBase64url(signature)}`
