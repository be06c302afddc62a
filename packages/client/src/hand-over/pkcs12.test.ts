import { X509Certificate, createPrivateKey } from 'node:crypto'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { issue, makeAuthority, makeRsaKey, spkiOf } from '../../test/test-pki.ts'
import { encodePkcs12 } from './pkcs12.ts'

const PASSWORD = 'qwerty@123 "$1"'
const WRONG = 'qwerty@124'
const ALIAS = 'mosip-face'
const READ_BY_JAVA = join(import.meta.dirname, '..', '..', 'test', 'ReadPkcs12.java')

const authority = makeAuthority('Example Biometrics')
const { privateKey: key, publicKey } = makeRsaKey()
const leaf = issue(authority, { spki: spkiOf(publicKey), commonName: 'EXF1.Face' })

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sanad-pkcs12-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function makeFile(form: 'modern' | 'legacy', certificates: Uint8Array[]): Promise<string> {
  const path = join(folder, `${form}-${certificates.length}.p12`)
  const content = { key, certificates, alias: ALIAS, password: PASSWORD, form }
  await writeFile(path, await encodePkcs12(content), { mode: 0o600 })
  return path
}

const openssl = (path: string, password: string, ...more: string[]) =>
  spawnSync('openssl', ['pkcs12', '-in', path, '-passin', 'stdin', '-info', '-nodes', ...more], {
    input: `${password}\n`,
    encoding: 'utf8',
  })

const java = (path: string, password: string): string =>
  execFileSync('java', [READ_BY_JAVA, path, password], { encoding: 'utf8' }).trim()

describe.each([
  ['modern', 'PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256', 'sha256'],
  ['legacy', 'pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048', 'sha1'],
] as const)('PKCS#12, %s', (form, encryption, mac) => {
  it('writes a file that OpenSSL reads: key and certificates fit, encrypted as promised', async () => {
    const { stdout, stderr, status } = openssl(
      await makeFile(form, [leaf, authority.der]),
      PASSWORD,
    )
    expect(status).toBe(0)
    expect(stderr).toContain(`MAC: ${mac}, Iteration`)
    expect(stderr).toContain(`PKCS7 Encrypted data: ${encryption}`)
    expect(stderr).toContain(`Shrouded Keybag: ${encryption}`)
    expect(stdout).toContain(`friendlyName: ${ALIAS}`)
    const certificates = stdout.match(/-----BEGIN CERT[^]+?-----END CERTIFICATE-----/g) ?? []
    expect(certificates.map((pem) => new X509Certificate(pem).raw)).toEqual(
      [leaf, authority.der].map((der) => Buffer.from(der)),
    )
    const [pem = ''] = /-----BEGIN PRIVATE KEY[^]+?-----END PRIVATE KEY-----/.exec(stdout) ?? []
    expect(new X509Certificate(leaf).checkPrivateKey(createPrivateKey(pem))).toBe(true)
  })

  it('writes a file in which Java finds the key by its alias, with the chain or the leaf alone', async () => {
    const whole = await makeFile(form, [leaf, authority.der])
    expect(java(whole, PASSWORD)).toBe(`${ALIAS} fits=true chain=2`)
    expect(java(await makeFile(form, [leaf]), PASSWORD)).toBe(`${ALIAS} fits=true chain=1`)
    const listed = execFileSync(
      'keytool',
      ['-list', '-storetype', 'PKCS12', '-keystore', whole, '-storepass', PASSWORD],
      { encoding: 'utf8' },
    )
    expect(listed).toMatch(new RegExp(`^${ALIAS}, .*PrivateKeyEntry`, 'm'))
  })

  it('writes a file that no other password opens', async () => {
    const path = await makeFile(form, [leaf])
    const { status, stdout } = openssl(path, WRONG)
    expect(status).not.toBe(0)
    expect(stdout).not.toContain('PRIVATE')
    expect(java(path, WRONG)).toBe('refused')
  })
})
