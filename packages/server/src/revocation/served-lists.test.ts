import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestRevocation, shardOf, startTestRevocation } from '../../test/test-revocation.ts'
import { type HttpApp, makeHttpApp } from '../platform/http.ts'
import { makeLogger } from '../platform/log.ts'
import { servedLists } from './served-lists.ts'

let revocation: TestRevocation
let app: HttpApp
let crlName: string

beforeAll(async () => {
  revocation = await startTestRevocation()
  const { clock, db } = revocation.issuance
  await revocation.lists.publishDue()
  crlName = (await revocation.readRow(0)).crl_name
  app = makeHttpApp({ tls: {}, log: makeLogger('silent') })
  await app.register(servedLists({ database: db.database, clock: () => clock.now, knownForMs: 0 }))
  await app.ready()
})
afterAll(async () => {
  await app.close()
  await revocation[Symbol.asyncDispose]()
})

const get = (path: string, headers: Record<string, string> = {}) =>
  app.inject({ url: `/crl/${path}`, headers })

describe('GET /crl/:crlName/:shard.crl', () => {
  it('serves the revocation list of a shard without sign-in', async () => {
    const leaf = await revocation.issuance.issue()
    const { rows } = await revocation.issuance.db.pool.query<{ crl_url: string }>(
      'select crl_url from certificate_intent where serial_number = $1',
      [leaf.serialNumber],
    )
    const reply = await app.inject({ url: new URL(rows[0]?.crl_url ?? '').pathname })
    expect(reply.statusCode).toBe(200)
    expect(reply.headers['content-type']).toBe('application/pkix-crl')
    const { der, sha256 } = await revocation.readRow(shardOf(leaf))
    expect(reply.rawPayload).toEqual(der)
    expect(reply.headers['etag']).toBe(`"${sha256}"`)
  })

  it('lets a revocation list be cached until the next one', async () => {
    const { clock } = revocation.issuance
    const age = async () =>
      Number(
        /^public, max-age=(\d+)$/.exec(
          String((await get(`${crlName}/0.crl`)).headers['cache-control']),
        )?.[1],
      )
    expect(await age()).toBeGreaterThan(3400)
    expect(await age()).toBeLessThanOrEqual(3600)
    clock.now += 40 * 60_000
    expect(await age()).toBeLessThanOrEqual(1200)
    // The HSM may be away: then soon again.
    clock.now += 10 * 3_600_000
    expect(await age()).toBe(30)
    clock.now -= 10 * 3_600_000 + 40 * 60_000
  })

  it.each([
    ['the same tag', (tag: string) => tag],
    ['a weak tag', (tag: string) => `W/${tag}`],
    ['one tag of several', (tag: string) => `"${'0'.repeat(64)}", ${tag}`],
  ])('answers 304 for a known revocation list: %s', async (_what, write) => {
    const tag = String((await get(`${crlName}/3.crl`)).headers['etag'])
    const reply = await get(`${crlName}/3.crl`, { 'if-none-match': write(tag) })
    expect(reply.statusCode).toBe(304)
    expect(reply.rawPayload).toHaveLength(0)
    expect(reply.headers['etag']).toBe(tag)
  })

  it('serves the new revocation list to a reader of the old one', async () => {
    const leaf = await revocation.issuance.issue()
    const path = `${crlName}/${shardOf(leaf)}.crl`
    const tag = String((await get(path)).headers['etag'])
    await revocation.revoke(leaf)
    await revocation.lists.publishDue()
    const reply = await get(path, { 'if-none-match': tag })
    expect(reply.statusCode).toBe(200)
    expect(reply.headers['etag']).not.toBe(tag)
  })

  it.each([
    '0000000000000000/0.crl',
    'NAME/128.crl',
    'NAME/9999.crl',
    'NAME/99999.crl',
    'NAME/00.crl',
    'NAME/-1.crl',
    "NAME/1'.crl",
    'name/1.crl',
  ])('answers "not found" for the revocation list %s', async (path) => {
    const reply = await get(path.replace('NAME', crlName))
    expect(reply.statusCode).toBe(404)
    expect(reply.json()).toMatchObject({ code: 'request.not-found' })
  })
})
