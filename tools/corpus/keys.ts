import {
  type KeyObject,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
} from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { KEY_USAGE } from '@sanad/protocol/asn1/x509'
import {
  attachSignature,
  encodeTbsCertificate,
} from '../../packages/server/src/certificates/der/certificate-structure.ts'
import { encodeName } from '../../packages/server/src/certificates/der/distinguished-name.ts'
import {
  encodeAlternativeNames,
  encodeAuthority,
  encodeAuthorityKeyIdentifier,
  encodeEndEntity,
  encodeKeyUsage,
  encodeSubjectKeyIdentifier,
  keyIdentifierOf,
} from '../../packages/server/src/certificates/der/extensions.ts'
import { encodeCertificate } from '../../packages/simulator/src/pem.ts'
import { CORPUS_DIRECTORY } from '../../packages/simulator/src/corpus/read-corpus.ts'

/** The throw-away keys of the corpus, and certificates that are the same in every run and do not age. */

const KEYS_FILE = join(CORPUS_DIRECTORY, 'keys.json')
const KEY_NAMES = ['provider', 'device', 'ftm', 'chip', 'tls'] as const
export type KeyName = (typeof KEY_NAMES)[number]

interface StoredKey {
  readonly key: string
  readonly certificate: string
}
type StoredKeys = Partial<Record<KeyName, StoredKey>>

const readKeys = (): StoredKeys =>
  existsSync(KEYS_FILE) ? (JSON.parse(readFileSync(KEYS_FILE, 'utf8')) as StoredKeys) : {}

function makeKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

const stored = readKeys()
const KEYS = new Map<KeyName, KeyObject>(
  KEY_NAMES.map((name) => [name, createPrivateKey(stored[name]?.key ?? makeKey())]),
)

export function keyOf(name: KeyName): KeyObject {
  const key = KEYS.get(name)
  if (key === undefined) throw new Error(`no key ${name}`)
  return key
}

const spkiOf = (name: KeyName): Buffer =>
  createPublicKey(keyOf(name)).export({ type: 'spki', format: 'der' })

interface Terms {
  readonly key: KeyName
  readonly issuer: KeyName
  readonly kind: 'authority' | 'signer' | 'tls'
  readonly from: string
  readonly to: string
}

const NAMES: Readonly<Record<KeyName, string>> = {
  provider: 'Corpus device provider',
  device: 'EXC442A2600001.Slap 442',
  ftm: 'Corpus FTM provider',
  chip: 'EXC442A2600001.FTM',
  tls: '127.0.0.1',
}

const nameOf = (key: KeyName): Uint8Array =>
  encodeName({ country: 'ET', organisation: 'Example Biometrics', commonName: NAMES[key] })

function certify({ key, issuer, kind, from, to }: Terms): Buffer {
  const serialNumber = createHash('sha256')
    .update(`${key} ${issuer} ${from}`)
    .digest()
    .subarray(0, 16)
  // RFC 5280 §4.1.2.2: positive; and never shorter than it looks.
  serialNumber[0] = ((serialNumber[0] ?? 0) & 0x7f) | 0x40
  const tbs = encodeTbsCertificate({
    serialNumber,
    issuer: nameOf(issuer),
    notBefore: new Date(from),
    notAfter: new Date(to),
    subject: nameOf(key),
    spki: spkiOf(key),
    extensions: [
      kind === 'authority' ? encodeAuthority() : encodeEndEntity(),
      kind === 'authority'
        ? encodeKeyUsage(KEY_USAGE.keyCertSign)
        : encodeKeyUsage(KEY_USAGE.digitalSignature),
      encodeSubjectKeyIdentifier(keyIdentifierOf(spkiOf(key))),
      encodeAuthorityKeyIdentifier(keyIdentifierOf(spkiOf(issuer))),
      ...(kind === 'tls' ? [encodeAlternativeNames({ dns: [], ip: ['127.0.0.1'] })] : []),
    ],
  })
  return Buffer.from(attachSignature(tbs, sign('sha256', tbs, keyOf(issuer))))
}

const LASTING = { from: '2026-01-01T00:00:00Z', to: '2056-01-01T00:00:00Z' }

export const CERTIFICATES = {
  provider: certify({ key: 'provider', issuer: 'provider', kind: 'authority', ...LASTING }),
  device: certify({ key: 'device', issuer: 'provider', kind: 'signer', ...LASTING }),
  expiredDevice: certify({
    key: 'device',
    issuer: 'provider',
    kind: 'signer',
    from: '2020-01-01T00:00:00Z',
    to: '2021-01-01T00:00:00Z',
  }),
  selfSignedDevice: certify({ key: 'device', issuer: 'device', kind: 'signer', ...LASTING }),
  ftm: certify({ key: 'ftm', issuer: 'ftm', kind: 'authority', ...LASTING }),
  chip: certify({ key: 'chip', issuer: 'ftm', kind: 'signer', ...LASTING }),
  tls: certify({ key: 'tls', issuer: 'tls', kind: 'tls', ...LASTING }),
} as const

/** The file of keys; keys that are there stay. */
export function writeKeys(): void {
  const entries = KEY_NAMES.map((name) => [
    name,
    {
      key: keyOf(name).export({ type: 'pkcs8', format: 'pem' }).toString(),
      certificate: encodeCertificate(CERTIFICATES[name]),
    },
  ])
  writeFileSync(KEYS_FILE, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`)
}
