import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll, expect } from 'vitest'
import { listRefusals } from '../src/registration/refusals.ts'
import { FtmRevocation } from '../src/revocation/ftm/ftm-revocation.ts'
import { AddressGuard } from '../src/webhooks/address-guard.ts'
import { DeviceUnderTest } from './device-under-test.ts'
import { gencrl, type OpensslList, opensslTime } from './openssl-lists.ts'
import { OPERATOR, startTestServer, type TestFtmProvider, type TestServer } from './test-server.ts'

/** What the tests of FTM revocation share: a whole server, and the lists of an FTM provider. */

const OPERATOR_ID = '00000000-0000-4000-8000-000000000001'
export const LOOPBACK = new AddressGuard(['127.0.0.0/8'])

export let server: TestServer
export let revocation: FtmRevocation
beforeAll(async () => {
  server = await startTestServer()
  const { database } = server.db
  revocation = new FtmRevocation({ database, clock: server.now, guard: LOOPBACK })
}, 120_000)
afterAll(() => server[Symbol.asyncDispose]())

export const now = () => new Date(server.now())

export const serialOf = (device: DeviceUnderTest): string =>
  new X509Certificate(device.chip?.ftmCertificates[0] ?? Buffer.alloc(0)).serialNumber

export async function makeDevice(ftm: TestFtmProvider): Promise<DeviceUnderTest> {
  const model = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
  return DeviceUnderTest.makeL1(server, model, ftm)
}

export const take = ({ ftmProviderId }: TestFtmProvider, file: Uint8Array) =>
  revocation.take({
    ftmProviderId,
    file,
    from: { source: 'imported', operatorId: OPERATOR_ID },
    actor: OPERATOR,
  })

export const rootList = (
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

export const setPolicy = (
  { ftmProviderId }: TestFtmProvider,
  revocationPolicy: 'ignore' | 'warn' | 'refuse',
  url: string | null = null,
) => revocation.set(ftmProviderId, { revocationPolicy, url }, OPERATOR)

export async function ruleOf(answer: object): Promise<string | undefined> {
  expect(answer).toMatchObject({ outcome: 'refused' })
  const { supportCode } = answer as { supportCode: string }
  const { items } = await listRefusals(server.db.database, { search: supportCode })
  return items[0]?.rule
}
