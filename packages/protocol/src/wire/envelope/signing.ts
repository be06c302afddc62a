import { type KeyObject, sign, verify } from 'node:crypto'
import { SanadError } from '../../text/problems.ts'
import { type CompactJws, encodeJson, joinJws, joinSigningInput } from './compact.ts'
import { toOctets } from './octets.ts'

/**
 * RS256 for devices, because MOSIP's validators accept nothing else from one (MF §2.3); EdDSA (Ed25519)
 * for the server's answers. The algorithm comes from the record of the key, never from the message.
 */
export type SignatureAlgorithm = 'RS256' | 'EdDSA'

const DIGEST: Record<SignatureAlgorithm, string | null> = { RS256: 'sha256', EdDSA: null }

/** Signs the bytes of a JWS signing input; a chip or an HSM does it behind this. */
export type SignInput = (signingInput: Uint8Array) => Promise<Uint8Array>

export const signWith =
  (key: KeyObject, algorithm: SignatureAlgorithm): SignInput =>
  (input) =>
    Promise.resolve(sign(DIGEST[algorithm], input, key))

export const makeJws = (header: object, payload: object, signInput: SignInput): Promise<string> =>
  makeJwsWithHeader(encodeJson(header), payload, signInput)

/** With a header that is encoded already, because many messages have the same. */
export async function makeJwsWithHeader(
  encodedHeader: string,
  payload: object,
  signInput: SignInput,
): Promise<string> {
  const signingInput = joinSigningInput(encodedHeader, payload)
  return joinJws(signingInput, await signInput(toOctets(signingInput)))
}

/** @throws SanadError `message.algorithm-refused`, `message.signature-invalid` */
export function verifyJws(jws: CompactJws, key: KeyObject, algorithm: SignatureAlgorithm): void {
  // RFC 8725 §3.1: compared with the key's own algorithm, so that a header cannot choose another.
  if (jws.header['alg'] !== algorithm) throw new SanadError('message.algorithm-refused')
  if (!verify(DIGEST[algorithm], jws.signingInput, key, jws.signature))
    throw new SanadError('message.signature-invalid')
}
