import { execFileSync } from 'node:child_process'
import { type KeyObject, generateKeyPairSync, sign } from 'node:crypto'
import { TAG, contextTag } from '@sanad/protocol/asn1/tags'
import {
  encodeBitString,
  encodeInteger,
  encodeNull,
  encodeObjectIdentifier,
  encodeSequence,
  encodeSetOf,
  encodeTagged,
  encodeUtf8String,
} from '@sanad/protocol/asn1/write-der'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { spkiOf } from '../../test/throwaway-provider.ts'
import { SHA256_WITH_RSA, attachSignature } from './der/certificate-structure.ts'
import { encodeName } from './der/distinguished-name.ts'
import { verifyDeviceRequest } from './device-request.ts'

const device = generateKeyPairSync('rsa', { modulusLength: 2048 })
const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
const NAME = encodeName({ organisation: 'Whoever', commonName: 'whatever' })

const attribute = (oid: string, ...values: Uint8Array[]): Uint8Array =>
  encodeSequence(encodeObjectIdentifier(oid), encodeSetOf(...values))
const challenge = (...values: Uint8Array[]): Uint8Array =>
  attribute(OID.challengePassword, ...values)
const text = (tag: number, words: string): Uint8Array =>
  encodeTagged(tag, new TextEncoder().encode(words))
const NONCE = 'pN0nce-_1234567890abcdef'

interface Terms {
  readonly version?: number
  readonly spki?: Uint8Array
  readonly attributes?: readonly Uint8Array[]
  readonly signer?: KeyObject
}

function makeRequest({
  version = 0,
  spki = spkiOf(device.publicKey),
  attributes = [challenge(encodeUtf8String(NONCE))],
  signer = device.privateKey,
}: Terms = {}): Uint8Array {
  const info = encodeSequence(
    encodeInteger(version),
    NAME,
    spki,
    encodeTagged(contextTag(0), ...attributes),
  )
  return attachSignature(info, sign('sha256', info, signer))
}

const refuses = (der: Uint8Array, code: string) =>
  expect(() => verifyDeviceRequest(der)).toThrow(expect.objectContaining({ code }))

describe('a certification request', () => {
  it('takes only key and challenge from a certificate request', () => {
    const { spki, challengePassword, ...rest } = verifyDeviceRequest(makeRequest())
    expect(Buffer.from(spki)).toEqual(spkiOf(device.publicKey))
    expect(challengePassword).toBe(NONCE)
    expect(rest).toEqual({})
  })

  it('reads a challenge as PrintableString, or none', () => {
    const printed = makeRequest({ attributes: [challenge(text(TAG.printableString, 'abc'))] })
    expect(verifyDeviceRequest(printed).challengePassword).toBe('abc')
    expect(verifyDeviceRequest(makeRequest({ attributes: [] })).challengePassword).toBeUndefined()
  })

  it('reads a certificate request made by OpenSSL', () => {
    const directory = mkdtempSync(join(tmpdir(), 'sanad-request-'))
    const config = join(directory, 'request.cnf')
    writeFileSync(
      config,
      '[req]\ndistinguished_name=n\nattributes=a\nprompt=no\n[n]\nCN=x\n[a]\nchallengePassword=secret-nonce\n',
    )
    const words = ['req', '-new', '-config', config, '-newkey', 'rsa:2048', '-nodes']
    const out = ['-keyout', '/dev/null', '-outform', 'DER']
    const der = execFileSync('openssl', [...words, ...out], { stdio: ['ignore', 'pipe', 'ignore'] })
    rmSync(directory, { recursive: true })
    expect(verifyDeviceRequest(der).challengePassword).toBe('secret-nonce')
  })

  it('refuses a certificate request that another key signed', () => {
    refuses(makeRequest({ signer: other.privateKey }), 'registration.possession-not-proven')
  })

  it('refuses a certificate request that was altered after signing', () => {
    const der = Uint8Array.from(makeRequest())
    const at = Buffer.from(der).indexOf('whatever')
    der[at] = 0x57
    refuses(der, 'registration.possession-not-proven')
  })

  it('refuses a certificate request for a weak key', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const spki = spkiOf(weak.publicKey)
    refuses(makeRequest({ spki, signer: weak.privateKey }), 'registration.key-weak')
  })

  it('refuses a certificate request for a key that is not RSA', () => {
    const spki = spkiOf(generateKeyPairSync('ed25519').publicKey)
    refuses(makeRequest({ spki }), 'registration.key-weak')
  })
})

/** The same key with another digest would pass for a new one. */
function withoutNull(spki: Uint8Array): Uint8Array {
  const bits = spki.subarray(24)
  return encodeSequence(encodeSequence(encodeObjectIdentifier(OID.rsaEncryption)), bits)
}

describe('a request that is not strictly DER, or not of the form, is refused', () => {
  const sound = makeRequest()
  const info = encodeSequence(encodeInteger(0), NAME, spkiOf(device.publicKey))
  it.each<[string, Uint8Array]>([
    ['bytes after it', Buffer.concat([sound, Buffer.of(0)])],
    ['cut off', sound.subarray(0, -1)],
    ['empty', new Uint8Array()],
    ['text', Buffer.from('-----BEGIN CERTIFICATE REQUEST-----')],
    [
      'larger than 4 KiB',
      makeRequest({ attributes: [challenge(text(TAG.utf8String, 'x'.repeat(4000)))] }),
    ],
    ['another version', makeRequest({ version: 1 })],
    ['a second spelling of the key', makeRequest({ spki: withoutNull(spkiOf(device.publicKey)) })],
    ['no attributes at all', attachSignature(info, sign('sha256', info, device.privateKey))],
    [
      'two challenges',
      makeRequest({
        attributes: [challenge(encodeUtf8String('a')), challenge(encodeUtf8String('b'))],
      }),
    ],
    [
      'a challenge of two values',
      makeRequest({ attributes: [challenge(encodeUtf8String('a'), encodeUtf8String('b'))] }),
    ],
    ['a challenge of no value', makeRequest({ attributes: [challenge()] })],
    [
      'a challenge in another string type',
      makeRequest({ attributes: [challenge(text(TAG.ia5String, 'a'))] }),
    ],
    [
      'a challenge that is not UTF-8',
      makeRequest({ attributes: [challenge(encodeTagged(TAG.utf8String, Uint8Array.of(0xff)))] }),
    ],
    [
      'attributes out of order',
      makeRequest({
        attributes: [
          challenge(encodeUtf8String('a')),
          attribute('1.2.840.113549.1.9.14', encodeNull()),
        ],
      }),
    ],
    ['signed with SHA-1', relabelled('1.2.840.113549.1.1.5')],
  ])('%s', (_what, der) => {
    refuses(der, 'certificate.request-invalid')
  })
})

function relabelled(oid: string): Uint8Array {
  const { length } = SHA256_WITH_RSA
  const der = makeRequest()
  const info = der.subarray(4, 4 + 4 + Buffer.from(der).readUInt16BE(6))
  const signature = der.subarray(4 + info.length + length + 4 + 1)
  return encodeSequence(
    info,
    encodeSequence(encodeObjectIdentifier(oid), encodeNull()),
    encodeBitString(signature),
  )
}
