import { join } from 'node:path'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import { admitted, country, directory, file } from '../../test/admitted-provider.ts'
import { openssl } from '../../test/bench-of-devices.ts'
import { makeProvider, ORGANISATION, SUBJECT } from '../../test/provider-request.ts'
import { encodeCertificate } from '../pem.ts'
import { StandInCountry } from './stand-in-country.ts'

describe('an upload that MOSIP refuses', () => {
  const upload = (pem: string, organisation = ORGANISATION, at = country) =>
    at.uploadPartnerCertificate(pem, { organisation })

  /** A country whose clock shows another time, with the same keys. */
  const countryAt = (days: number): Promise<StandInCountry> =>
    StandInCountry.open(join(directory, 'country'), {
      now: () => new Date(Date.now() + days * DAY_MS),
    })

  /** Signed by the country's CA with OpenSSL, for what our own library would not write. */
  async function signWithOpenssl(
    subject: string,
    days: number,
    ...more: string[]
  ): Promise<string> {
    const [key, request, certificate] = [file(''), file(''), file('')]
    await openssl(
      'req',
      '-new',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      key,
      '-subj',
      subject,
      '-out',
      request,
    )
    const authority = join(directory, 'country', 'provider-ca')
    const signing = [
      '-CA',
      `${authority}-certificate.pem`,
      '-CAkey',
      `${authority}-key.pem`,
      ...more,
    ]
    const times = ['-days', String(days), '-set_serial', '7']
    const signed = await openssl(
      'x509',
      '-req',
      '-in',
      request,
      '-out',
      certificate,
      ...times,
      ...signing,
    )
    expect(signed.ok).toBe(true)
    const { text } = await openssl('x509', '-in', certificate)
    return text
  }
  const V3 = (): string[] => ['-extfile', file('basicConstraints=critical,CA:TRUE\n')]

  it('takes one that fits', async () => {
    await expect(
      upload(await signWithOpenssl(`/O=${ORGANISATION}/CN=x`, 400, ...V3())),
    ).resolves.toContain('BEGIN')
  })

  it.each([
    ['KER-PCM-001', 'what is no certificate', () => 'nonsense'],
    [
      'KER-PCM-001',
      'a broken certificate',
      () => encodeCertificate(Buffer.from('3003020100', 'hex')),
    ],
    ['KER-PCM-007', 'version 1', () => signWithOpenssl(`/O=${ORGANISATION}/CN=x`, 400)],
    ['KER-PCM-008', 'another organisation', () => signWithOpenssl('/O=Other/CN=x', 400, ...V3())],
    [
      'KER-PCM-008',
      'the organisation in other case',
      () => signWithOpenssl('/O=EXAMPLE Biometrics/CN=x', 400, ...V3()),
    ],
    ['KER-PCM-008', 'no organisation', () => signWithOpenssl('/CN=x', 400, ...V3())],
    ['KER-PCM-001', 'no common name', () => signWithOpenssl(`/O=${ORGANISATION}`, 400, ...V3())],
    [
      'KER-PCM-014',
      'SHA-384',
      () => signWithOpenssl(`/O=${ORGANISATION}/CN=x`, 400, ...V3(), '-sha384'),
    ],
    [
      'KER-PCM-014',
      'RSASSA-PSS',
      () =>
        signWithOpenssl(`/O=${ORGANISATION}/CN=x`, 400, ...V3(), '-sigopt', 'rsa_padding_mode:pss'),
    ],
    [
      'KER-KMS-021',
      'less than 335 days left',
      () => signWithOpenssl(`/O=${ORGANISATION}/CN=x`, 334, ...V3()),
    ],
    ['KER-PCM-015', 'a self-signed certificate', () => country.providerCa.pem],
    ['KER-PCM-006', 'a chain to nobody it knows', () => country.pms.pem],
  ])('%s: %s', async (errorCode, _what, make) => {
    await expect(upload(await make())).rejects.toMatchObject({ errorCode })
  })

  it('KER-PCM-013: an RSA key of 1024 bits', async () => {
    const weak = await makeProvider(SUBJECT, 1024)
    await expect(upload(await country.certifyProvider(weak.requestPem))).rejects.toMatchObject({
      errorCode: 'KER-PCM-013',
    })
  })

  it('KER-PMS-020 and KER-PCM-004: before its first day, and after its last', async () => {
    const { countrySignedPem: pem } = admitted
    await expect(upload(pem, ORGANISATION, await countryAt(-2))).rejects.toMatchObject({
      errorCode: 'KER-PMS-020',
    })
    await expect(upload(pem, ORGANISATION, await countryAt(3 * 365 + 1))).rejects.toMatchObject({
      errorCode: 'KER-PCM-004',
    })
  })
})
