import { type KeyObject, verify } from 'node:crypto'
import { decodeBase64url } from '@sanad/protocol/text/base64url'
import { DerReader } from '@sanad/protocol/asn1/read-der'
import { TAG } from '@sanad/protocol/asn1/tags'
import {
  encodeCertificateChain,
  importSpki,
  thumbprintOf,
} from '@sanad/protocol/wire/envelope/certificates'
import { readSignedDigitalId } from '@sanad/protocol/wire/envelope/digital-id'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import type { RequestEnvelope } from '@sanad/protocol/wire/envelopes'
import { DAY_MS, MINUTE_MS } from '@sanad/protocol/text/durations'
import { issue, makeAuthority } from './test-pki.ts'

/** The certificates that a test server issued, and how far each has come: by the rules of the real one. */

export type TestKeyState = 'pending' | 'active' | 'superseded' | 'expired' | 'revoked'

export interface TestCertificate {
  readonly subject: string
  readonly thumbprint: string
  readonly keyId: string
  readonly key: KeyObject
  readonly chain: readonly Uint8Array[]
  readonly replaces: string | undefined
  state: TestKeyState
}

export class TestRegistry {
  readonly provider = makeAuthority('Example Biometrics')
  readonly certificates: TestCertificate[] = []
  lifeMs = 30 * DAY_MS

  /** Whose message this is. The first one under a pending certificate makes it the active one. */
  recognise(thumbprint: string): KeyObject {
    const found = this.certificates.find((certificate) => certificate.thumbprint === thumbprint)
    if (found?.state === 'pending') {
      for (const before of this.of(found.subject, 'active')) before.state = 'superseded'
      found.state = 'active'
    }
    if (found?.state !== 'active') throw new Error(`not valid: ${found?.state ?? 'unknown'}`)
    return found.key
  }

  of(subject: string, state?: TestKeyState): TestCertificate[] {
    return this.certificates.filter(
      (certificate) =>
        certificate.subject === subject && (state === undefined || certificate.state === state),
    )
  }

  register(request: RequestEnvelope, csr: string, nonce: string, now: number): string[] {
    const spki = readProvenKey(csr, nonce)
    const known = this.#ofKey(spki)
    if (known !== undefined) return encodeCertificateChain(known.chain)
    for (const before of this.of(request.sub, 'active')) before.state = 'expired'
    return this.#certify(request, spki, { state: 'active', now })
  }

  recover(request: RequestEnvelope, csr: string, nonce: string, recovers: string, now: number) {
    const spki = readProvenKey(csr, nonce)
    const known = this.#ofKey(spki)
    if (known?.replaces === recovers && known.state === 'active')
      return encodeCertificateChain(known.chain)
    if (known !== undefined) throw new Error('seen before')
    const old = this.of(request.sub).find(({ thumbprint }) => thumbprint === recovers)
    if (old?.state !== 'active') throw new Error('recovers another certificate')
    old.state = 'expired'
    for (const unused of this.of(request.sub, 'pending')) unused.state = 'revoked'
    return this.#certify(request, spki, { state: 'active', replaces: recovers, now })
  }

  /** One live successor: another one takes the place of the first, which is revoked. */
  rotate(request: RequestEnvelope, csr: string, replaces: string, sender: string, now: number) {
    if (replaces !== sender) throw new Error('replaces another')
    const spki = readProvenKey(csr, replaces)
    const known = this.#ofKey(spki)
    if (known?.replaces === replaces && known.state === 'pending')
      return encodeCertificateChain(known.chain)
    if (known !== undefined) throw new Error('seen before')
    for (const first of this.of(request.sub, 'pending')) first.state = 'revoked'
    return this.#certify(request, spki, { state: 'pending', replaces, now })
  }

  #ofKey(spki: Uint8Array): TestCertificate | undefined {
    const keyId = thumbprintOf(spki)
    return this.certificates.find((certificate) => certificate.keyId === keyId)
  }

  #certify(
    { sub, digitalId }: RequestEnvelope,
    spki: Uint8Array,
    { state, replaces, now }: { state: TestKeyState; replaces?: string; now: number },
  ): string[] {
    const { serialNo, model } = readSignedDigitalId(digitalId).digitalId
    const leaf = issue(this.provider, {
      spki,
      commonName: `${serialNo}.${model}`,
      usage: OID.mosipDeviceSigning,
      notBefore: now - 5 * MINUTE_MS,
      notAfter: now + this.lifeMs,
    })
    const chain = [leaf, this.provider.der]
    const names = { subject: sub, thumbprint: thumbprintOf(leaf), keyId: thumbprintOf(spki) }
    this.certificates.push({ ...names, key: importSpki(spki), chain, replaces, state })
    return encodeCertificateChain(chain)
  }
}

/** The key in a PKCS#10 request that it signed itself, with this challenge inside. */
function readProvenKey(csr: string, challenge: string): Uint8Array {
  const der = Buffer.from(decodeBase64url(csr))
  const request = DerReader.ofSequence(der)
  const infoBytes = request.next(TAG.sequence).bytes
  request.next(TAG.sequence)
  const signature = request.next(TAG.bitString).content.subarray(1)
  const info = DerReader.ofSequence(infoBytes)
  info.next(TAG.integer)
  info.next(TAG.sequence)
  const spki = info.next(TAG.sequence).bytes
  if (!verify('sha256', infoBytes, importSpki(spki), signature)) throw new Error('not proven')
  if (!Buffer.from(infoBytes).includes(challenge)) throw new Error('another challenge')
  return spki
}
