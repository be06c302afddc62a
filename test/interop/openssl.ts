import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './programs.ts'
import type { ShelvedRow } from './readers.ts'

/** OpenSSL's command line over the shelf; prints as the readers in other languages do. */
export function readWithOpenssl(folder: string, rows: readonly ShelvedRow[]): string {
  const lines = rows.map((row) => {
    const trouble = read(folder, row)
    const { name } = row
    return trouble === undefined ? `ok\t${name}\tread` : `fail\t${name}\tread\t${trouble}`
  })
  return lines.join('\n')
}

function read(folder: string, row: ShelvedRow): string | undefined {
  const file = join(folder, row.name)
  if (row.kind === 'request')
    return complaint(['req', '-inform', 'DER', '-in', file, '-noout', '-verify'])
  if (row.kind === 'list') return readList(folder, row)
  if (row.kind === 'pkcs12')
    return complaint(['pkcs12', '-in', file, '-passin', `pass:${row.profile}`, '-nodes'])
  if (row.kind === 'pem') return complaint(['pkey', '-in', file, '-noout'])
  return readCertificate(folder, row)
}

function readCertificate(folder: string, { name, path, profile }: ShelvedRow): string | undefined {
  const text = complaint(['x509', '-inform', 'DER', '-in', join(folder, name), '-noout', '-text'])
  if (text !== undefined || path.length === 0) return text
  const pem = (one: string): string => pemOf(folder, one)
  const between = path.slice(0, -1).flatMap((one) => ['-untrusted', pem(one)])
  const purpose = profile === 'tls' ? ['-purpose', 'sslserver'] : []
  const root = pem(path.at(-1) ?? '')
  // MOSIP's certificates carry no key identifiers of the issuer, which the strict mode wants.
  const strict = path.length === 1 && profile !== 'stand-in' ? ['-x509_strict'] : []
  return complaint(['verify', ...strict, ...purpose, '-CAfile', root, ...between, pem(name)])
}

/** With the signature, under the certificate that may sign lists. */
function readList(folder: string, { name, signer }: ShelvedRow): string | undefined {
  const file = join(folder, name)
  const issuer = pemOf(folder, signer)
  const { ok, trouble } = openssl([
    'crl',
    '-inform',
    'DER',
    '-in',
    file,
    '-noout',
    '-text',
    '-CAfile',
    issuer,
  ])
  return ok && trouble.includes('verify OK') ? undefined : trouble
}

function pemOf(folder: string, name: string): string {
  const path = join(folder, `${name}.pem`)
  const { stdout } = openssl(['x509', '-inform', 'DER', '-in', join(folder, name)])
  writeFileSync(path, stdout)
  return path
}

const openssl = (words: readonly string[]) => run(['openssl', ...words], { seconds: 30 })

function complaint(words: readonly string[]): string | undefined {
  const { ok, trouble } = openssl(words)
  return ok ? undefined : trouble
}
