import type { KeyObject } from 'node:crypto'
import { type DigitalId, readDigitalId } from '../../domain/digital-id.ts'
import { SanadError } from '../../text/problems.ts'
import { parseStrictJsonObject } from '../../text/strict-json.ts'
import type { Certificate } from '../../asn1/x509.ts'
import { decodeCertificateChain, encodeCertificateChain, readCertificate } from './certificates.ts'
import { parseCompactJws, requireHeaderMembers } from './compact.ts'
import { type SignInput, makeJws, verifyJws } from './signing.ts'

/** The signed digital ID: a JWS as MOSIP's validators read it (MF §3): RS256, typ JWT, x5c as an array. */

export function signDigitalId(
  digitalId: DigitalId,
  chain: readonly Uint8Array[],
  signInput: SignInput,
): Promise<string> {
  return makeJws(
    { alg: 'RS256', typ: 'JWT', x5c: encodeCertificateChain(chain) },
    digitalId,
    signInput,
  )
}

export interface ReadDigitalId {
  readonly digitalId: DigitalId
  readonly chain: readonly Certificate[]
  /** Verifies the signature with a key that the caller trusts for this device. */
  readonly verifyWith: (key: KeyObject) => void
}

/** Of a device on record: its certificates are compared as bytes, and reading them again would tell nothing. */
export interface KnownDigitalId extends Omit<ReadDigitalId, 'chain'> {
  /** DER, the signer's first. */
  readonly certificates: readonly Uint8Array[]
}

/**
 * Reads without believing: whose key must have signed follows from the *registered* level, and is the
 * caller's to say. @throws SanadError `message.digital-id-invalid`
 */
export function readSignedDigitalId(text: string): ReadDigitalId {
  const { certificates, ...known } = readKnownDigitalId(text)
  return { ...known, chain: attempt(() => certificates.map(readCertificate)) }
}

/** Likewise, without reading the certificates. @throws SanadError `message.digital-id-invalid` */
export function readKnownDigitalId(text: string): KnownDigitalId {
  return attempt(() => {
    const jws = parseCompactJws(text)
    requireHeaderMembers(jws.header, ['alg', 'typ', 'x5c'])
    if (jws.header['typ'] !== 'JWT') throw new SanadError('message.wrong-type', 'typ')
    return {
      digitalId: readDigitalId(parseStrictJsonObject(jws.payload)),
      certificates: decodeCertificateChain(jws.header['x5c']),
      verifyWith: (key) => attempt(() => verifyJws(jws, key, 'RS256'), 'signature'),
    }
  })
}

/** Whatever is wrong with it, it is the digital ID that is wrong. */
function attempt<T>(read: () => T, detail?: string): T {
  try {
    return read()
  } catch (error) {
    throw new SanadError('message.digital-id-invalid', detail, { cause: error })
  }
}
