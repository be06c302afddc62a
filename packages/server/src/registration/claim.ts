import { type KeyObject, createHash } from 'node:crypto'
import { deviceSubject, type DigitalId } from '@sanad/protocol/domain/digital-id'
import { importBoundedKey } from '@sanad/protocol/wire/envelope/bounded-key'
import { type ShownCertificates, isSelfIssued } from '@sanad/protocol/wire/envelope/certificates'
import { readKnownDigitalId } from '@sanad/protocol/wire/envelope/digital-id'
import {
  type ReceivedRequest,
  type VerifiedRequest,
  verifyRequest,
} from '@sanad/protocol/wire/envelope/request'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Certificate } from '@sanad/protocol/asn1/x509'
import { type MessageExpectations, requireNotFuture } from '../messages/authenticate.ts'
import { digestPayload } from '../messages/replay.ts'
import { leaksOfText } from '../platform/leaks-of-text.ts'
import { requireStorableText } from '../platform/storable-text.ts'

/** A claim to be a device: whole, and signed by the key it shows, but not believed yet. */
export interface Claim {
  readonly request: VerifiedRequest
  readonly payloadSha256: Buffer
  readonly digitalId: DigitalId
  /** DER, the signer's first. */
  readonly certificates: readonly Uint8Array[]
  /** Undefined where one of them cannot be read. */
  readonly chain: readonly Certificate[] | undefined
  readonly signer: {
    readonly kind: 'ftm-chip' | 'device-key'
    /** Whether the digital ID verifies with the key that signed the message. */
    readonly signedDigitalId: boolean
    /** SHA-256 of the signer's SubjectPublicKeyInfo, hex. */
    readonly sha256: string
  }
}

/** @throws SanadError `message.*` */
export function readClaim(
  received: ReceivedRequest,
  { certificates, signerSpki, chain }: ShownCertificates,
  expected: MessageExpectations,
): Claim {
  const key = importSignerKey(signerSpki)
  const request = verifyRequest(received, { ...expected, key })
  const signed = readKnownDigitalId(request.envelope.digitalId)
  requireStorableText(signed.digitalId, 'message.digital-id-invalid')
  requireNoLeak(signed.digitalId)
  if (request.envelope.sub !== deviceSubject(signed.digitalId))
    throw new SanadError('message.wrong-sender')
  requireNotFuture(signed.digitalId, expected)
  return {
    request,
    payloadSha256: digestPayload(request),
    digitalId: signed.digitalId,
    certificates,
    chain,
    signer: {
      kind: kindOfSigner(chain),
      signedDigitalId: verifies(() => signed.verifyWith(key)),
      sha256: createHash('sha256').update(signerSpki).digest('hex'),
    },
  }
}

/**
 * MDS 0.9.5 › Management Client, 10: a claim that is turned away is kept with the names that it gave, so one whose
 * names look like biometric data is no claim. No device is named so.
 */
function requireNoLeak(digitalId: DigitalId): void {
  if (Object.values(digitalId).some((text) => leaksOfText(text).length > 0))
    throw new SanadError('message.digital-id-invalid', 'looks like biometric data')
}

/** A lone self-issued certificate vouches for nothing: it only carries the new key of an L0 device. */
function kindOfSigner(chain: Claim['chain']): Claim['signer']['kind'] {
  const [leaf, issuer] = chain ?? []
  const isAlone = leaf !== undefined && issuer === undefined
  return isAlone && isSelfIssued(leaf) ? 'device-key' : 'ftm-chip'
}

/** RFC 8725 §3.1: RS256 with a key of another kind would be another algorithm. */
function importSignerKey(spki: Uint8Array): KeyObject {
  const key = importBoundedKey(spki)
  if (key.asymmetricKeyType !== 'rsa')
    throw new SanadError('message.header-refused', 'the key of x5c is not RSA')
  return key
}

function verifies(verify: () => void): boolean {
  try {
    verify()
    return true
  } catch {
    return false
  }
}
