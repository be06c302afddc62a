import { encodeSequence } from '@sanad/protocol/asn1/write-der'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { describe, expect, it } from 'vitest'
import { attachSignature, wholeSeconds } from '../certificates/der/certificate-structure.ts'
import { encodeName } from '../certificates/der/distinguished-name.ts'
import { encodeExtension } from '../certificates/der/extensions.ts'
import {
  type ListFields,
  type RevokedEntry,
  encodeTbsCertList,
  parseRevocationList,
} from '../certificates/der/revocation-list.ts'
import { LIST_LINTS, type ListFacts, requireSoundList } from './list-lints.ts'
import { KEEP_AFTER_END_MS, LIST_LIFE_MS } from './list-terms.ts'

const NOW = Date.UTC(2026, 10, 24, 10, 0, 0, 250)
const issuer = encodeName({ country: 'ET', organisation: 'Example', commonName: 'Provider' })
const stranger = encodeName({ country: 'ET', organisation: 'Example', commonName: 'Other' })
const entry = (serialNumber: string): RevokedEntry => ({
  serialNumber,
  revokedAt: NOW - 5000,
  reason: 'keyCompromise',
})
const A = `41${'0'.repeat(30)}`
const B = `42${'0'.repeat(30)}`

const sound: ListFields = {
  issuer,
  thisUpdate: wholeSeconds(NOW),
  nextUpdate: new Date(wholeSeconds(NOW).getTime() + LIST_LIFE_MS),
  entries: [entry(A), entry(B)],
  keyId: new Uint8Array(20).fill(3),
  number: NOW,
  url: 'https://server.example/crl/0011223344556677/5.crl',
}
const facts: ListFacts = {
  issuer,
  keyId: sound.keyId,
  url: sound.url,
  now: NOW,
  former: { number: NOW - 1, serialNumbers: [A] },
  endOf: new Map(),
}
const make = (changes: Partial<ListFields> = {}) => encodeTbsCertList({ ...sound, ...changes })
const read = (tbs: Uint8Array) => parseRevocationList(attachSignature(tbs, new Uint8Array(0)))

const failedOf = (tbs: Uint8Array, given = facts): string[] =>
  LIST_LINTS.filter(({ holds }) => !holds(read(tbs), given)).map(({ id }) => id)

describe('a list as it should be', () => {
  it('passes a sound revocation list by every lint', () => {
    expect(() => requireSoundList(make(), facts)).not.toThrow()
    expect(() => requireSoundList(make(), { ...facts, former: undefined })).not.toThrow()
  })

  it('lets a revocation list leave out certificates a day past their end', () => {
    const endOf = new Map([[A, NOW - KEEP_AFTER_END_MS]])
    expect(() => requireSoundList(make({ entries: [entry(B)] }), { ...facts, endOf })).not.toThrow()
  })

  it('writes times of a revocation list from 2050 on as GeneralizedTime, and earlier ones as UTCTime', () => {
    const at = Date.UTC(2049, 11, 31, 12)
    const text = Buffer.from(
      make({ thisUpdate: new Date(at), nextUpdate: new Date(at + LIST_LIFE_MS) }),
    ).toString('latin1')
    expect(text).toContain('\u0017\r491231120000Z')
    expect(text).toContain('\u0018\u000f20500102120000Z')
  })
})

const idpValueOf = (tbs: Uint8Array): Uint8Array =>
  read(tbs).extensions.get(OID.issuingDistributionPoint)?.value ?? encodeSequence()

/** A broken list for each lint, which that lint and no other refuses. */
const BROKEN: Record<string, () => readonly [Uint8Array, ListFacts?]> = {
  'issuer-of-the-certificates': () => [make({ issuer: stranger })],
  'made-now': () => [
    make({
      thisUpdate: new Date(sound.thisUpdate.getTime() - 60_000),
      nextUpdate: new Date(sound.nextUpdate.getTime() - 60_000),
    }),
  ],
  'next-update': () => [make({ nextUpdate: new Date(NOW + 24 * 3_600_000) })],
  'number-goes-up': () => [make({ number: NOW - 1 })],
  'authority-key-identifier': () => [make({ keyId: new Uint8Array(20).fill(4) })],
  'number-not-critical': () => [criticalNumber()],
  'issuing-distribution-point': () => [make({ url: sound.url.replace('5.crl', '6.crl') })],
  'no-other-extension': () => [withMore()],
  'reason-codes': () => [
    Buffer.from(
      Buffer.from(make()).toString('hex').replace('0603551d1504030a0101', '0603551d1504030a0106'),
      'hex',
    ),
  ],
  'each-serial-number-once': () => [make({ entries: [entry(A), entry(A)] })],
  'never-shrinks': () => [make({ entries: [entry(B)] })],
}

/** The list with its extensions replaced, by the same writer of DER. */
function rebuild(change: (extensions: Uint8Array[]) => Uint8Array[]): Uint8Array {
  const list = read(make())
  const extensions = [...list.extensions].map(([oid, { isCritical, value }]) =>
    encodeExtension(oid, isCritical, value),
  )
  const tbs = Buffer.from(make()).toString('hex')
  const old = Buffer.from(encodeSequence(...extensions)).toString('hex')
  const head = Buffer.from(tbs.slice(0, tbs.indexOf(old)), 'hex')
  return retag(head, encodeSequence(...change(extensions)))
}

/** @param head everything before the extensions, with the outer SEQUENCE’s and the [0]’s old lengths */
function retag(head: Buffer, extensions: Uint8Array): Uint8Array {
  const outer = head[1] === 0x82 ? 4 : head[1] === 0x81 ? 3 : 2
  // [0] and one or two length bytes come last.
  const tagAt = head.lastIndexOf(0xa0)
  const fields = head.subarray(outer, tagAt)
  const length = extensions.length
  const wrapper = Uint8Array.from(
    length < 0x80
      ? [0xa0, length]
      : length < 0x100
        ? [0xa0, 0x81, length]
        : [0xa0, 0x82, length >> 8, length & 0xff],
  )
  return encodeSequence(fields, wrapper, extensions)
}

const criticalNumber = (): Uint8Array =>
  rebuild((extensions) =>
    extensions.toSpliced(
      1,
      1,
      encodeExtension(
        OID.crlNumber,
        true,
        read(make()).extensions.get(OID.crlNumber)?.value ?? encodeSequence(),
      ),
    ),
  )
const withMore = (): Uint8Array =>
  rebuild((extensions) => [...extensions, encodeExtension('2.5.29.46', false, encodeSequence())])

describe('a list is refused', () => {
  it.each(LIST_LINTS.map(({ id }) => id))('refuses a bad revocation list by %s alone', (id) => {
    const [tbs, given] = BROKEN[id]?.() ?? []
    if (tbs === undefined) throw new Error('no broken list for this lint')
    expect(failedOf(tbs, given)).toEqual([id])
    expect(() => requireSoundList(tbs, given ?? facts)).toThrow(
      expect.objectContaining({ code: 'revocation-list.refused' }) as Error,
    )
  })

  it('refuses a revocation list whose distribution point is not critical', () => {
    const other = encodeExtension(OID.issuingDistributionPoint, false, idpValueOf(make()))
    const tbs = rebuild((extensions) => extensions.toSpliced(2, 1, other))
    expect(failedOf(tbs)).toEqual(['issuing-distribution-point'])
  })

  it('refuses an unreadable revocation list', () => {
    expect(() => requireSoundList(make().subarray(1), facts)).toThrow(
      expect.objectContaining({ code: 'revocation-list.refused' }) as Error,
    )
  })
})
