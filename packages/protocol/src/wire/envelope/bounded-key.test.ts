import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  encodeBitString,
  encodeInteger,
  encodeNull,
  encodeObjectIdentifier,
  encodeSequence,
  encodeUnsignedInteger,
} from '../../asn1/write-der.ts'
import { OID } from '../../asn1/object-identifiers.ts'
import { importBoundedKey } from './bounded-key.ts'

const spkiOf = (modulusBits: number, exponent: Uint8Array): Uint8Array =>
  encodeSequence(
    encodeSequence(encodeObjectIdentifier(OID.rsaEncryption), encodeNull()),
    encodeBitString(
      encodeSequence(
        encodeUnsignedInteger(new Uint8Array(modulusBits / 8).fill(0xc5)),
        encodeUnsignedInteger(exponent),
      ),
    ),
  )

const F4 = Uint8Array.of(1, 0, 1)

describe('a key that a stranger shows', () => {
  it.each([2048, 3072, 4096])('may verify with %d bits of RSA and 65537', (bits) => {
    expect(importBoundedKey(spkiOf(bits, F4)).asymmetricKeyDetails?.modulusLength).toBe(bits)
  })

  it('verifies with an Ed25519 key', () => {
    const spki = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' })
    expect(importBoundedKey(spki).asymmetricKeyType).toBe('ed25519')
  })

  it.each([
    ['fewer bits', spkiOf(2040, F4)],
    ['more bits', spkiOf(4104, F4)],
    ['very many bits', spkiOf(16_384, F4)],
    ['an exponent of 3', spkiOf(2048, Uint8Array.of(3))],
    ['an exponent of 1', spkiOf(2048, Uint8Array.of(1))],
    ['an even exponent', spkiOf(2048, Uint8Array.of(4))],
    ['an exponent of 65539', spkiOf(2048, Uint8Array.of(1, 0, 3))],
    ['an exponent as long as the modulus', spkiOf(3072, new Uint8Array(384).fill(0xc3))],
    ['an exponent of 33 bits', spkiOf(2048, Uint8Array.of(1, 0, 0, 0, 1))],
    ['an empty sequence', encodeSequence()],
    ['an integer', encodeInteger(1)],
    ['nothing', new Uint8Array()],
  ])('is refused with %s, before anything is verified', (_what, spki) => {
    expect(() => importBoundedKey(spki)).toThrow('message.header-refused')
  })

  it.each(['prime256v1', 'secp521r1'])('is refused on the curve %s', (namedCurve) => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve })
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    expect(() => importBoundedKey(spki)).toThrow('message.header-refused')
  })
})
