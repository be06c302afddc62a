import { describe, expect, it } from 'vitest'
import { makeSelfSigned, makeTestFactory } from '../../test/test-factory.ts'
import { encodePem } from '../certificates/der/pem.ts'
import { readFtmProviderCertificate } from './ftm-certificate.ts'

const CA = 'basicConstraints=critical,CA:TRUE'

describe('the certificate of an FTM provider', () => {
  it('reads the certificate of an FTM provider with its subject and dates', () => {
    const { rootPem } = makeTestFactory()
    const certificate = readFtmProviderCertificate(rootPem, Date.now())
    expect(certificate.subject).toBe('CN=Chipworks Root, O=Chipworks, C=ET')
    expect(certificate.notAfter.getTime()).toBeGreaterThan(Date.now())
    expect(encodePem('CERTIFICATE', certificate.der)).toBe(rootPem)
  })

  it.each([
    ['is no CA', { extensions: ['basicConstraints=critical,CA:FALSE'] }],
    ['may not sign certificates', { extensions: [CA, 'keyUsage=critical,digitalSignature'] }],
    ['has a short RSA key', { key: 'rsa:1024' }],
    ['is signed with SHA-1', { digest: 'sha1' }],
    ['has a critical extension nobody knows', { extensions: [CA, '1.2.3.4=critical,DER:0500'] }],
  ])('refuses a certificate of an FTM provider that %s', (_what, terms) => {
    const pem = makeSelfSigned(terms)
    expect(() => readFtmProviderCertificate(pem, Date.now())).toThrow(
      expect.objectContaining({ code: 'ftm-provider.certificate-invalid' }),
    )
  })

  it.each([
    ['too late', Date.now() + 100 * 365 * 86_400_000],
    ['too early', Date.now() - 86_400_000],
  ])('refuses a certificate of an FTM provider that is shown %s', (_when, at) => {
    const pem = makeSelfSigned()
    expect(() => readFtmProviderCertificate(pem, at)).toThrow(
      expect.objectContaining({ code: 'ftm-provider.certificate-invalid' }),
    )
  })

  it('refuses a certificate of an FTM provider with a foreign signature', () => {
    const der = Buffer.from(readFtmProviderCertificate(makeSelfSigned(), Date.now()).der)
    der.writeUInt8((der.at(-1) ?? 0) ^ 1, der.length - 1)
    expect(() => readFtmProviderCertificate(encodePem('CERTIFICATE', der), Date.now())).toThrow(
      expect.objectContaining({ code: 'ftm-provider.certificate-invalid' }),
    )
  })

  it('refuses a file with two certificates of FTM providers, or none', () => {
    const pem = makeSelfSigned()
    for (const text of [`${pem}${pem}`, 'certificate', '']) {
      expect(() => readFtmProviderCertificate(text, Date.now())).toThrow(
        expect.objectContaining({ code: 'ftm-provider.certificate-invalid' }),
      )
    }
  })
})
