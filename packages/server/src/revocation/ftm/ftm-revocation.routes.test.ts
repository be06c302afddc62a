import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FtmRevocationView } from '@sanad/protocol/operator-api/ftm-revocation'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FtmProvider } from '../../../../simulator/src/ftm/ftm-provider.ts'
import { type TestOperator, type TestPortal, startTestPortal } from '../../../test/test-portal.ts'
import { readRecord } from '../../record/event-reader.ts'
import { ftmProvidersRoutes } from '../../models/ftm-providers.routes.ts'
import { FtmProviderRegistry } from '../../models/ftm-provider-registry.ts'
import { AddressGuard } from '../../webhooks/address-guard.ts'
import { ftmRevocationRoutes } from './ftm-revocation.routes.ts'
import { FtmRevocation } from './ftm-revocation.ts'

let directory: string
let portal: TestPortal
let officer: TestOperator
let operator: TestOperator
let auditor: TestOperator
let provider: FtmProvider
let path: string
let fetches = 0

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sanad-ftm-'))
  portal = await startTestPortal({
    routes: ({ db: { database }, clock }) => [
      ftmProvidersRoutes({ ftmProviders: new FtmProviderRegistry(database, clock) }),
      ftmRevocationRoutes({
        revocation: new FtmRevocation({ database, clock, guard: new AddressGuard() }),
        whenUrlSet: () => void fetches++,
      }),
    ],
  })
  officer = await portal.signIn('security-officer')
  operator = await portal.signIn('operator')
  auditor = await portal.signIn('auditor')
  provider = await FtmProvider.open(directory, { organisation: 'Secure Elements' })
  const certificatePem = readFileSync(join(directory, 'root-certificate.pem'), 'utf8')
  const added = await officer.ask('POST', '/ftm-providers', {
    payload: { name: 'Secure Elements', certificatePem },
  })
  path = `/ftm-providers/${added.json<{ ftmProviderId: string }>().ftmProviderId}`
}, 60_000)
afterAll(async () => {
  await portal[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

const importAs = (who: TestOperator, payload: Buffer, type = 'application/pkix-crl') =>
  who.ask('POST', `${path}/revocation-lists`, { payload, headers: { 'content-type': type } })

const lastEvent = async () =>
  (await readRecord(portal.db.database, { limit: 1 })).items.map(({ event }) => event)[0]

describe('the revocation lists of an FTM provider', () => {
  it('begins without revocation lists of an FTM provider, and warns', async () => {
    const reply = await auditor.ask('GET', `${path}/revocation`)
    expect(reply.json()).toEqual({
      revocationPolicy: 'warn',
      status: 'none',
      until: null,
      issuersWithoutList: [],
      lists: [],
      url: null,
      fetchedAt: null,
      failure: null,
    })
  })

  it('imports an FTM provider’s revocation list for those who may add providers, and records their name', async () => {
    const list = await provider.publishList('root', { number: 3, revoked: ['0a0b'] })
    expect((await importAs(operator, list)).statusCode).toBe(403)
    const reply = await importAs(officer, list)
    expect(reply.statusCode, reply.body).toBe(200)
    expect(reply.json<FtmRevocationView>()).toMatchObject({
      status: 'current',
      lists: [{ crlNumber: '3', revoked: 1, source: 'imported', importedBy: officer.name }],
    })
    expect(await lastEvent()).toMatchObject({
      type: 'ftm-provider.revocation-list-taken',
      data: { name: 'Secure Elements', crlNumber: '3', revoked: 1, source: 'imported' },
    })
  })

  it.each([
    ['application/pkix-crl', 'no list', 400, 'ftm-revocation-list.malformed'],
    ['application/json', '{}', 415, 'request.unsupported-media-type'],
    ['text/csv', 'a,b', 415, 'request.unsupported-media-type'],
  ])(
    'refuses an FTM provider’s revocation list of type %s with the body “%s”',
    async (type, text, status, code) => {
      const reply = await importAs(officer, Buffer.from(text), type)
      expect([reply.statusCode, reply.json<{ code: string }>().code]).toEqual([status, code])
    },
  )

  it('refuses a revocation list unread when it is larger than the limit', async () => {
    const reply = await importAs(officer, Buffer.alloc(16 * 1024 * 1024 + 1, 0x30))
    expect(reply.statusCode).toBe(413)
  })
})

describe('the policy of an FTM provider', () => {
  it('sets an FTM provider’s revocation policy, records it by name, and fetches from its address soon', async () => {
    const payload = { revocationPolicy: 'refuse', url: 'https://ftm.example/chips.crl' }
    expect((await operator.ask('POST', `${path}/revocation`, { payload })).statusCode).toBe(403)
    const reply = await officer.ask('POST', `${path}/revocation`, { payload })
    expect(reply.json()).toMatchObject(payload)
    expect(fetches).toBe(1)
    expect(await lastEvent()).toMatchObject({
      type: 'ftm-provider.revocation-policy-set',
      data: { name: 'Secure Elements', revocationPolicy: 'refuse', host: 'ftm.example' },
    })
  })

  it.each(['ftp://ftm.example/x', 'https://', 'http://127.0.0.1/x', 'https://a:b@ftm.example/x'])(
    'refuses the address %s for revocation lists',
    async (url) => {
      const payload = { revocationPolicy: 'warn', url }
      const reply = await officer.ask('POST', `${path}/revocation`, { payload })
      expect(reply.statusCode).toBe(400)
    },
  )

  it('answers "not found" for the revocation policy of an unknown FTM provider', async () => {
    const nowhere = '/ftm-providers/00000000-0000-4000-8000-000000000000/revocation'
    expect((await auditor.ask('GET', nowhere)).json()).toMatchObject({
      code: 'ftm-provider.not-found',
    })
  })
})
