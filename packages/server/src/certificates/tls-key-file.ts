import { createPrivateKey, createPublicKey } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeFileDurably } from '../platform/durable-file.ts'
import { decodeCertificates } from './der/pem.ts'

/** Key and certificate in one file, so that power cannot fail between the two. */
export interface KeptTlsKey {
  /** PEM. */
  readonly key: string
  readonly cert: string
  /** The certificate, DER. */
  readonly der: Uint8Array
  readonly names: readonly string[]
}

const NAMES = '# names: '

export const tlsKeyPath = (dataDirectory: string): string => join(dataDirectory, 'trust', 'tls.pem')

export async function writeTlsKey(
  path: string,
  { key, cert, names }: Pick<KeptTlsKey, 'key' | 'cert' | 'names'>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFileDurably(path, `${NAMES}${names.join(' ')}\n${key}${cert}`, 0o600)
}

/** @returns undefined when there is none, or none that can be read; a new one is made then */
export async function readTlsKey(path: string): Promise<KeptTlsKey | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const [first = ''] = text.split('\n')
  const [key, cert] = [pick(text, 'PRIVATE KEY'), pick(text, 'CERTIFICATE')]
  if (!first.startsWith(NAMES) || key === undefined || cert === undefined) return undefined
  try {
    createPrivateKey(key)
    const [der] = decodeCertificates(cert)
    const names = first.slice(NAMES.length).split(' ')
    return der === undefined ? undefined : { key, cert, der, names }
  } catch {
    return undefined
  }
}

const pick = (text: string, label: string): string | undefined =>
  new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----\n`).exec(text)?.[0]

/** SubjectPublicKeyInfo of a private key, DER. */
export const publicHalfOf = (privateKeyPem: string): Uint8Array =>
  createPublicKey(privateKeyPem).export({ type: 'spki', format: 'der' })
