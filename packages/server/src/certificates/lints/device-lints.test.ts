import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { TAG } from '@sanad/protocol/asn1/tags'
import {
  encodeObjectIdentifier,
  encodeSequence,
  encodeSetOf,
  encodeTagged,
  encodeTime,
} from '@sanad/protocol/asn1/write-der'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { KEY_USAGE } from '@sanad/protocol/asn1/x509'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import { makeAuthority, signTbs, spkiOf } from '../../../test/throwaway-provider.ts'
import { type TbsFields, encodeTbsCertificate, wholeSeconds } from '../der/certificate-structure.ts'
import { encodeName, encodeRelativeName } from '../der/distinguished-name.ts'
import {
  encodeAuthority,
  encodeAuthorityKeyIdentifier,
  encodeCrlDistributionPoint,
  encodeEndEntity,
  encodeExtendedKeyUsage,
  encodeExtension,
  encodeKeyUsage,
  encodeSubjectKeyIdentifier,
  keyIdentifierOf,
} from '../der/extensions.ts'
import { LintGate, findFailures } from '../lint-gate.ts'
import { DEVICE_LINTS } from './device-lints.ts'
import type { LintedCertificate } from './lint.ts'

const provider = makeAuthority({ name: { organisation: 'Example', commonName: 'Provider' } })
const device = generateKeyPairSync('rsa', { modulusLength: 2048 })
const spki = spkiOf(device.publicKey)
const now = Math.floor(Date.now() / 1000) * 1000

const facts: Omit<LintedCertificate, 'certificate'> = {
  provider: provider.certificate,
  commonName: 'SN-1.M-1',
  crlUrl: 'https://server.example/crl/0011223344556677/5.crl',
  plannedAt: now,
  previousNotBefore: now - 30 * DAY_MS,
}

/** The extensions of the profile by name, so that a test changes one and leaves the rest. */
const EXTENSIONS = {
  basicConstraints: encodeEndEntity(),
  keyUsage: encodeKeyUsage(KEY_USAGE.digitalSignature),
  subjectKeyIdentifier: encodeSubjectKeyIdentifier(keyIdentifierOf(spki)),
  authorityKeyIdentifier: encodeAuthorityKeyIdentifier(keyIdentifierOf(provider.spki)),
  extendedKeyUsage: encodeExtendedKeyUsage(OID.mosipDeviceSigning),
  crlDistributionPoint: encodeCrlDistributionPoint(facts.crlUrl),
}

const SOUND: TbsFields = {
  serialNumber: Uint8Array.from([0x41, ...randomBytes(15)]),
  issuer: provider.certificate.subject,
  notBefore: wholeSeconds(now - 300_000),
  notAfter: wholeSeconds(now + 40 * DAY_MS),
  subject: encodeName({ organisation: 'Example', commonName: 'SN-1.M-1' }),
  spki,
  extensions: Object.values(EXTENSIONS),
}

const encode = (changes: Partial<TbsFields>): Uint8Array =>
  encodeTbsCertificate({ ...SOUND, ...changes })

const withExtension = (changes: Partial<typeof EXTENSIONS>): Partial<TbsFields> => ({
  extensions: Object.values({ ...EXTENSIONS, ...changes }),
})

const subjectOf = (...names: Uint8Array[]): Partial<TbsFields> => ({
  subject: encodeSequence(...names),
})

const printedIn = (tag: number, oid: string, text: string): Uint8Array =>
  encodeSetOf(
    encodeSequence(encodeObjectIdentifier(oid), encodeTagged(tag, new TextEncoder().encode(text))),
  )

const O = encodeRelativeName(OID.organisation, 'Example')
const CN = encodeRelativeName(OID.commonName, 'SN-1.M-1')
const LONG = 'S'.repeat(65)
const ed25519 = spkiOf(generateKeyPairSync('ed25519').publicKey)
const rsa1024 = spkiOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)
const ofKey = (key: Uint8Array): Partial<TbsFields> => ({
  spki: key,
  ...withExtension({ subjectKeyIdentifier: encodeSubjectKeyIdentifier(keyIdentifierOf(key)) }),
})

/** GeneralizedTime for a year that has a UTCTime. */
function withWrongTimeForm(tbs: Uint8Array): Uint8Array {
  const long = (at: Date) =>
    encodeTagged(
      TAG.generalizedTime,
      new TextEncoder().encode(`${at.toISOString().replace(/[-:T]|\.\d+Z$/g, '')}Z`),
    )
  const sound = encodeSequence(encodeTime(SOUND.notBefore), encodeTime(SOUND.notAfter))
  const wrong = encodeSequence(long(SOUND.notBefore), encodeTime(SOUND.notAfter))
  return reframe(tbs, sound, wrong)
}

/** SHA-512 with RSA inside, where SHA-256 was. */
const SHA256_ALGORITHM = Buffer.from('300d06092a864886f70d01010b0500', 'hex')
const SHA512_ALGORITHM = Buffer.from('300d06092a864886f70d01010d0500', 'hex')

function reframe(tbs: Uint8Array, part: Uint8Array, replacement: Uint8Array): Uint8Array {
  const at = Buffer.from(tbs).indexOf(part)
  const content = Buffer.concat([
    tbs.subarray(0, at),
    replacement,
    tbs.subarray(at + part.length),
  ]).subarray(4)
  return encodeTagged(TAG.sequence, content)
}

/** For each lint, certificates that break it and nothing else. */
const BROKEN: Record<string, [what: string, tbs: Uint8Array][]> = {
  'mosip.signature-algorithm': [
    ['SHA-512', reframe(encode({}), SHA256_ALGORITHM, SHA512_ALGORITHM)],
  ],
  'rfc5280.serial-number': [
    ['8 octets', encode({ serialNumber: Uint8Array.from([0x41, ...randomBytes(7)]) })],
    ['a sign octet', encode({ serialNumber: Uint8Array.from([0x81, ...randomBytes(15)]) })],
  ],
  'rfc5280.issuer-name': [
    [
      'the same name in another string type',
      encode({
        issuer: encodeSequence(
          printedIn(TAG.printableString, OID.organisation, 'Example'),
          encodeRelativeName(OID.commonName, 'Provider'),
        ),
      }),
    ],
  ],
  'rfc5280.validity-form': [['GeneralizedTime before 2050', withWrongTimeForm(encode({}))]],
  'mosip.not-before': [
    ['earlier than the former certificate', encode({ notBefore: wholeSeconds(now - 31 * DAY_MS) })],
    ['backdated by an hour', encode({ notBefore: wholeSeconds(now - 3_600_000) })],
    ['in the future', encode({ notBefore: wholeSeconds(now + 60_000) })],
  ],
  'mosip.not-after': [
    ['past the provider certificate', encode({ notAfter: wholeSeconds(now + 366 * DAY_MS) })],
    ['before it begins', encode({ notAfter: wholeSeconds(now - 400_000) })],
  ],
  'rfc5280.subject-strings': [
    ['IA5String', encode(subjectOf(printedIn(TAG.ia5String, OID.organisation, 'Example'), CN))],
  ],
  'mosip.organisation': [
    ['other case', encode(subjectOf(encodeRelativeName(OID.organisation, 'EXAMPLE'), CN))],
    ['none', encode(subjectOf(CN))],
    ['two', encode(subjectOf(O, O, CN))],
  ],
  'mosip.common-name': [
    ['another device', encode(subjectOf(O, encodeRelativeName(OID.commonName, 'SN-2.M-1')))],
    ['none', encode(subjectOf(O))],
  ],
  'rfc5280.common-name-length': [
    ['65 characters', encode(subjectOf(O, encodeRelativeName(OID.commonName, LONG)))],
  ],
  'mosip.key-size': [
    ['RSA-1024', encode(ofKey(rsa1024))],
    ['Ed25519', encode(ofKey(ed25519))],
  ],
  'mosip.extensions': [
    [
      'an unknown one, critical',
      encode({ extensions: [...SOUND.extensions, encodeExtension('1.2.3.4', true, spki)] }),
    ],
    [
      'an unknown one, not critical',
      encode({ extensions: [...SOUND.extensions, encodeExtension('1.2.3.4', false, spki)] }),
    ],
  ],
  'rfc5280.basic-constraints': [
    ['a CA', encode(withExtension({ basicConstraints: encodeAuthority() }))],
    ['a CA of no depth', encode(withExtension({ basicConstraints: encodeAuthority(0) }))],
    [
      'not critical',
      encode(
        withExtension({
          basicConstraints: encodeExtension(OID.basicConstraints, false, encodeSequence()),
        }),
      ),
    ],
  ],
  'rfc5280.key-usage': [
    [
      'keyCertSign',
      encode(
        withExtension({
          keyUsage: encodeKeyUsage(KEY_USAGE.digitalSignature, KEY_USAGE.keyCertSign),
        }),
      ),
    ],
    [
      'keyEncipherment',
      encode(withExtension({ keyUsage: encodeKeyUsage(KEY_USAGE.keyEncipherment) })),
    ],
  ],
  'rfc5280.extended-key-usage': [
    [
      'server authentication',
      encode(withExtension({ extendedKeyUsage: encodeExtendedKeyUsage(OID.serverAuthentication) })),
    ],
  ],
  'rfc5280.subject-key-identifier': [
    [
      'of another key',
      encode(
        withExtension({
          subjectKeyIdentifier: encodeSubjectKeyIdentifier(keyIdentifierOf(provider.spki)),
        }),
      ),
    ],
  ],
  'rfc5280.authority-key-identifier': [
    [
      'of another key',
      encode(
        withExtension({
          authorityKeyIdentifier: encodeAuthorityKeyIdentifier(keyIdentifierOf(spki)),
        }),
      ),
    ],
  ],
  'rfc5280.crl-distribution-point': [
    [
      'another shard',
      encode(
        withExtension({
          crlDistributionPoint: encodeCrlDistributionPoint(facts.crlUrl.replace('5.crl', '6.crl')),
        }),
      ),
    ],
  ],
}

describe('the lints', () => {
  it('passes a certificate of the profile through all lints', () => {
    expect(findFailures(signTbs(encode({}), provider.privateKey), facts)).toEqual([])
    expect(() => new LintGate().requireSound(encode({}), facts)).not.toThrow()
  })

  it('has a broken certificate for each lint', () => {
    expect(Object.keys(BROKEN).toSorted()).toEqual(DEVICE_LINTS.map(({ id }) => id).toSorted())
  })

  it('names the source of each lint', () => {
    for (const { source, requirement } of DEVICE_LINTS) {
      expect(source).toMatch(/^(RFC 5280|MF) /)
      expect(requirement.length).toBeGreaterThan(20)
    }
  })

  describe.each(Object.entries(BROKEN))('%s', (id, broken) => {
    it.each(broken)('refuses: %s', (_what, tbs) => {
      const lengthFacts =
        id === 'rfc5280.common-name-length' ? { ...facts, commonName: LONG } : facts
      const der = relabel(signTbs(tbs, provider.privateKey), id)
      const failures = findFailures(der, lengthFacts)
      expect(failures.map((failure) => failure.split(': ')[0])).toEqual([id])
    })
  })

  it('refuse what cannot be read at all', () => {
    const tbs = encode({ extensions: [...SOUND.extensions, EXTENSIONS.keyUsage] })
    const gate = new LintGate()
    expect(() => gate.requireSound(tbs, facts)).toThrow(
      expect.objectContaining({ code: 'certificate.lint-refused' }),
    )
  })
})

/** The outer algorithm follows the inner one where that is what the test breaks. */
function relabel(der: Uint8Array, id: string): Uint8Array {
  if (id !== 'mosip.signature-algorithm') return der
  const bytes = Buffer.from(der)
  SHA512_ALGORITHM.copy(bytes, bytes.lastIndexOf(SHA256_ALGORITHM))
  return bytes
}
