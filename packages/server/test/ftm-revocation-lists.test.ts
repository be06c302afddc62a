import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { sequenceEvents } from '../src/record/sequencer.ts'
import { fetchAll } from '../src/revocation/ftm/fetch-job.ts'
import {
  LOOPBACK,
  makeDevice,
  now,
  revocation,
  rootList,
  ruleOf,
  serialOf,
  server,
  setPolicy,
  take,
} from './revoked-chips.ts'

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
