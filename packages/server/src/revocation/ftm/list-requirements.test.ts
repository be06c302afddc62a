import { type KeyObject, createHash, generateKeyPairSync, sign } from 'node:crypto'
import { TAG, contextTag } from '@sanad/protocol/asn1/tags'
import {
  encodeBoolean,
  encodeInteger,
  encodeNamedBits,
  encodeObjectIdentifier,
  encodeOctetString,
  encodeSequence,
  encodeTagged,
  encodeTime,
  encodeUnsignedInteger,
} from '@sanad/protocol/asn1/write-der'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { type Certificate, parseCertificate } from '@sanad/protocol/asn1/x509'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import {
  ROOT,
  caExtensions,
  certify,
  keys,
  nameOf,
} from '../../../../protocol/test/certificate-parts.ts'
import { readListFile } from './list-file.ts'
import {
  type FormerList,
  LIST_REQUIREMENTS,
  chooseIssuer,
  findBroken,
  requireList,
} from './list-requirements.ts'
import { readForeignList } from './read-list.ts'

/** Lists that are wrong in one thing each: each is refused by one requirement, and no other. */

const NOW = Date.now()
const ANCHOR = parseCertificate(ROOT)
const RSA_SHA256 = encodeSequence(encodeObjectIdentifier(OID.sha256WithRsa), encodeTagged(TAG.null))

const extension = (oid: string, isCritical: boolean, value: Uint8Array): Uint8Array =>
  encodeSequence(
    encodeObjectIdentifier(oid),
    ...(isCritical ? [encodeBoolean(true)] : []),
    encodeOctetString(value),
  )
const NUMBER = extension(OID.crlNumber, false, encodeInteger(5))
const STRANGE = '1.3.6.1.4.1.99999.1'
/** cRLSign left out. */
const WITHOUT_CRL_SIGN = [
  extension(OID.basicConstraints, true, encodeSequence(encodeBoolean(true))),
  extension(OID.keyUsage, true, encodeNamedBits(5)),
]

interface Parts {
  readonly issuer?: Uint8Array
  readonly from?: number
  readonly to?: number
  readonly extensions?: readonly Uint8Array[]
  readonly entries?: readonly Uint8Array[]
  readonly version?: number
  readonly signer?: KeyObject
  readonly inner?: Uint8Array
}

const entry = (serial: number, ...extensions: readonly Uint8Array[]): Uint8Array =>
  encodeSequence(
    encodeUnsignedInteger(Buffer.from([serial])),
    encodeTime(new Date(NOW - DAY_MS)),
    ...(extensions.length === 0 ? [] : [encodeSequence(...extensions)]),
  )

function listOf(parts: Parts = {}): Uint8Array {
  const { extensions = [NUMBER], entries = [entry(7)], signer = keys.privateKey } = parts
  const tbs = encodeSequence(
    encodeInteger(parts.version ?? 1),
    parts.inner ?? RSA_SHA256,
    parts.issuer ?? ANCHOR.subject,
    encodeTime(new Date(parts.from ?? NOW - HOUR_MS)),
    encodeTime(new Date(parts.to ?? NOW + DAY_MS)),
    ...(entries.length === 0 ? [] : [encodeSequence(...entries)]),
    encodeTagged(contextTag(0), encodeSequence(...extensions)),
  )
  const signature = sign('sha256', tbs, signer)
  return encodeSequence(tbs, RSA_SHA256, encodeTagged(TAG.bitString, Uint8Array.of(0), signature))
}

const point = (...fields: readonly Uint8Array[]): Uint8Array =>
  extension(OID.issuingDistributionPoint, true, encodeSequence(...fields))
const flag = (n: number): Uint8Array => encodeTagged(contextTag(n, false), Uint8Array.of(0xff))

interface Sample extends Parts {
  readonly former?: FormerList
  readonly authorities?: readonly Certificate[]
}

async function brokenBy({ former, authorities = [], ...parts }: Sample): Promise<string[]> {
  const list = await readForeignList(listOf(parts))
  const issuer = chooseIssuer(list, ANCHOR, authorities)
  return findBroken(list, { anchor: ANCHOR, issuer, now: NOW, former }).map(({ id }) => id)
}

const between = (options: Parameters<typeof certify>[0] = {}): Certificate =>
  parseCertificate(certify({ subject: nameOf('Between'), extensions: caExtensions(), ...options }))
const otherKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
const otherSpki = otherKey.publicKey.export({ type: 'spki', format: 'der' })

const REFUSED: Readonly<Record<string, readonly [string, Sample]>> = {
  'a delta list': [
    'no-delta',
    { extensions: [NUMBER, extension(OID.deltaListIndicator, true, encodeInteger(1))] },
  ],
  'an indirect list': ['direct', { extensions: [NUMBER, point(flag(4))] }],
  'an entry of another issuer': [
    'direct',
    { entries: [entry(7, extension('2.5.29.29', true, encodeSequence()))] },
  ],
  'a list of user certificates only': ['complete', { extensions: [NUMBER, point(flag(1))] }],
  'a list of authorities only': ['complete', { extensions: [NUMBER, point(flag(2))] }],
  'a list of some reasons': [
    'complete',
    { extensions: [NUMBER, point(encodeTagged(contextTag(3, false), Uint8Array.of(6, 0x40)))] },
  ],
  'a list with an unknown critical extension': [
    'critical-extensions',
    { extensions: [NUMBER, extension(STRANGE, true, encodeInteger(1))] },
  ],
  'an entry with an unknown critical extension': [
    'critical-entry-extensions',
    { entries: [entry(7, extension(STRANGE, true, encodeInteger(1)))] },
  ],
  'a list without a number': [
    'number',
    { extensions: [extension(STRANGE, false, encodeInteger(1))] },
  ],
  'a list of nobody': ['issuer-name', { issuer: nameOf('Nobody') }],
  'a list of an authority that is not under the provider': [
    'issuer-path',
    {
      issuer: nameOf('Between'),
      authorities: [between({ issuer: nameOf('Elsewhere') })],
    },
  ],
  'a list of an authority whose certificate has ended': [
    'issuer-path',
    {
      issuer: nameOf('Between'),
      authorities: [between({ notAfter: encodeTime(new Date(NOW - HOUR_MS)) })],
    },
  ],
  'a list of an authority that may sign certificates alone': [
    'issuer-crl-sign',
    {
      issuer: nameOf('Between'),
      authorities: [between({ extensions: WITHOUT_CRL_SIGN })],
    },
  ],
  'a list that names another key of its issuer': [
    'issuer-key-identifier',
    {
      issuer: nameOf('Between'),
      authorities: [
        between({
          extensions: [
            ...caExtensions(),
            extension(OID.subjectKeyIdentifier, false, encodeOctetString(Buffer.from('one'))),
          ],
        }),
      ],
      extensions: [
        NUMBER,
        extension(
          OID.authorityKeyIdentifier,
          false,
          encodeSequence(encodeTagged(contextTag(0, false), Buffer.from('two'))),
        ),
      ],
    },
  ],
  'a list that another key signed': ['signature', { signer: otherKey.privateKey }],
  'a list of tomorrow': ['not-of-tomorrow', { from: NOW + HOUR_MS }],
  'a list that is over': ['not-over', { from: NOW - 2 * DAY_MS, to: NOW - HOUR_MS }],
  'a list with a lower number': [
    'number-not-lower',
    { former: { number: 6n, thisUpdate: NOW - DAY_MS } },
  ],
  'a list that is older': ['update-not-older', { former: { number: 5n, thisUpdate: NOW } }],
}

describe('a revocation list of an FTM provider', () => {
  it('accepts a sound revocation list of an FTM provider', async () => {
    expect(await brokenBy({})).toEqual([])
    expect(await brokenBy({ entries: [] })).toEqual([])
    expect(await brokenBy({ former: { number: 5n, thisUpdate: NOW - DAY_MS } })).toEqual([])
    expect(
      await brokenBy({
        issuer: nameOf('Between'),
        authorities: [between({ spki: otherSpki })],
        signer: otherKey.privateKey,
      }),
    ).toEqual([])
  })

  it.each(Object.entries(REFUSED))(
    'refuses a revocation list by one requirement only: %s',
    async (_, [id, sample]) => {
      expect(await brokenBy(sample)).toEqual([id])
    },
  )

  it('has a bad sample for every requirement on revocation lists but the strength of keys', () => {
    const shown = new Set(Object.values(REFUSED).map(([id]) => id))
    expect(LIST_REQUIREMENTS.map(({ id }) => id).filter((id) => !shown.has(id))).toEqual([
      'issuer-key-strength',
    ])
  })

  it('tells two authorities of one name apart by the signature of the list', async () => {
    const list = await readForeignList(
      listOf({ issuer: nameOf('Between'), signer: otherKey.privateKey }),
    )
    const [former, current] = [between(), between({ spki: otherSpki })]
    expect(chooseIssuer(list, ANCHOR, [former, current])?.certificate).toBe(current)
  })

  it('refuses a revocation list with a code, and every broken requirement in the detail', async () => {
    const list = await readForeignList(listOf({ signer: otherKey.privateKey, to: NOW - 1000 }))
    const facts = { anchor: ANCHOR, issuer: chooseIssuer(list, ANCHOR, []), now: NOW }
    expect(() => requireList(list, { ...facts, former: undefined })).toThrow(
      'ftm-revocation-list.signature-invalid: signature, not-over',
    )
  })
})

const MALFORMED: Readonly<Record<string, Uint8Array>> = {
  'of version 1': listOf({ version: 0 }),
  'with two algorithms': listOf({ inner: encodeSequence(encodeObjectIdentifier(OID.ed25519)) }),
  'without extensions': listOf({ extensions: [] }),
  'with a certificate that stands on it twice': listOf({ entries: [entry(7), entry(7)] }),
  'with an extension twice': listOf({ extensions: [NUMBER, NUMBER] }),
  'with a reason that is none': listOf({
    entries: [
      entry(7, extension(OID.reasonCode, false, encodeTagged(TAG.enumerated, Uint8Array.of(7)))),
    ],
  }),
  'with a number of 21 octets': listOf({
    extensions: [extension(OID.crlNumber, false, encodeUnsignedInteger(Buffer.alloc(21, 0x11)))],
  }),
  'with bytes behind it': Buffer.concat([listOf(), Buffer.of(0)]),
  'that is cut off': listOf().subarray(0, 300),
  'that is a certificate': ROOT,
}

describe('what is no list', () => {
  it.each(Object.entries(MALFORMED))(
    'refuses as a malformed revocation list: %s',
    async (_, der) => {
      await expect(readForeignList(der)).rejects.toMatchObject({
        code: 'ftm-revocation-list.malformed',
      })
    },
  )
})

describe('a file with a list', () => {
  const pem = (label: string, der: Uint8Array): string =>
    `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`
  const read = (text: string) => readListFile(Buffer.from(text))

  it('reads a revocation list from DER, or from PEM with certificates and words around it', () => {
    const der = listOf()
    const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
    expect(digest(readListFile(der).list)).toBe(digest(der))
    const read1 = read(
      `Certificate Revocation List\n${pem('X509 CRL', der)}${pem('CERTIFICATE', ROOT)}`,
    )
    expect(digest(read1.list)).toBe(digest(der))
    expect(read1.certificates).toHaveLength(1)
  })

  it.each([
    ['empty', ''],
    ['of two lists', pem('X509 CRL', listOf()).repeat(2)],
    ['of a certificate alone', pem('CERTIFICATE', ROOT)],
    ['of nine certificates', pem('X509 CRL', listOf()) + pem('CERTIFICATE', ROOT).repeat(9)],
    ['that has no end', '-----BEGIN X509 CRL-----\nMAA='],
    ['that is not base64', '-----BEGIN X509 CRL-----\nMA*A=\n-----END X509 CRL-----\n'],
  ])('refuses a file as a revocation list: %s', (_, text) => {
    expect(() => read(text)).toThrow('ftm-revocation-list.malformed')
  })

  it('reads no file that is larger than the largest revocation list', () => {
    expect(() => readListFile(Buffer.alloc(16 * 1024 * 1024 + 1, 0x30))).toThrow(
      'ftm-revocation-list.too-large',
    )
  })
})
