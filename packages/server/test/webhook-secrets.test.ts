import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { HttpProxy } from '@sanad/outbound/http-proxy'
import { HonestProxy } from '@sanad/simulator/network/honest-proxy'
import { describe, expect, it } from 'vitest'
import { SecretSeal } from '../src/webhooks/secret-seal.ts'
import {
  administrator,
  create,
  deliver,
  directory,
  list,
  portal,
  receiver,
  seal,
} from './webhook-receiver.ts'

describe('the secret of a webhook', () => {
  it('shows a webhook’s secret once, and keeps it out of the database', async () => {
    const { webhook, secret } = await create()
    expect(JSON.stringify(await list())).not.toContain(secret)
    const { rows } = await portal.db.pool.query<{ row: string }>(
      'select webhook::text as row from webhook',
    )
    expect(rows[0]?.row).not.toContain(Buffer.from(secret).toString('hex'))
    expect(webhook).not.toHaveProperty('secret')
    const file = join(directory, 'trust', 'webhook-seal.key')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readFile(file)).toHaveLength(32)
  })

  it('fails deliveries with the sealed secret of another server or webhook', async () => {
    const { webhook } = await create()
    const elsewhere = await SecretSeal.open(join(directory, 'elsewhere'))
    await deliver({ seal: elsewhere })
    expect(receiver.taken).toEqual([])
    expect(await list()).toMatchObject([{ state: 'failing' }])
    expect(() => seal.unseal(seal.seal('secret', 'another'), webhook.webhookId)).toThrow()
  })
})

describe('what a webhook may not be', () => {
  it.each([
    ['http://example.test/', 'plain HTTP'],
    ['https://user:secret@example.test/', 'with credentials'],
    ['https://example.test/#part', 'with a fragment'],
    ['https://10.1.2.3/', 'a private address'],
    ['https://169.254.169.254/latest', 'a link-local address'],
    ['https://0xa9fea9fe/', 'the same in other digits'],
    ['https://[fd00::1]/', 'a private IPv6 address'],
    ['https://[::ffff:10.0.0.1]/', 'a private address inside an IPv6 one'],
  ])('is %s (%s)', async (url) => {
    const reply = await administrator.ask('POST', '/webhooks', { payload: { name: 'No', url } })
    expect(reply.statusCode).toBe(400)
    expect(await list()).toEqual([])
  })

  it('refuses a webhook name that resolves into the server’s network', async () => {
    await create()
    await deliver({ allowed: [] })
    expect(receiver.taken).toEqual([])
    expect(await list()).toMatchObject([{ lastFailure: 'EADDRNOTALLOWED', state: 'failing' }])
  })

  it('does not reach the server’s network through a proxy either', async () => {
    await using proxy = await HonestProxy.start()
    await create()
    await deliver({ allowed: [], proxy: new HttpProxy({ url: new URL(proxy.address) }) })
    expect(proxy.tunnels).toEqual([])
    expect(await list()).toMatchObject([{ lastFailure: 'EADDRNOTALLOWED', state: 'failing' }])
  })

  it('lets only administrators register webhooks', async () => {
    const officer = await portal.signIn('security-officer')
    const payload = { name: 'No', url: receiver.url }
    const reply = await officer.ask('POST', '/webhooks', { payload })
    expect(reply.json()).toMatchObject({ code: 'operator.permission-missing' })
    expect(await list()).toEqual([])
  })

  it('refuses a twenty-first webhook', async () => {
    for (let made = 0; made < 20; made++) await create()
    const payload = { name: 'No', url: receiver.url }
    expect((await administrator.ask('POST', '/webhooks', { payload })).statusCode).toBe(400)
    expect(await list()).toHaveLength(20)
  })
})
