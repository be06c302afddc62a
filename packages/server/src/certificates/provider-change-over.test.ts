import { execFileSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseCertificate } from '@sanad/protocol/asn1/x509'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type TestRevocation,
  openssl,
  readProviderRequest,
  shardOf,
  startTestRevocation,
} from '../../test/test-revocation.ts'
import { ORGANISATION } from '../../test/test-trust.ts'
import { StandInCountry } from '../../../simulator/src/country/stand-in-country.ts'
import { Ceremony } from '../ceremony/ceremony.ts'
import type { DeviceCertificate } from './device-certificate-store.ts'
import { decodeCertificates } from './der/pem.ts'
import { importProviderCertificate } from './import-provider-certificate.ts'

/**
 * MF §11.2: MOSIP signs a provider’s key for a year. The yearly change-over, rehearsed: the same key and
 * subject get a new certificate while the server runs, and devices notice nothing.
 */

let revocation: TestRevocation
let leaves: { old: DeviceCertificate; new: DeviceCertificate; revoked: DeviceCertificate }
/** Files; `mosip` is what MOSIP signed, `country` what the country’s CA signed. */
let files: {
  root: string
  pms: string
  countryCa: string
  mosip: { old: string; renewed: string }
  country: { old: string; renewed: string }
}
let waitedMs = 0

beforeAll(async () => {
  revocation = await startTestRevocation()
  const { issuance, country, keepPem, revoke, lists } = revocation
  const { directory } = issuance.trust
  const oldCountrySigned = await country.certifyProvider(await readProviderRequest(revocation))
  const [old, revoked] = [await issuance.issue(), await issuance.issue()]
  await revoke(revoked)
  await lists.publishDue()

  const renewed = await country.admitProvider(await readProviderRequest(revocation), {
    organisation: ORGANISATION,
  })
  issuance.clock.now = Date.now() + 1000
  const mosipOld = await readFile(join(directory, 'provider.pem'), 'utf8')
  await importRenewed(renewed.mosipSignedPem, renewed.mosipChainPem)
  const began = performance.now()
  await untilIssuedUnder(renewed.mosipSignedPem)
  waitedMs = performance.now() - began

  leaves = { old, revoked, new: await issuance.issue() }
  // The same lists go on, signed under the renewed certificate.
  issuance.clock.now += 3_600_000
  await lists.publishDue()
  issuance.clock.now -= 3_600_000
  await lists.publishDue()
  files = {
    root: await keepPem('root', country.root.pem),
    pms: await keepPem('pms', country.pms.pem),
    countryCa: await keepPem('country-ca', country.providerCa.pem),
    mosip: {
      old: await keepPem('mosip-old', mosipOld),
      renewed: await keepPem('mosip-renewed', renewed.mosipSignedPem),
    },
    country: {
      old: await keepPem('country-old', oldCountrySigned),
      renewed: await keepPem('country-renewed', renewed.countrySignedPem),
    },
  }
})
afterAll(() => revocation[Symbol.asyncDispose]())

/** As `sanad ceremony` does it beside a running server. */
async function importRenewed(certificate: string, chain: string): Promise<void> {
  const { trust, db, clock } = revocation.issuance
  const { hsm, directory } = trust
  await writeFile(join(directory, 'renewed.pem'), certificate)
  await writeFile(join(directory, 'renewed-chain.pem'), chain)
  const ceremony = new Ceremony(
    {
      hsm,
      database: db.database,
      organisation: ORGANISATION,
      dataDirectory: directory,
      now: clock.now,
    },
    join(directory, 'renewal.yaml'),
  )
  await ceremony.carryOut({
    plan: {
      ceremony: 'renewal',
      attendees: [],
      providerCertificate: {
        certificate: 'renewed.pem',
        chain: 'renewed-chain.pem',
        country: 'ET',
        environment: 'test',
      },
    },
    sha256: '',
  })
}

/** Nobody tells the running server: it sees the import by itself. */
async function untilIssuedUnder(pem: string): Promise<void> {
  const { providers, clock } = revocation.issuance
  const [der] = decodeCertificates(pem)
  const wanted = Buffer.from(der ?? [])
  for (let i = 0; !wanted.equals(providers.choose(clock.now).certificate.der); i++) {
    if (i > 400) throw new Error('the import was not seen')
    await wait(50)
  }
}

const fileOf = (leaf: DeviceCertificate): Promise<string> =>
  revocation.keep(leaf.serialNumber, 'CERTIFICATE', leaf.der)

describe('the renewed certificate', () => {
  it('renews the provider certificate with the same key and subject and a later end', async () => {
    const read = async (path: string) =>
      parseCertificate(decodeCertificates(await readFile(path, 'utf8'))[0] ?? new Uint8Array())
    const [old, renewed] = [await read(files.mosip.old), await read(files.mosip.renewed)]
    expect(renewed.spki).toEqual(old.spki)
    expect(renewed.subject).toEqual(old.subject)
    expect(renewed.serialNumber).not.toEqual(old.serialNumber)
    expect(renewed.notAfter).toBeGreaterThan(old.notAfter)
  })

  it('issues under a renewed provider certificate within seconds, without a restart', () => {
    expect(waitedMs).toBeLessThan(7_000)
    expect(leaves.new.providerCertificateId).not.toBe(leaves.old.providerCertificateId)
  })

  it('keeps the same 128 revocation lists after the provider’s renewal', async () => {
    const rows = await revocation.readRows()
    expect(rows).toHaveLength(128)
    expect(new Set(rows.map((row) => row.crl_name)).size).toBe(1)
    expect(new Set(rows.map((row) => row.provider_certificate_id))).toEqual(
      new Set([leaves.new.providerCertificateId]),
    )
    const { entries } = await revocation.read(shardOf(leaves.revoked))
    expect(entries.map((one) => one.serialNumber)).toContain(leaves.revoked.serialNumber)
  })
})

const CASES = (['old', 'renewed'] as const).flatMap((provider) =>
  (['old', 'new'] as const).map((leaf) => [leaf, provider] as const),
)

describe('OpenSSL', () => {
  it.each(CASES)(
    'accepts the %s device certificate under MOSIP’s %s one',
    async (leaf, provider) => {
      const { root, pms, mosip } = files
      const chain = ['-CAfile', root, '-untrusted', pms, '-untrusted', mosip[provider]]
      expect(openssl('verify', ...chain, await fileOf(leaves[leaf]))).toContain(': OK')
    },
  )

  const check = async (leaf: DeviceCertificate, provider: 'old' | 'renewed') =>
    openssl(
      'verify',
      '-crl_check',
      '-CAfile',
      files.countryCa,
      '-untrusted',
      files.country[provider],
      '-CRLfile',
      await revocation.keepList(shardOf(leaf)),
      await fileOf(leaf),
    )

  it.each(CASES)(
    'accepts the %s one with -crl_check under the country’s %s signature',
    async (leaf, provider) => {
      expect(await check(leaves[leaf], provider)).toContain(': OK')
    },
  )

  it.each(['old', 'renewed'] as const)(
    'refuses the revoked one with -crl_check under the country’s %s signature',
    async (provider) => {
      expect(await check(leaves.revoked, provider)).toContain('certificate revoked')
    },
  )
})

describe('Java’s PKIX, as MOSIP calls it', () => {
  it('verifies old and new device certificates under both provider certificates', async () => {
    const program = join(import.meta.dirname, '..', '..', 'test', 'verify-path.java')
    const { root, pms, mosip } = files
    const paths = await Promise.all(
      CASES.map(async ([leaf, provider]) =>
        [root, await fileOf(leaves[leaf]), mosip[provider], pms].join(':'),
      ),
    )
    const said = execFileSync('java', [program, ...paths], { encoding: 'utf8' })
    expect(said.trim().split('\n')).toEqual(CASES.map(() => 'accepted'))
  })
})

describe('two countries at once', () => {
  it('serves two countries at once, with one set of lists where name and key are equal', async () => {
    const { issuance, keepPem, revoke, lists } = revocation
    const { trust, db, clock, providers } = issuance
    const second = await StandInCountry.open(join(trust.directory, 'second-country'), {
      name: 'Second Country',
      code: 'KE',
    })
    clock.now = Date.now() + 1000
    const admitted = await second.admitProvider(await readProviderRequest(revocation), {
      organisation: ORGANISATION,
    })
    const [key] = (await trust.hsm.listKeys()).filter(({ purpose }) => purpose === 'provider-ca')
    if (key === undefined) throw new Error('no key')
    await importProviderCertificate(
      db.database,
      {
        certificatePem: admitted.mosipSignedPem,
        chainPem: admitted.mosipChainPem,
        organisation: ORGANISATION,
        key,
        country: 'KE',
        environment: 'test',
      },
      clock.now,
    )
    await providers.refresh()

    const market = { country: 'KE', environment: 'test' }
    const [good, bad] = [await issuance.issue({ market }), await issuance.issue({ market })]
    const [, provider] = await issuance.issuer.chainOf(good)
    const own = decodeCertificates(admitted.mosipSignedPem)[0] ?? new Uint8Array()
    expect(Buffer.from(provider ?? []).equals(own)).toBe(true)
    await revoke(bad)
    expect((await lists.publishDue()).problem).toBe(null)
    expect(await revocation.readRows()).toHaveLength(128)
    const check = async (leaf: DeviceCertificate) =>
      openssl(
        'verify',
        '-crl_check',
        '-CAfile',
        await keepPem('second-ca', second.providerCa.pem),
        '-untrusted',
        await keepPem('second-signed', admitted.countrySignedPem),
        '-CRLfile',
        await revocation.keepList(shardOf(leaf)),
        await fileOf(leaf),
      )
    expect(await check(good)).toContain(': OK')
    expect(await check(bad)).toContain('certificate revoked')
  })
})
