import { X509Certificate } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sequenceEvents } from '../src/record/sequencer.ts'
import { FtmProvider } from '../../simulator/src/ftm/ftm-provider.ts'
import { runCheck } from '../src/findings/audit.ts'
import { chipRevocationUnknown } from '../src/findings/checks/chip-revocation-unknown.ts'
import { chipRevoked } from '../src/findings/checks/chip-revoked.ts'
import { listRefusals } from '../src/registration/refusals.ts'
import { fetchAll } from '../src/revocation/ftm/fetch-job.ts'
import { FtmRevocation } from '../src/revocation/ftm/ftm-revocation.ts'
import { AddressGuard } from '../src/webhooks/address-guard.ts'
import { DeviceUnderTest } from './device-under-test.ts'
import { type OpensslList, gencrl, opensslTime } from './openssl-lists.ts'
import { OPERATOR, type TestFtmProvider, type TestServer, startTestServer } from './test-server.ts'

/** Chips that their FTM provider revoked, at the devices’ door. */

/** Of a device certificate. */
const LIFE_DAYS = DEFAULT_POLICY_SETTINGS.rotationDays + DEFAULT_POLICY_SETTINGS.overlapDays
const OPERATOR_ID = '00000000-0000-4000-8000-000000000001'
const LOOPBACK = new AddressGuard(['127.0.0.0/8'])

let server: TestServer
let revocation: FtmRevocation
beforeAll(async () => {
  server = await startTestServer()
  const { database } = server.db
  revocation = new FtmRevocation({ database, clock: server.now, guard: LOOPBACK })
}, 120_000)
afterAll(() => server[Symbol.asyncDispose]())

const now = () => new Date(server.now())

const serialOf = (device: DeviceUnderTest): string =>
  new X509Certificate(device.chip?.ftmCertificates[0] ?? Buffer.alloc(0)).serialNumber

async function makeDevice(ftm: TestFtmProvider): Promise<DeviceUnderTest> {
  const model = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
  return DeviceUnderTest.makeL1(server, model, ftm)
}

/** A provider whose chips are certified by an authority below its root. */
async function addWithIntermediate(name: string): Promise<TestFtmProvider> {
  const directory = join(server.trust.directory, name)
  const options = { organisation: name, withIntermediate: true, now }
  const provider = await FtmProvider.open(directory, options)
  const certificatePem = provider.root.pem
  const { ftmProviderId } = await server.ftmProviders.add({ name, certificatePem }, OPERATOR)
  return { provider, ftmProviderId, directory }
}

const take = ({ ftmProviderId }: TestFtmProvider, file: Uint8Array) =>
  revocation.take({
    ftmProviderId,
    file,
    from: { source: 'imported', operatorId: OPERATOR_ID },
    actor: OPERATOR,
  })

const rootList = (
  { directory }: TestFtmProvider,
  number: number,
  revoked: readonly string[] = [],
  { days = 7, ...more }: Partial<OpensslList> = {},
): Buffer =>
  gencrl({
    from: opensslTime(server.now()),
    to: opensslTime(server.now() + days * DAY_MS),
    certificate: join(directory, 'root-certificate.pem'),
    key: join(directory, 'root-key.pem'),
    number,
    revoked: revoked.map((serialNumber) => ({ serialNumber })),
    ...more,
  })

const setPolicy = (
  { ftmProviderId }: TestFtmProvider,
  revocationPolicy: 'ignore' | 'warn' | 'refuse',
  url: string | null = null,
) => revocation.set(ftmProviderId, { revocationPolicy, url }, OPERATOR)

async function ruleOf(answer: object): Promise<string | undefined> {
  expect(answer).toMatchObject({ outcome: 'refused' })
  const { supportCode } = answer as { supportCode: string }
  const { items } = await listRefusals(server.db.database, { search: supportCode })
  return items[0]?.rule
}

/** Subjects or devices of the open findings of one check. */
async function found(check: typeof chipRevoked): Promise<string[]> {
  const hsm = { state: 'ready' as const, since: 0 }
  await runCheck(server.db.database, check, { now: now(), hsm })
  const { rows } = await server.db.pool.query<{ subject: string }>(
    'select subject from finding where check_name = $1 and resolved_at is null',
    [check.name],
  )
  return rows.map(({ subject }) => subject)
}

describe('a chip', () => {
  it('refuses a chip on its provider’s revocation list until a later list omits it', async () => {
    const ftm = await server.addFtmProvider(now)
    const device = await makeDevice(ftm)
    await take(ftm, rootList(ftm, 1, [serialOf(device)]))
    const answer = await device.register()
    expect(answer).toMatchObject({ outcome: 'refused' })
    expect(await ruleOf(answer)).toBe('R28-ftm-not-revoked')
    const { device: row, certificates } = await server.recordOf(device.deviceId)
    expect([row.state, certificates]).toEqual(['approved', []])
    await take(ftm, rootList(ftm, 2))
    expect(await device.register()).toMatchObject({ outcome: 'registered' })
  })

  it('accepts a chip that a list removes again (removeFromCRL)', async () => {
    const ftm = await server.addFtmProvider(now)
    const device = await makeDevice(ftm)
    const serialNumber = serialOf(device)
    const withReason = (number: number, reason: string) =>
      rootList(ftm, number, [], { revoked: [{ serialNumber, reason }] })
    await take(ftm, withReason(1, 'certificateHold'))
    expect(await ruleOf(await device.register())).toBe('R28-ftm-not-revoked')
    await take(ftm, withReason(2, 'removeFromCRL'))
    expect(await device.register()).toMatchObject({ outcome: 'registered' })
  })

  it('refuses a revoked chip whatever the list’s age and the policy', async () => {
    const ftm = await server.addFtmProvider(now)
    await setPolicy(ftm, 'ignore')
    const device = await makeDevice(ftm)
    await take(ftm, rootList(ftm, 1, [serialOf(device)], { days: 1 }))
    await server.advanceDays(5)
    expect(await ruleOf(await device.register())).toBe('R28-ftm-not-revoked')
  })

  it('refuses a chip below a revoked authority, and one that the authority revoked', async () => {
    const ftm = await addWithIntermediate('Two Steps')
    const { provider, ftmProviderId } = ftm
    const [authority = Buffer.alloc(0)] = provider.intermediates
    const pem = new X509Certificate(authority).toString()
    const one = await makeDevice(ftm)
    const list = await provider.publishList('issuer', { number: 1, revoked: [serialOf(one)] })
    await expect(take(ftm, list)).rejects.toMatchObject({
      code: 'ftm-revocation-list.issuer-unknown',
    })
    const asPem = `${pem}-----BEGIN X509 CRL-----\n${list.toString('base64')}\n-----END X509 CRL-----\n`
    await take(ftm, Buffer.from(asPem))
    expect(await ruleOf(await one.register())).toBe('R28-ftm-not-revoked')
    const other = await makeDevice(ftm)
    expect(await other.register()).toMatchObject({ outcome: 'registered' })
    // Of the root there is no list yet, so nobody knows of the authority.
    expect(await revocation.describe(ftmProviderId)).toMatchObject({ status: 'none' })
    expect(await found(chipRevocationUnknown)).toContain(ftmProviderId)
    const third = await makeDevice(ftm)
    const { serialNumber } = new X509Certificate(authority)
    await take(ftm, rootList(ftm, 1, [serialNumber]))
    expect(await ruleOf(await third.register())).toBe('R28-ftm-not-revoked')
    expect(await found(chipRevoked)).toEqual([other.deviceId])
  })
})

describe('a registered device whose chip is revoked afterwards', () => {
  it('reports a registered device with a revoked chip, leaves it to an operator, and refuses its recovery', async () => {
    const ftm = await server.addFtmProvider(now)
    const device = await makeDevice(ftm)
    expect(await device.register()).toMatchObject({ outcome: 'registered' })
    await take(ftm, rootList(ftm, 1, [serialOf(device)]))
    expect(await found(chipRevoked)).toContain(device.deviceId)
    expect((await server.recordOf(device.deviceId)).device.state).toBe('registered')
    const suspended = await makeDevice(ftm)
    expect(await suspended.register()).toMatchObject({ outcome: 'registered' })
    await take(ftm, rootList(ftm, 2, [serialOf(device), serialOf(suspended)]))
    await server.act(suspended.deviceId, 'suspend')
    const findings = await found(chipRevoked)
    expect(findings).toContain(device.deviceId)
    expect(findings).not.toContain(suspended.deviceId)
    await device.checkIn()
    await server.advanceDays(LIFE_DAYS + 3)
    const recovers = device.thumbprint
    await device.replaceKey()
    expect(await ruleOf(await device.register({ recovers }))).toBe('R28-ftm-not-revoked')
    await take(ftm, rootList(ftm, 3))
    expect(await device.register({ recovers })).toMatchObject({ outcome: 'registered' })
    expect(await found(chipRevoked)).not.toContain(device.deviceId)
  })
})

describe('a chip of which no current list says anything', () => {
  it('accepts chips of unknown status by default, with one finding for the provider', async () => {
    const ftm = await server.addFtmProvider(now)
    for (const device of [await makeDevice(ftm), await makeDevice(ftm)])
      expect(await device.register()).toMatchObject({ outcome: 'registered' })
    const findings = await found(chipRevocationUnknown)
    expect(findings.filter((subject) => subject === ftm.ftmProviderId)).toHaveLength(1)
    await setPolicy(ftm, 'ignore')
    expect(await found(chipRevocationUnknown)).not.toContain(ftm.ftmProviderId)
  })

  it('refuses chips of unknown status until there is a list, where the policy demands one', async () => {
    const ftm = await server.addFtmProvider(now)
    await setPolicy(ftm, 'refuse')
    const device = await makeDevice(ftm)
    const answer = await device.register()
    expect(await ruleOf(answer)).toBe('R29-ftm-status-known')
    expect(answer).toMatchObject({ retryAfterSeconds: 300 })
    await take(ftm, rootList(ftm, 1, [], { days: 1 }))
    expect(await device.register()).toMatchObject({ outcome: 'registered' })
    // Past its next update a list is believed for the grace of a day.
    await server.advanceDays(1.9)
    expect(await (await makeDevice(ftm)).register()).toMatchObject({
      outcome: 'registered',
    })
    await server.advanceDays(0.2)
    expect(await ruleOf(await (await makeDevice(ftm)).register())).toBe('R29-ftm-status-known')
    expect(await revocation.describe(ftm.ftmProviderId)).toMatchObject({ status: 'stale' })
    expect(await found(chipRevocationUnknown)).toContain(ftm.ftmProviderId)
  })
})

describe('a list', () => {
  it('records an imported revocation list once, with its provider’s name', async () => {
    const ftm = await server.addFtmProvider(now)
    const file = rootList(ftm, 7)
    await take(ftm, file)
    await take(ftm, file)
    await setPolicy(ftm, 'refuse')
    await setPolicy(ftm, 'refuse')
    await sequenceEvents(server.db.database)
    const { rows } = await server.db.pool.query<{ type: string; data: { name: string } }>(
      `select type, convert_from(canonical, 'UTF8')::jsonb -> 'data' as data from event
       where convert_from(canonical, 'UTF8')::jsonb -> 'data' ->> 'ftmProviderId' = $1 order by seq`,
      [ftm.ftmProviderId],
    )
    expect(rows.map(({ type }) => type)).toEqual([
      'ftm-provider.added',
      'ftm-provider.revocation-list-taken',
      'ftm-provider.revocation-policy-set',
    ])
    for (const { data } of rows) expect(data.name).toMatch(/^Secure Elements/)
  })

  it('refuses a revocation list older than the current one', async () => {
    const ftm = await server.addFtmProvider(now)
    const device = await makeDevice(ftm)
    const former = rootList(ftm, 4)
    await take(ftm, former)
    await take(ftm, rootList(ftm, 5, [serialOf(device)]))
    await expect(take(ftm, former)).rejects.toMatchObject({
      code: 'ftm-revocation-list.rolled-back',
    })
    expect(await ruleOf(await device.register())).toBe('R28-ftm-not-revoked')
  })

  it('imports a revocation list of 200,000 chips', async () => {
    const ftm = await server.addFtmProvider(now)
    const device = await makeDevice(ftm)
    const many = Array.from({ length: 199_999 }, (_, index) =>
      `4A${index.toString(16).padStart(6, '0')}00112233445566778899AABB`.toUpperCase(),
    )
    await take(ftm, rootList(ftm, 1, [...many, serialOf(device)]))
    const { lists } = await revocation.describe(ftm.ftmProviderId)
    expect(lists).toMatchObject([{ revoked: 200_000, crlNumber: '1', source: 'imported' }])
    expect(await ruleOf(await device.register())).toBe('R28-ftm-not-revoked')
  }, 180_000)
})

describe('a list that is fetched', () => {
  it('fetches a list from the provider’s address through redirections, and shows failures', async () => {
    const ftm = await server.addFtmProvider(now)
    const device = await makeDevice(ftm)
    const file = rootList(ftm, 1, [serialOf(device)])
    let answer: 'list' | 'redirect' | 'error' | 'endless' | 'inside' = 'redirect'
    const web = createServer((request, reply) => {
      if (answer === 'error') reply.writeHead(503).end()
      else if (answer === 'inside') reply.writeHead(302, { location: 'http://10.1.1.1/' }).end()
      else if (answer === 'endless') reply.writeHead(302, { location: '/again' }).end()
      else if (answer === 'redirect' && request.url !== '/list')
        reply.writeHead(302, { location: '/list' }).end()
      else reply.end(file)
    })
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/crl`
    const job = { database: server.db.database, clock: server.now, fetch: { guard: LOOPBACK } }
    const view = () => revocation.describe(ftm.ftmProviderId)
    try {
      await setPolicy(ftm, 'warn', url)
      for (const [how, code] of [
        ['error', 'ftm-revocation-list.fetch-failed'],
        ['endless', 'ftm-revocation-list.fetch-failed'],
        ['inside', 'ftm-revocation-list.url-refused'],
      ] as const) {
        answer = how
        await fetchAll(job)
        expect(await view()).toMatchObject({ status: 'none', failure: { code }, fetchedAt: null })
      }
      answer = 'redirect'
      await fetchAll(job)
      expect(await view()).toMatchObject({
        status: 'current',
        failure: null,
        lists: [{ source: 'fetched', url, importedBy: null }],
      })
      expect(await ruleOf(await device.register())).toBe('R28-ftm-not-revoked')
    } finally {
      web.close()
    }
  })

  it('does not fetch a revocation list from the server’s own network', async () => {
    const ftm = await server.addFtmProvider(now)
    for (const url of ['http://10.0.0.1/crl', 'http://[::1]/crl', 'http://a:b@example.test/crl'])
      await expect(setPolicy(ftm, 'warn', url)).rejects.toMatchObject({
        code: 'ftm-revocation-list.url-refused',
      })
  })
})
