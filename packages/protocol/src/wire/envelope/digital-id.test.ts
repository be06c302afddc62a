import { execFileSync } from 'node:child_process'
import {
  X509Certificate,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
} from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { DigitalId } from '../../domain/digital-id.ts'
import { parseCertificate, readSpki } from '../../asn1/x509.ts'
import { readKnownDigitalId, readSignedDigitalId, signDigitalId } from './digital-id.ts'
import { makeJws, signWith } from './signing.ts'

const pem = execFileSync(
  'openssl',
  'req -x509 -newkey rsa:2048 -nodes -keyout - -days 30 -subj /O=Example/CN=chip'.split(' '),
  { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
)
const chip = createPrivateKey(pem)
const certificate = new X509Certificate(pem).raw
const notACertificate = Uint8Array.of(0x30, 0x01, 0x00)

const digitalId: DigitalId = {
  serialNo: 'FS80H2600001',
  make: 'Acme',
  model: 'FS-80H',
  type: 'Finger',
  deviceSubType: 'Slap',
  deviceProvider: 'Acme Biometrics',
  deviceProviderId: 'ACME',
  dateTime: '2026-11-24T09:59:00Z',
}
const signInput = signWith(chip, 'RS256')
const signed = (chain: readonly Uint8Array[]) => signDigitalId(digitalId, chain, signInput)

const INVALID: unknown = expect.objectContaining({ code: 'message.digital-id-invalid' })
const readers = { readSignedDigitalId, readKnownDigitalId }

describe('a signed digital ID', () => {
  it('reads a new device’s digital ID with its certificates', async () => {
    const { chain, digitalId: read } = readSignedDigitalId(await signed([certificate]))
    expect(read).toEqual(digitalId)
    expect(chain.map(({ der }) => Buffer.from(der))).toEqual([certificate])
  })

  it.each([
    ['first', [notACertificate, certificate]],
    ['last', [certificate, notACertificate]],
  ])('of a new device is refused when the %s of its certificates is none', async (_, chain) => {
    const text = await signed(chain)
    expect(() => readSignedDigitalId(text)).toThrowError(INVALID)
  })

  it('reads a known device’s digital ID with its certificates as bytes', async () => {
    const known = readKnownDigitalId(await signed([certificate, notACertificate]))
    expect(known.digitalId).toEqual(digitalId)
    expect(known.certificates.map((der) => Buffer.from(der))).toEqual([
      certificate,
      Buffer.from(notACertificate),
    ])
  })

  describe.each(Object.entries(readers))('read by %s', (_, read) => {
    it('verifies a digital ID only with the key that signed it', async () => {
      const { verifyWith } = read(await signed([certificate]))
      const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
      expect(() => verifyWith(createPublicKey(chip))).not.toThrow()
      expect(() => verifyWith(other.publicKey)).toThrowError(INVALID)
    })

    it.each([
      ['no certificate', []],
      ['five certificates', Array.from({ length: 5 }, () => certificate.toString('base64'))],
      ['base64url', [certificate.toString('base64url')]],
      ['base64 with a line break', [`${certificate.toString('base64')}\n`]],
      ['a number', [1]],
      ['one text', certificate.toString('base64')],
    ])('is refused with %s in x5c', async (_what, x5c) => {
      const text = await makeJws({ alg: 'RS256', typ: 'JWT', x5c }, digitalId, signInput)
      expect(() => read(text)).toThrowError(INVALID)
    })
  })
})

describe('the key of a certificate that was read before', () => {
  it('finds a certificate’s key without reading all of it', () =>
    expect(readSpki(certificate)).toEqual(parseCertificate(certificate).spki))

  it('finds no key in bytes that are no certificate', () => {
    for (const der of [notACertificate, certificate.subarray(0, 200)])
      expect(() => readSpki(der)).toThrowError(
        expect.objectContaining({ code: 'certificate.request-invalid' }),
      )
  })
})
