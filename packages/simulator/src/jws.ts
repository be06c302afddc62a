import { sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** A key that signs and the certificates that vouch for it, leaf first, without the root. */
export interface Signer {
  readonly key: KeyObject
  readonly certificates: readonly Buffer[]
}

export const encodeJson = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url')

export const signRs256 = (input: Uint8Array, key: KeyObject): Buffer => sign('sha256', input, key)

/**
 * A compact JWS under RS256.
 *
 * RFC 7515 §4.1.6: `x5c` carries standard base64 of DER, the signer's own certificate first.
 */
export function signJws(typ: string, payload: unknown, signer: Signer): string {
  const x5c = signer.certificates.map((der) => der.toString('base64'))
  const input = `${encodeJson({ alg: 'RS256', typ, x5c })}.${encodeJson(payload)}`
  return `${input}.${signRs256(Buffer.from(input), signer.key).toString('base64url')}`
}
