import { contextTag } from '../../asn1/tags.ts'
import {
  encodeBitString,
  encodeInteger,
  encodeNull,
  encodeObjectIdentifier,
  encodePrintableOrUtf8,
  encodeSequence,
  encodeSetOf,
  encodeTagged,
  encodeUtf8String,
} from '../../asn1/write-der.ts'
import { OID } from '../../asn1/object-identifiers.ts'
import type { SignInput } from './signing.ts'

/** PKCS#10 (RFC 2986): how a device asks for the certificate of its new key, and proves that it holds it. */

export interface NewCertificationRequest {
  readonly commonName: string
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Uint8Array
  /** The server's nonce: makes the proof of possession fresh. */
  readonly challenge: string
}

const SHA256_WITH_RSA = encodeSequence(encodeObjectIdentifier(OID.sha256WithRsa), encodeNull())

export async function makeCertificationRequest(
  request: NewCertificationRequest,
  signInput: SignInput,
): Promise<Uint8Array> {
  const info = makeRequestInfo(request)
  return encodeSequence(info, SHA256_WITH_RSA, encodeBitString(await signInput(info)))
}

function makeRequestInfo({ commonName, spki, challenge }: NewCertificationRequest): Uint8Array {
  const name = encodeSequence(
    encodeSetOf(
      encodeSequence(encodeObjectIdentifier(OID.commonName), encodeUtf8String(commonName)),
    ),
  )
  // RFC 2985 §5.4.1: a value that the certifying party checks; here, its own nonce.
  const password = encodeSequence(
    encodeObjectIdentifier(OID.challengePassword),
    encodeSetOf(encodePrintableOrUtf8(challenge)),
  )
  return encodeSequence(encodeInteger(0), name, spki, encodeTagged(contextTag(0), password))
}
