import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import { countryCa, countrySigned, issue, later, revocation } from '../../test/issued-lists.ts'
import { openssl, shardOf } from '../../test/test-revocation.ts'
import type { DeviceCertificate } from '../certificates/device-certificate-store.ts'
import { readRecord } from '../record/event-reader.ts'

async function judge(
  leaf: DeviceCertificate,
  list: string,
  chain: readonly string[] = ['-CAfile', countryCa, '-untrusted', countrySigned],
): Promise<string> {
  const file = await revocation.keep(leaf.serialNumber, 'CERTIFICATE', leaf.der)
  return openssl('verify', '-partial_chain', '-crl_check', ...chain, '-CRLfile', list, file)
}

describe('the lists of an issuer', () => {
  it('publishes 128 lists soon after start, each verified by OpenSSL', async () => {
    const rows = await revocation.readRows()
    expect(rows.map(({ shard }) => shard)).toEqual(Array.from({ length: 128 }, (_, at) => at))
    for (const { shard } of rows) {
      const file = await revocation.keepList(shard)
      expect(openssl('crl', '-in', file, '-noout', '-CAfile', countrySigned)).toContain('verify OK')
    }
  })

  it('records a pass over the lists once, and none for unchanged entries', async () => {
    const events = async () =>
      (await readRecord(revocation.issuance.db.database, { limit: 500 })).items.filter(
        ({ event }) => event.type === 'revocation-lists.published',
      )
    const before = (await events()).length
    await later(2 * HOUR_MS, () => revocation.lists.publishDue())
    expect(await events()).toHaveLength(before)
    const leaf = await issue()
    await revocation.revoke(leaf)
    await revocation.lists.publishDue()
    expect(await events()).toHaveLength(before + 1)
  })
})

describe('a list', () => {
  it('signs version 2 lists for 48 hours with a critical distribution point', async () => {
    const { crl_name } = await revocation.readRow(7)
    const text = openssl('crl', '-in', await revocation.keepList(7), '-noout', '-text')
    expect(text).toMatch(/Version 2 \(0x1\)/)
    expect(text).toMatch(/Signature Algorithm: sha256WithRSAEncryption/)
    expect(text).toMatch(/Issuer: C = ET, O = Example Biometrics, CN = Device Provider CA/)
    expect(text).toMatch(/X509v3 Authority Key Identifier: \n/)
    expect(text).toMatch(/X509v3 CRL Number: \n/)
    expect(text).toMatch(
      new RegExp(
        `X509v3 Issuing Distribution Point: critical\\s+Full Name:\\s+URI:https://server.example/crl/${crl_name}/7.crl\\s+Only User Certificates`,
      ),
    )
    const { thisUpdate, nextUpdate } = await revocation.read(7)
    expect(nextUpdate - thisUpdate).toBe(48 * HOUR_MS)
  })

  it.each([
    ['stolen', 'Key Compromise'],
    ['replaced', 'Superseded'],
    ['end-of-life', 'Cessation Of Operation'],
  ] as const)('tells of a certificate that was revoked as %s: %s', async (reason, words) => {
    const leaf = await issue()
    await revocation.revoke(leaf, reason)
    await revocation.lists.publishDue()
    const list = await revocation.keepList(shardOf(leaf))
    const text = openssl('crl', '-in', list, '-noout', '-text')
    const entry = text.slice(text.indexOf(leaf.serialNumber.toUpperCase()))
    expect(entry.slice(0, 300)).toMatch(new RegExp(`X509v3 CRL Reason Code: \\s+${words}`))
  })

  it('lists abandoned plans, because the HSM may have signed them', async () => {
    const { issuance, lists } = revocation
    const intent = await issuance.plan()
    const { abandonOrphanedIntents } = await import('../certificates/orphaned-intents.ts')
    await abandonOrphanedIntents(issuance.db.database, issuance.clock.now + 1000, 0)
    await lists.publishDue()
    expect((await revocation.read(shardOf(intent))).entries).toContainEqual(
      expect.objectContaining({ serialNumber: intent.serialNumber, reasonCode: 5 }),
    )
  })
})

describe('OpenSSL with -crl_check', () => {
  it('lets OpenSSL accept a good certificate and refuse a revoked one', async () => {
    const [good, bad] = [await issue(), await issue()]
    await revocation.revoke(bad)
    await revocation.lists.publishDue()
    expect(await judge(good, await revocation.keepList(shardOf(good)))).toContain(': OK')
    expect(await judge(bad, await revocation.keepList(shardOf(bad)))).toContain(
      'certificate revoked',
    )
  })

  it('lets OpenSSL refuse the list of another shard', async () => {
    const leaf = await issue()
    const other = (shardOf(leaf) + 1) % 128
    expect(await judge(leaf, await revocation.keepList(other))).toContain('different CRL scope')
  })

  it('lets OpenSSL refuse lists under a certificate without cRLSign', async () => {
    // MF §2.4b. MOSIP itself asks for no list; who does goes by the certificate of the country’s CA.
    const { issuance, country, keep, keepPem } = revocation
    const leaf = await issue()
    const [, provider, pms] = await issuance.issuer.chainOf(leaf)
    const chain = [
      '-CAfile',
      await keepPem('root', country.root.pem),
      '-untrusted',
      await keep('pms', 'CERTIFICATE', pms ?? new Uint8Array()),
      '-untrusted',
      await keep('provider', 'CERTIFICATE', provider ?? new Uint8Array()),
    ]
    const list = await revocation.keepList(shardOf(leaf))
    expect(await judge(leaf, list, chain)).toContain('key usage does not include CRL signing')
    const file = await keep(leaf.serialNumber, 'CERTIFICATE', leaf.der)
    expect(openssl('verify', ...chain, file)).toContain(': OK')
  })
})

describe('Java’s PKIX with revocation on', () => {
  it('lets Java accept a good certificate and refuse revoked ones and other shards', async () => {
    const [good, bad] = [await issue(), await issue()]
    await revocation.revoke(bad)
    await revocation.lists.publishDue()
    const path = async (leaf: DeviceCertificate, shard = shardOf(leaf)): Promise<string> =>
      [
        await revocation.keepList(shard),
        countryCa,
        await revocation.keep(leaf.serialNumber, 'CERTIFICATE', leaf.der),
        countrySigned,
      ].join(':')
    const program = join(import.meta.dirname, '..', '..', 'test', 'verify-revocation.java')
    const paths = [
      await path(good),
      await path(bad),
      await path(good, (shardOf(good) + 1) % 128),
      await path(bad, (shardOf(bad) + 1) % 128),
    ]
    const said = execFileSync('java', [program, ...paths], { encoding: 'utf8' })
      .trim()
      .split('\n')
    expect(said[0]).toBe('accepted')
    expect(said[1]).toMatch(/^refused: Certificate has been revoked, reason: KEY_COMPROMISE/)
    // Java then looks at the address that the certificate names, which nobody has in a test.
    const undetermined = /^refused: (Could not|Unable to) determine revocation status/
    expect(said[2]).toMatch(undetermined)
    expect(said[3]).toMatch(undetermined)
  })
})
