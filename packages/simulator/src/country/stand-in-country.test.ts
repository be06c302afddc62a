import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import { admitted, country, directory, file, provider } from '../../test/admitted-provider.ts'
import { openssl } from '../../test/bench-of-devices.ts'
import { makeProvider, ORGANISATION, SUBJECT } from '../../test/provider-request.ts'
import { generateRsaKey } from '../key-file.ts'
import { decodeCertificates, encodeCertificate } from '../pem.ts'
import { identifySubjectKey, signCertificate, writeSubject } from '../software-authority.ts'
import * as x509 from '../x509.ts'
import { StandInCountry } from './stand-in-country.ts'

const mosipSigned = (): x509.X509Certificate => new x509.X509Certificate(admitted.mosipSignedPem)

/** Issues below a certificate with the provider's key. */
async function issueBelow(
  issuer: x509.X509Certificate,
  isCa = false,
  signer = provider.keys.privateKey,
) {
  const { privateKey, publicKey } = await generateRsaKey(2048)
  const usage = isCa ? x509.KeyUsageFlags.keyCertSign : x509.KeyUsageFlags.digitalSignature
  const certificate = await signCertificate(
    {
      subject: writeSubject({
        country: 'ET',
        organisation: ORGANISATION,
        commonName: isCa ? 'Sub CA' : 'device',
      }),
      publicKey,
      notBefore: new Date(Date.now() - 1000),
      notAfter: new Date(Date.now() + 30 * DAY_MS),
      extensions: [
        new x509.BasicConstraintsExtension(isCa, undefined, true),
        new x509.KeyUsagesExtension(usage, true),
        await identifySubjectKey(publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ],
    },
    issuer.subjectName,
    signer,
  )
  return { certificate, privateKey }
}

/** OpenSSL's judgement of a path to ROOT; not strict, because MOSIP leaves the authority key identifier out. */
const verifyUnderRoot = (pem: string, ...between: string[]): ReturnType<typeof openssl> =>
  openssl(
    'verify',
    '-CAfile',
    file(country.root.pem),
    '-untrusted',
    file(between.join('')),
    file(pem),
  )

describe('the country chain, judged by OpenSSL', () => {
  it('has a provider certificate under the CA that the country approved', async () => {
    const [leaf, ca] = decodeCertificates(admitted.countryChainPem).map(encodeCertificate)
    expect(await openssl('verify', '-CAfile', file(ca!), file(leaf!))).toMatchObject({ ok: true })
  })

  it('has a MOSIP-signed certificate under PMS and ROOT, and a device certificate directly under it', async () => {
    const { certificate } = await issueBelow(mosipSigned())
    const { mosipSignedPem } = admitted
    expect(await verifyUnderRoot(mosipSignedPem, country.pms.pem)).toMatchObject({ ok: true })
    const leaf = certificate.toString('pem')
    expect(await verifyUnderRoot(leaf, country.pms.pem, mosipSignedPem)).toMatchObject({ ok: true })
  })

  it('is too long for an authority of the provider’s own below it', async () => {
    const sub = await issueBelow(mosipSigned(), true)
    const { certificate } = await issueBelow(sub.certificate, false, sub.privateKey)
    const between = [country.pms.pem, admitted.mosipSignedPem, sub.certificate.toString('pem')]
    const { ok, text } = await verifyUnderRoot(certificate.toString('pem'), ...between)
    expect(ok).toBe(false)
    expect(text).toContain('error 25') // path length constraint exceeded
  })

  it('gives ROOT path length 2 and PMS path length 1', () => {
    const lengths = [country.root, country.pms].map(
      ({ certificate }) => certificate.getExtension(x509.BasicConstraintsExtension)?.pathLength,
    )
    expect(lengths).toEqual([2, 1])
  })
})

describe('MOSIP’s signature over the provider’s key', () => {
  it('rebuilds the subject from C, ST, L, O, OU and CN in that order, and drops the rest', () => {
    expect(mosipSigned().subject).toBe(
      `C=ET, ST=Addis Ababa, L=Addis Ababa, O=${ORGANISATION}, OU=Devices, CN=Device Provider CA 1`,
    )
    const uploaded = new x509.X509Certificate(admitted.countrySignedPem)
    expect(uploaded.subject).toContain('E=ca@example.com')
    expect(Buffer.from(uploaded.subjectName.toArrayBuffer())).toEqual(
      Buffer.from(new x509.Name(SUBJECT).toArrayBuffer()),
    )
  })

  it('writes the country as PrintableString and all else as UTF8String', async () => {
    const { text } = await openssl('asn1parse', '-in', file(admitted.mosipSignedPem))
    const subject = text.slice(text.lastIndexOf(':countryName'), text.indexOf('rsaEncryption'))
    expect(subject.match(/PRINTABLESTRING|UTF8STRING/g)).toEqual([
      'PRINTABLESTRING',
      ...Array.from({ length: 5 }, () => 'UTF8STRING'),
    ])
  })

  it('has exactly three extensions, for the same key, over 365 days', () => {
    const certificate = mosipSigned()
    expect(certificate.extensions.map(({ type, critical }) => [type, critical])).toEqual([
      ['2.5.29.19', true],
      ['2.5.29.14', false],
      ['2.5.29.15', true],
    ])
    const constraints = certificate.getExtension(x509.BasicConstraintsExtension)
    expect([constraints?.ca, constraints?.pathLength]).toEqual([true, undefined])
    expect(certificate.getExtension(x509.KeyUsagesExtension)?.usages).toBe(
      x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign,
    )
    expect(certificate.notAfter.getTime() - certificate.notBefore.getTime()).toBe(365 * DAY_MS)
    const spki = provider.keys.publicKey.export({ type: 'spki', format: 'der' })
    expect(Buffer.from(certificate.publicKey.rawData)).toEqual(spki)
    expect(certificate.signatureAlgorithm).toMatchObject({
      name: 'RSASSA-PKCS1-v1_5',
      hash: { name: 'SHA-256' },
    })
    expect(Buffer.from(certificate.issuerName.toArrayBuffer())).toEqual(
      Buffer.from(country.pms.certificate.subjectName.toArrayBuffer()),
    )
  })

  it('may have a negative serial number, as MOSIP’s often have, and still verify', async () => {
    const terms = { organisation: ORGANISATION, serialSign: 'negative' } as const
    const pem = await country.uploadPartnerCertificate(admitted.countrySignedPem, terms)
    const { text } = await openssl('x509', '-noout', '-serial', '-in', file(pem))
    expect(text).toMatch(/^serial=-[0-9A-F]+/)
    expect(await verifyUnderRoot(pem, country.pms.pem)).toMatchObject({ ok: true })
    const { certificate } = await issueBelow(new x509.X509Certificate(pem))
    const leaf = certificate.toString('pem')
    expect(await verifyUnderRoot(leaf, country.pms.pem, pem)).toMatchObject({ ok: true })
  })
})

describe('a country that is opened again', () => {
  it('has the keys it had, in files that only their owner can read', async () => {
    const again = await StandInCountry.open(join(directory, 'country'))
    expect([again.root.pem, again.pms.pem, again.providerCa.pem]).toEqual([
      country.root.pem,
      country.pms.pem,
      country.providerCa.pem,
    ])
    const keys = readdirSync(join(directory, 'country')).filter((name) => name.endsWith('-key.pem'))
    expect(keys).toHaveLength(3)
    for (const name of keys)
      expect(statSync(join(directory, 'country', name)).mode & 0o777).toBe(0o600)
  })

  it('renews a provider under the same subject and key, with another serial number', async () => {
    const renewed = new x509.X509Certificate(
      await country.uploadPartnerCertificate(admitted.countrySignedPem, {
        organisation: ORGANISATION,
      }),
    )
    const first = mosipSigned()
    expect(renewed.serialNumber).not.toBe(first.serialNumber)
    expect(renewed.subject).toBe(first.subject)
    expect(Buffer.from(renewed.publicKey.rawData)).toEqual(Buffer.from(first.publicKey.rawData))
  })
})

describe('a request', () => {
  it('is refused when another key signed it', async () => {
    const other = await makeProvider()
    const tampered = new x509.Pkcs10CertificateRequest(provider.requestPem)
    const bytes = Buffer.from(tampered.rawData)
    bytes.set(
      Buffer.from(new x509.Pkcs10CertificateRequest(other.requestPem).signature),
      bytes.length - 384,
    )
    const pem = x509.PemConverter.encode(bytes, 'CERTIFICATE REQUEST')
    await expect(country.certifyProvider(pem)).rejects.toThrow()
  })
})
