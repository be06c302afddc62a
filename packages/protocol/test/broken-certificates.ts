import { sign } from 'node:crypto'
import { concatBytes } from '../src/asn1/bytes.ts'
import { OID } from '../src/asn1/object-identifiers.ts'
import { contextTag, TAG } from '../src/asn1/tags.ts'
import {
  encodeBoolean,
  encodeIa5String,
  encodeInteger,
  encodeNamedBits,
  encodeNull,
  encodeObjectIdentifier,
  encodeOctetString,
  encodeSequence,
  encodeTagged,
  encodeTime,
  encodeUnsignedInteger,
} from '../src/asn1/write-der.ts'
import { DAY_MS } from '../src/text/durations.ts'
import type { PathProblem } from '../src/wire/envelope/certificate-path.ts'
import {
  bits,
  certify,
  constraints,
  dnsName,
  extension,
  KEY_USAGE,
  keys,
  nameOf,
  NO_CA,
  NOW,
  SPKI,
  time,
  usage,
  with_,
} from './certificate-parts.ts'

/** Certificates that are wrong in one thing each, and everything else as it should be. */

export type Outcome = 'valid' | 'unreadable' | PathProblem

const POINT = encodeSequence(
  encodeTagged(
    contextTag(0),
    encodeTagged(contextTag(0), encodeTagged(contextTag(6, false), Buffer.from('http://x/1.crl'))),
  ),
)
const POLICY = encodeSequence(encodeObjectIdentifier('1.2.3.4'))

export const SOUND: Readonly<Record<string, Uint8Array>> = {
  // Against RFC 5280 §4.1, and what a library in wide use writes.
  'with an empty list of extensions': certify({ extensions: [] }),
  'without extensions': certify({ wrapped: new Uint8Array() }),
  'with every extension that RFC 5280 names for it': with_(
    extension(OID.subjectKeyIdentifier, encodeOctetString(Uint8Array.of(1, 2))),
    extension(
      OID.authorityKeyIdentifier,
      encodeSequence(encodeTagged(contextTag(0, false), Uint8Array.of(1))),
    ),
    extension(OID.extendedKeyUsage, encodeSequence(encodeObjectIdentifier('1.3.6.1.5.5.7.3.2'))),
    extension(OID.subjectAlternativeName, encodeSequence(dnsName('device.example'))),
    extension(OID.crlDistributionPoints, encodeSequence(POINT)),
    extension('2.5.29.32', encodeSequence(POLICY)),
  ),
  'with an unknown extension that is not critical': with_(
    extension('1.2.3.4', Uint8Array.of(0xff, 0x01)),
  ),
  // MOSIP draws serial numbers from a signed random.
  'with a negative serial number': certify({
    serial: encodeTagged(TAG.integer, Uint8Array.of(0x80)),
  }),
  'that ends in the year 9999': certify({
    notAfter: time('99991231235959Z', TAG.generalizedTime),
  }),
  'that is valid on 29 February of a leap year': certify({ notBefore: time('240229000000Z') }),
}

export const BROKEN: Readonly<Record<string, readonly [Outcome, Uint8Array]>> = {
  // Dates
  'with 31 April': ['unreadable', certify({ notBefore: time('260431000000Z') })],
  'with 29 February of another year': ['unreadable', certify({ notBefore: time('250229000000Z') })],
  'with month 0': ['unreadable', certify({ notBefore: time('260001000000Z') })],
  'with month 13': ['unreadable', certify({ notAfter: time('271301000000Z') })],
  'with day 0': ['unreadable', certify({ notBefore: time('260400000000Z') })],
  'with hour 24': ['unreadable', certify({ notAfter: time('271130240000Z') })],
  'with minute 60': ['unreadable', certify({ notAfter: time('271130126000Z') })],
  'with second 60': ['unreadable', certify({ notAfter: time('271231235960Z') })],
  'with an offset': ['unreadable', certify({ notAfter: time('271130120000+0100') })],
  'without seconds': ['unreadable', certify({ notAfter: time('2711301200Z') })],
  'with parts of seconds': [
    'unreadable',
    certify({ notAfter: time('20511130120000.5Z', TAG.generalizedTime) }),
  ],
  'that ends before it begins': [
    'not-valid-at-this-time',
    certify({ notBefore: encodeTime(new Date(NOW + 2 * DAY_MS)) }),
  ],
  'that has ended': [
    'not-valid-at-this-time',
    certify({ notAfter: encodeTime(new Date(NOW - DAY_MS / 2)) }),
  ],
  'that has not begun': [
    'not-valid-at-this-time',
    certify({ notBefore: encodeTime(new Date(NOW + DAY_MS / 2)) }),
  ],
  // The frame
  'of version 1': [
    'unreadable',
    certify({ version: encodeTagged(contextTag(0), encodeInteger(0)) }),
  ],
  'with two versions': [
    'unreadable',
    certify({ version: encodeTagged(contextTag(0), encodeInteger(2), encodeInteger(2)) }),
  ],
  'with a serial number of 21 bytes': [
    'unreadable',
    certify({ serial: encodeUnsignedInteger(new Uint8Array(21).fill(0x41)) }),
  ],
  'with a padded serial number': [
    'unreadable',
    certify({ serial: encodeTagged(TAG.integer, Uint8Array.of(0, 5)) }),
  ],
  'with two lists of extensions': [
    'unreadable',
    certify({
      wrapped: encodeTagged(contextTag(3), encodeSequence(NO_CA), encodeSequence(NO_CA)),
    }),
  ],
  'with an extension twice': ['unreadable', with_(KEY_USAGE)],
  'with a critical FALSE that is written': [
    'unreadable',
    with_(extension('1.2.3.4', encodeNull(), false)),
  ],
  'with a boolean that is neither': [
    'malformed',
    constraints(encodeSequence(encodeTagged(TAG.boolean, Uint8Array.of(1)))),
  ],
  'with a unique identifier': [
    'unreadable',
    certify({ more: [encodeTagged(contextTag(1, false), Uint8Array.of(0, 1))] }),
  ],
  'with a key that has more to say': [
    'unreadable',
    certify({ spki: encodeSequence(SPKI.subarray(4), encodeNull()) }),
  ],
  'with two signature algorithms': [
    'unreadable',
    certify({ outerAlgorithm: encodeSequence(encodeObjectIdentifier(OID.sha256WithRsa)) }),
  ],
  'with bytes behind it': ['unreadable', concatBytes([certify({}), Uint8Array.of(0)])],
  // What it may do
  'of a CA': ['not-an-end-entity', constraints(encodeSequence(encodeBoolean(true)))],
  'that may sign certificates': ['key-usage-refused', usage(encodeNamedBits(0, 5))],
  'that may not sign': ['key-usage-refused', usage(encodeNamedBits(2))],
  'with a critical extension that nobody knows': [
    'critical-extension-unknown',
    with_(extension('1.2.3.4', encodeNull(), true)),
  ],
  'with critical name constraints': [
    'critical-extension-unknown',
    with_(extension('2.5.29.30', encodeSequence(), true)),
  ],
  'with name constraints that are not critical': [
    'malformed',
    with_(extension('2.5.29.30', encodeSequence())),
  ],
  'of another issuer': ['no-path', certify({ issuer: nameOf('Rooot') })],
  'with a signature of another text': [
    'signature-invalid',
    certify({ signature: () => sign('sha256', Buffer.from('else'), keys.privateKey) }),
  ],
  // Basic constraints
  'with cA FALSE written': ['malformed', constraints(encodeSequence(encodeBoolean(false)))],
  'with a path length and no CA': ['malformed', constraints(encodeSequence(encodeInteger(0)))],
  'with constraints that have more to say': [
    'malformed',
    constraints(encodeSequence(encodeNull())),
  ],
  'with constraints that are no sequence': ['malformed', constraints(encodeNull())],
  // Key usage
  'with trailing zeros in its key usage': ['malformed', usage(bits(0, 0x80))],
  'with a whole byte too many in its key usage': ['malformed', usage(bits(7, 0x80, 0x00))],
  'with unused bits that are set in its key usage': ['malformed', usage(bits(6, 0x81))],
  'with more than seven unused bits in its key usage': ['malformed', usage(bits(8, 0x80))],
  'with a key usage of no byte': ['malformed', usage(bits())],
  'with a key usage of no bit': ['malformed', usage(bits(0))],
  'with a key usage beyond the last one': ['malformed', usage(encodeNamedBits(0, 9))],
  'with a key usage of another type': ['malformed', usage(encodeOctetString(Uint8Array.of(0x80)))],
  // The others
  'with an extended key usage of none': [
    'malformed',
    with_(extension(OID.extendedKeyUsage, encodeSequence())),
  ],
  'with an extended key usage twice': [
    'malformed',
    with_(
      extension(
        OID.extendedKeyUsage,
        encodeSequence(encodeObjectIdentifier('1.2.3'), encodeObjectIdentifier('1.2.3')),
      ),
    ),
  ],
  'with a padded arc': [
    'malformed',
    with_(
      extension(
        OID.extendedKeyUsage,
        encodeSequence(encodeTagged(TAG.objectIdentifier, Uint8Array.of(0x2a, 0x80, 0x01))),
      ),
    ),
  ],
  'with an empty subject key identifier': [
    'malformed',
    with_(extension(OID.subjectKeyIdentifier, encodeOctetString(new Uint8Array()))),
  ],
  'with an authority key identifier of an issuer alone': [
    'malformed',
    with_(
      extension(
        OID.authorityKeyIdentifier,
        encodeSequence(encodeTagged(contextTag(1), dnsName('x'))),
      ),
    ),
  ],
  'with no alternative name in the list': [
    'malformed',
    with_(extension(OID.subjectAlternativeName, encodeSequence())),
  ],
  'with an empty alternative name': [
    'malformed',
    with_(extension(OID.subjectAlternativeName, encodeSequence(dnsName('')))),
  ],
  'with an alternative name that is not ASCII': [
    'malformed',
    with_(extension(OID.subjectAlternativeName, encodeSequence(dnsName('gerät.example')))),
  ],
  'with a zero byte in an alternative name': [
    'malformed',
    with_(extension(OID.subjectAlternativeName, encodeSequence(dnsName('a\0.example')))),
  ],
  'with an alternative name of no kind': [
    'malformed',
    with_(extension(OID.subjectAlternativeName, encodeSequence(encodeIa5String('a.example')))),
  ],
  'with an address of five bytes': [
    'malformed',
    with_(
      extension(
        OID.subjectAlternativeName,
        encodeSequence(encodeTagged(contextTag(7, false), new Uint8Array(5))),
      ),
    ),
  ],
  'with a distribution point without a name': [
    'malformed',
    with_(extension(OID.crlDistributionPoints, encodeSequence(encodeSequence()))),
  ],
  'with a policy twice': [
    'malformed',
    with_(extension('2.5.29.32', encodeSequence(POLICY, POLICY))),
  ],
  'with bytes behind the value of an extension': [
    'malformed',
    with_(
      extension(
        OID.subjectKeyIdentifier,
        concatBytes([encodeOctetString(Uint8Array.of(1)), encodeNull()]),
      ),
    ),
  ],
}
