import {
  type KeyObject,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
} from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AgreementKey } from '@sanad/protocol/wire/envelope/encryption'
import { describeAgreementKey } from '@sanad/protocol/wire/envelope/encryption'

/** The keys of the vectors. They are made once and kept beside them: for tests and nothing else. */

export const VECTORS_DIRECTORY = join(
  import.meta.dirname,
  '..',
  '..',
  'packages',
  'protocol',
  'src',
  'wire',
  'vectors',
)
const KEYS_FILE = join(VECTORS_DIRECTORY, 'keys.json')

const RSA_KEYS = [
  'management-root',
  'command-key',
  'country-root',
  'provider',
  'ftm-root',
  'l1-chip',
  'l1-device',
  'l1-new-device',
  'l1-recovered-device',
  'l0-device',
  'l0-new-device',
  'l0-recovered-device',
] as const
/** Its 1024 bits are too few. */
const WEAK_KEY = 'weak-device'
const RESPONSE_KEY = 'response-key'
export type KeyName = (typeof RSA_KEYS)[number] | typeof WEAK_KEY | typeof RESPONSE_KEY

const makePem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()

/** Adds the keys that are not there yet. */
export function makeMissingKeys(): void {
  const known = existsSync(KEYS_FILE) ? readKeys() : {}
  const rsa = (bits: number) =>
    makePem(generateKeyPairSync('rsa', { modulusLength: bits }).privateKey)
  const makers: [KeyName, () => string][] = [
    ...RSA_KEYS.map((name): [KeyName, () => string] => [name, () => rsa(2048)]),
    [WEAK_KEY, () => rsa(1024)],
    [RESPONSE_KEY, () => makePem(generateKeyPairSync('ed25519').privateKey)],
  ]
  const keys = Object.fromEntries(makers.map(([name, make]) => [name, known[name] ?? make()]))
  writeFileSync(KEYS_FILE, `${JSON.stringify(keys, null, 2)}\n`)
}

const readKeys = (): Partial<Record<string, string>> =>
  JSON.parse(readFileSync(KEYS_FILE, 'utf8')) as Partial<Record<string, string>>

export function keyOf(name: KeyName): KeyObject {
  const pem = readKeys()[name]
  if (pem === undefined) throw new Error(`no key ${name}`)
  return createPrivateKey(pem)
}

export const spkiOf = (name: KeyName): Buffer =>
  createPublicKey(keyOf(name)).export({ type: 'spki', format: 'der' })

/** Bytes that are random to the eye and the same in every run. */
export function draw(label: string, size: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, at) =>
    createHash('sha256').update(`sanad vectors 1\n${label}\n${at}`).digest(),
  )
  return Buffer.concat(blocks).subarray(0, size)
}

/** PKCS#8 of X25519 (RFC 8410) before the 32 bytes of the key. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex')

export function agreementKey(label: string): AgreementKey {
  const key = Buffer.concat([PKCS8_PREFIX, draw(label, 32)])
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  return { privateKey, public: describeAgreementKey(createPublicKey(privateKey)) }
}
