import { generateKeyPairSync } from 'node:crypto'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { KEY_USAGE } from '@sanad/protocol/asn1/x509'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, startTestDatabase } from '../../test/test-database.ts'
import { type ThrowawayAuthority, makeAuthority, spkiOf } from '../../test/throwaway-provider.ts'
import { readHead } from '../record/event-reader.ts'
import type { TbsFields } from './der/certificate-structure.ts'
import type { DistinguishedName } from './der/distinguished-name.ts'
import {
  encodeAuthority,
  encodeEndEntity,
  encodeExtension,
  encodeKeyUsage,
  encodeSubjectKeyIdentifier,
  keyIdentifierOf,
} from './der/extensions.ts'
import { encodePem } from './der/pem.ts'
import {
  type ProviderCertificateImport,
  importProviderCertificate,
} from './import-provider-certificate.ts'
import { digestOf } from './provider-certificate-rules.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await startTestDatabase()
})
afterAll(() => db[Symbol.asyncDispose]())

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
const spki = spkiOf(keys.publicKey)
const root = makeAuthority({ name: { organisation: 'Country', commonName: 'ROOT' }, pathLength: 2 })
const pms = makeAuthority({
  name: { organisation: 'Country', commonName: 'PMS' },
  pathLength: 1,
  issuer: root,
})
const NAME: DistinguishedName = { country: 'ET', organisation: 'Example', commonName: 'Provider' }

interface Terms {
  readonly name?: DistinguishedName
  readonly issuer?: ThrowawayAuthority
  readonly changes?: Partial<TbsFields>
  readonly pathLength?: number
}

const makeProvider = ({ name = NAME, issuer = pms, ...terms }: Terms = {}): ThrowawayAuthority =>
  makeAuthority({ name, issuer, keys, ...terms })

const pem = (...authorities: ThrowawayAuthority[]): string =>
  authorities.map(({ certificate }) => encodePem('CERTIFICATE', certificate.der)).join('')

interface Import extends Partial<Omit<ProviderCertificateImport, 'key'>> {
  readonly key?: Uint8Array
}

const importIt = (provider: ThrowawayAuthority, { key = spki, ...more }: Import = {}) =>
  importProviderCertificate(
    db.database,
    {
      certificatePem: pem(provider),
      chainPem: pem(pms, root),
      organisation: 'Example',
      key: { id: 'ab'.repeat(32), spki: key },
      country: 'ET',
      environment: 'test',
      ...more,
    },
    Date.now(),
  )

async function countRows(): Promise<number> {
  const { rows } = await db.pool.query<{ n: number }>(
    'select count(*) as n from provider_certificate',
  )
  return rows[0]?.n ?? 0
}

describe('a certificate that MOSIP signed', () => {
  it('stores a provider certificate with its chain, once, on record', async () => {
    const provider = makeProvider()
    const head = await readHead(db.database)
    const first = await importIt(provider)
    expect(first.isNew).toBe(true)
    expect(await importIt(provider)).toEqual({ id: first.id, isNew: false })
    expect(await readHead(db.database)).toBe(head + 1)
    const { rows } = await db.pool.query<{ issuers: Buffer[] }>(
      'select issuers from provider_certificate where id = $1',
      [first.id],
    )
    expect(rows[0]?.issuers).toEqual(
      [pms, root].map(({ certificate }) => Buffer.from(certificate.der)),
    )
  })

  it('accepts a provider’s chain in any order, itself included', async () => {
    const provider = makeProvider()
    expect((await importIt(provider, { chainPem: pem(root, provider, pms) })).isNew).toBe(true)
  })

  it('accepts a provider certificate whose path length leaves room for devices', async () => {
    expect((await importIt(makeProvider({ pathLength: 0 }))).isNew).toBe(true)
  })

  it('checks a provider certificate against a root obtained separately', async () => {
    const rootSha256 = digestOf(root.certificate)
    const provider = makeProvider()
    await expect(importIt(provider, { rootSha256: 'ab'.repeat(32) })).rejects.toMatchObject({
      code: 'certificate.import-refused',
    })
    expect((await importIt(provider, { rootSha256 })).isNew).toBe(true)
  })
})

const SKI = encodeSubjectKeyIdentifier(keyIdentifierOf(spki))
const USAGE = encodeKeyUsage(KEY_USAGE.digitalSignature, KEY_USAGE.keyCertSign)
const withExtensions = (...extensions: Uint8Array[]): Terms => ({ changes: { extensions } })
const at = (days: number): Date => new Date(Math.floor(Date.now() / 1000) * 1000 + days * DAY_MS)
const stranger = makeAuthority({ name: { organisation: 'Country', commonName: 'PMS' } })
const shallowPms = makeAuthority({
  name: { organisation: 'Country', commonName: 'PMS 0' },
  pathLength: 0,
  issuer: root,
})

describe('an import is refused, and nothing is stored, when', () => {
  it.each<[string, () => Promise<unknown>]>([
    ['the key is not that of the HSM', () => importIt(makeProvider(), { key: root.spki })],
    [
      'O is spelled otherwise',
      () => importIt(makeProvider({ name: { ...NAME, organisation: 'EXAMPLE' } })),
    ],
    ['it is self-signed', () => importIt(makeAuthority({ name: NAME, keys }))],
    ['the chain lacks the root', () => importIt(makeProvider(), { chainPem: pem(pms) })],
    ['the chain lacks PMS', () => importIt(makeProvider(), { chainPem: pem(root) })],
    ['another signed it under the name of PMS', () => importIt(makeProvider({ issuer: stranger }))],
    [
      'PMS leaves no room for device certificates',
      () => importIt(makeProvider({ issuer: shallowPms }), { chainPem: pem(shallowPms, root) }),
    ],
    ['it is no CA', () => importIt(makeProvider(withExtensions(encodeEndEntity(), USAGE, SKI)))],
    [
      'its basic constraints are not critical',
      () =>
        importIt(
          makeProvider(
            withExtensions(
              encodeExtension(OID.basicConstraints, false, Uint8Array.of(0x30, 3, 1, 1, 0xff)),
              USAGE,
              SKI,
            ),
          ),
        ),
    ],
    [
      'it may not sign certificates',
      () =>
        importIt(
          makeProvider(
            withExtensions(encodeAuthority(), encodeKeyUsage(KEY_USAGE.digitalSignature), SKI),
          ),
        ),
    ],
    [
      'it has no subject key identifier',
      () => importIt(makeProvider(withExtensions(encodeAuthority(), USAGE))),
    ],
    [
      'it has ended',
      () => importIt(makeProvider({ changes: { notBefore: at(-2), notAfter: at(-1) } })),
    ],
    ['it has not begun', () => importIt(makeProvider({ changes: { notBefore: at(1) } }))],
    [
      'the file holds two certificates',
      () => importIt(makeProvider(), { certificatePem: pem(pms, root) }),
    ],
    ['the file holds none', () => importIt(makeProvider(), { certificatePem: 'nothing' })],
    [
      'the file holds rubbish',
      () =>
        importIt(makeProvider(), {
          certificatePem: encodePem('CERTIFICATE', Buffer.from('rubbish')),
        }),
    ],
  ])('%s', async (_what, attempt) => {
    const [rows, head] = [await countRows(), await readHead(db.database)]
    await expect(attempt()).rejects.toMatchObject({ code: 'certificate.import-refused' })
    expect([await countRows(), await readHead(db.database)]).toEqual([rows, head])
  })
})
