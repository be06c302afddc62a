import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestIssuance, startTestIssuance } from '../../test/test-issuance.ts'
import { makeAuthority } from '../../test/throwaway-provider.ts'
import { decodeCertificates, encodePem } from './der/pem.ts'

/** Judges of others: OpenSSL, and Java's PKIX as MOSIP calls it. */

let issuance: TestIssuance
let files: { root: string; pms: string; provider: string; leaf: string; stranger: string }
beforeAll(async () => {
  issuance = await startTestIssuance()
  const [leaf, provider, pms] = await issuance.issuer.chainOf(await issuance.issue())
  const stranger = makeAuthority({ name: { organisation: 'Else', commonName: 'Root' } })
  files = {
    root: await keep('root', rootOf(await countryChain())),
    pms: await keep('pms', pms),
    provider: await keep('provider', provider),
    leaf: await keep('leaf', leaf),
    stranger: await keep('stranger', stranger.certificate.der),
  }
})
afterAll(() => issuance[Symbol.asyncDispose]())

const countryChain = async (): Promise<readonly Uint8Array[]> => {
  const { rows } = await issuance.db.pool.query<{ issuers: Uint8Array[] }>(
    'select issuers from provider_certificate',
  )
  return rows[0]?.issuers ?? []
}
const rootOf = (issuers: readonly Uint8Array[]) => issuers.at(-1)

async function keep(name: string, der: Uint8Array | undefined): Promise<string> {
  if (der === undefined) throw new Error(`no ${name}`)
  const path = join(issuance.trust.directory, `judged-${name}.pem`)
  await writeFile(path, encodePem('CERTIFICATE', der))
  return path
}

const openssl = (...words: string[]): string =>
  execFileSync('openssl', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

describe('OpenSSL', () => {
  it('accepts ROOT, PMS, provider, device, by the strict rules of RFC 5280', () => {
    const { root, pms, provider, leaf } = files
    const said = openssl(
      'verify',
      '-CAfile',
      root,
      '-untrusted',
      pms,
      '-untrusted',
      provider,
      '-check_ss_sig',
      leaf,
    )
    expect(said).toContain(': OK')
  })

  it('reads a device certificate as the profile describes it', () => {
    const text = openssl('x509', '-in', files.leaf, '-noout', '-text')
    expect(text).toMatch(/Version: 3/)
    expect(text).toMatch(/Signature Algorithm: sha256WithRSAEncryption/)
    expect(text).toMatch(/Subject: O = Example Biometrics, CN = SN-0001.SLAP-1/)
    expect(text).toMatch(/X509v3 Basic Constraints: critical\s+CA:FALSE/)
    expect(text).toMatch(/X509v3 Key Usage: critical\s+Digital Signature\n/)
    expect(text).toMatch(/X509v3 Extended Key Usage: \s+1\.2\.840\.113556\.[\d.]+\.1\.1\n/)
    expect(text).toMatch(/URI:https:\/\/server\.example\/crl\/[0-9a-f]{16}\/\d+\.crl/)
    expect(text).toContain('X509v3 Subject Key Identifier')
    expect(text).toContain('X509v3 Authority Key Identifier')
    expect(text).not.toContain('DirName')
  })

  it('issues device certificates with the provider’s name byte for byte', () => {
    const hash = (what: string, file: string) => openssl('x509', '-in', file, '-noout', what)
    expect(hash('-issuer_hash', files.leaf)).toBe(hash('-subject_hash', files.provider))
  })

  it('accepts the provider’s request', () => {
    const csr = join(issuance.trust.directory, 'trust', 'provider.csr.pem')
    execFileSync('openssl', ['req', '-in', csr, '-noout', '-verify'], { stdio: 'pipe' })
    expect(openssl('req', '-in', csr, '-noout', '-subject')).toContain(
      'C = ET, O = Example Biometrics, CN = Device Provider CA',
    )
  })

  it('accepts TLS certificate and response key below the management root', async () => {
    const { directory, tls, responseKeys } = issuance.trust
    const root = join(directory, 'trust', 'management-root.pem')
    const tlsFile = await keep('tls', decodeCertificates(tls.cert)[0])
    const response = await keep('response', responseKeys.current().certificate)
    const sslserver = ['-purpose', 'sslserver', '-verify_hostname', 'localhost']
    expect(openssl('verify', '-x509_strict', '-CAfile', root, ...sslserver, tlsFile)).toContain(
      'OK',
    )
    const byAddress = ['-verify_ip', '127.0.0.1']
    expect(openssl('verify', '-x509_strict', '-CAfile', root, ...byAddress, tlsFile)).toContain(
      'OK',
    )
    expect(openssl('verify', '-x509_strict', '-CAfile', root, response)).toContain('OK')
    const text = openssl('x509', '-in', response, '-noout', '-text')
    expect(text).toContain('ED25519')
    expect(text).toContain(OID.managementResponse)
  })
})

describe('Java’s PKIX, revocation off as in MOSIP', () => {
  const program = join(import.meta.dirname, '..', '..', 'test', 'verify-path.java')
  const judge = (...paths: string[][]): string[] =>
    execFileSync('java', [program, ...paths.map((path) => path.join(':'))], { encoding: 'utf8' })
      .trim()
      .split('\n')

  it('accepts the device below ROOT and PMS, and below another root refuses it', () => {
    const { root, pms, provider, leaf, stranger } = files
    const [sound, foreign] = judge([root, leaf, provider, pms], [stranger, leaf, provider, pms])
    expect(sound).toBe('accepted')
    expect(foreign).toMatch(/^refused/)
  })
})
