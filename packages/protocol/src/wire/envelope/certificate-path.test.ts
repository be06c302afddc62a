import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { BROKEN, type Outcome, SOUND } from '../../../test/broken-certificates.ts'
import {
  KEY_USAGE,
  NOW,
  NO_CA,
  type Parts,
  ROOT,
  caExtensions,
  certify,
  extension,
  nameOf,
} from '../../../test/certificate-parts.ts'
import { TAG } from '../../asn1/tags.ts'
import { encodeInteger, encodeNull, encodeTagged } from '../../asn1/write-der.ts'
import { OID } from '../../asn1/object-identifiers.ts'
import { parseCertificate } from '../../asn1/x509.ts'
import { type PathPolicy, validatePath } from './certificate-path.ts'

function outcomeOf(chain: readonly Uint8Array[], policy: Partial<PathPolicy> = {}): Outcome {
  let read
  try {
    read = chain.map(parseCertificate)
  } catch (error) {
    expect(error).toMatchObject({ code: 'certificate.request-invalid' })
    return 'unreadable'
  }
  const result = validatePath(read, { anchors: [parseCertificate(ROOT)], at: NOW, ...policy })
  return result.isValid ? 'valid' : result.problem
}

describe('a certificate of an end entity', () => {
  it.each(Object.entries(SOUND))('is accepted %s', (_what, der) => {
    expect(outcomeOf([der])).toBe('valid')
  })

  it.each(Object.entries(BROKEN))('is refused %s', (_what, [outcome, der]) => {
    expect(outcomeOf([der])).toBe(outcome)
  })

  it('refuses an end entity whose key is too short or has exponent 3', () => {
    for (const options of [{ modulusLength: 1024 }, { modulusLength: 2048, publicExponent: 3 }]) {
      const { publicKey } = generateKeyPairSync('rsa', options)
      const spki = publicKey.export({ type: 'spki', format: 'der' })
      expect(outcomeOf([certify({ spki })])).toBe('key-too-weak')
    }
  })
})

describe('an issuer', () => {
  const below = certify({ issuer: nameOf('Between') })
  const between = (parts: Parts): Outcome =>
    outcomeOf([below, certify({ subject: nameOf('Between'), ...parts })])

  it('accepts an issuer that is a CA with enough path length', () => {
    expect(between({ extensions: caExtensions() })).toBe('valid')
    expect(between({ extensions: caExtensions(encodeInteger(0)) })).toBe('valid')
  })

  it('refuses an issuer that is no CA', () => expect(between({})).toBe('not-a-ca'))

  it('refuses an issuer whose key usage does not allow signing certificates', () => {
    const [authority = NO_CA] = caExtensions()
    expect(between({ extensions: [authority, KEY_USAGE] })).toBe('key-usage-refused')
  })

  it('refuses an issuer with a malformed extension', () => {
    const extra = extension(OID.subjectKeyIdentifier, encodeNull())
    expect(between({ extensions: [...caExtensions(), extra] })).toBe('malformed')
  })

  it('refuses an issuer with a negative path length', () => {
    const length = encodeTagged(TAG.integer, Uint8Array.of(0xff))
    expect(between({ extensions: caExtensions(length) })).toBe('malformed')
  })

  it('accepts an issuer as first certificate only where an authority is expected', () => {
    const authority = certify({ extensions: caExtensions() })
    const policy = { leaf: 'authority' } as const
    expect(outcomeOf([authority])).toBe('not-an-end-entity')
    expect(outcomeOf([authority], policy)).toBe('valid')
  })
})
