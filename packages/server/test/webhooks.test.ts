import { createHmac, timingSafeEqual } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { once } from 'node:events'
import { type Server, createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HttpProxy } from '@sanad/outbound/http-proxy'
import type { CreatedWebhook, NewWebhook, WebhookView } from '@sanad/protocol/operator-api/webhooks'
import type { NewEvent, RecordedEvent } from '@sanad/protocol/domain/events'
import { parseRecordedEvent } from '@sanad/protocol/domain/recorded-events'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { HonestProxy } from '@sanad/simulator/network/honest-proxy'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeLogger } from '../src/platform/log.ts'
import { Followers } from '../src/record/followers.ts'
import { readHead, readRecord } from '../src/record/event-reader.ts'
import { recordEvents } from '../src/record/record-events.ts'
import { AddressGuard } from '../src/webhooks/address-guard.ts'
import { SecretSeal } from '../src/webhooks/secret-seal.ts'
import { webhookFollowers } from '../src/webhooks/webhook-deliveries.ts'
import { WebhookRegistry } from '../src/webhooks/webhook-registry.ts'
import { webhooksRoutes } from '../src/webhooks/webhooks.routes.ts'
import { type TestOperator, type TestPortal, startTestPortal } from './test-portal.ts'
import { type TestTrust, holdTestCeremony } from './test-trust.ts'

/** Webhooks to a real receiver over TLS, from the real record. */

const LOOPBACK = ['127.0.0.0/8', '::1/128']

let portal: TestPortal
let trust: TestTrust
let administrator: TestOperator
let receiver: Receiver
let seal: SecretSeal
let directory: string
const time = { now: Date.now() }
const clock = () => time.now

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sanad-webhooks-'))
  seal = await SecretSeal.open(directory)
  const guard = new AddressGuard(LOOPBACK)
  // Sessions keep their own time.
  portal = await startTestPortal({
    routes: ({ db: { database } }) => [
      webhooksRoutes({ webhooks: new WebhookRegistry({ database, seal, guard, clock }) }),
    ],
  })
  trust = await holdTestCeremony(portal.db.database, clock)
  administrator = await portal.signIn('administrator')
}, 120_000)
afterAll(async () => {
  await trust[Symbol.asyncDispose]()
  await portal[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})
beforeEach(async () => {
  time.now = Date.now()
  receiver = await Receiver.open(trust)
})
afterEach(async () => {
  receiver.close()
  await portal.db.pool.query('delete from webhook; delete from follower')
})

interface Taken {
  readonly body: string
  readonly signature: string
}

class Receiver {
  readonly taken: Taken[] = []
  status = 200
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async open({ tls: { key, cert } }: TestTrust): Promise<Receiver> {
    const server = createServer({ key, cert })
    const receiver = new Receiver(server)
    server.on('request', (request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      request.on('end', () => {
        receiver.taken.push({ body, signature: String(request.headers['x-sanad-signature']) })
        response.writeHead(receiver.status, { location: 'https://127.0.0.1/elsewhere' }).end()
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return receiver
  }

  get url(): string {
    return `https://localhost:${(this.#server.address() as AddressInfo).port}/events`
  }

  get events(): RecordedEvent[] {
    return this.taken.flatMap(eventsOf)
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

const eventsOf = ({ body }: Taken): RecordedEvent[] =>
  (JSON.parse(body) as { events: RecordedEvent[] }).events
const countEvents = (taken: Taken): number => eventsOf(taken).length

async function create(wanted: Partial<NewWebhook> = {}): Promise<CreatedWebhook> {
  const payload = { name: 'Ticket system', url: receiver.url, ...wanted }
  const reply = await administrator.ask('POST', '/webhooks', { payload })
  expect(reply.statusCode).toBe(201)
  return reply.json<CreatedWebhook>()
}

const list = async () =>
  (await administrator.ask('GET', '/webhooks')).json<{ items: WebhookView[] }>().items

/** As a server process does that looks once. */
interface Delivering {
  readonly allowed?: readonly string[]
  readonly seal?: SecretSeal
  readonly proxy?: HttpProxy
}

async function deliver(options: Delivering = {}) {
  const { proxy } = options
  const guard = new AddressGuard(options.allowed ?? LOOPBACK)
  const post = { guard, ca: [trust.rootPem], ...(proxy && { proxy }) }
  const followers = new Followers({
    database: portal.db.database,
    clock,
    log: makeLogger('silent'),
    sources: [webhookFollowers({ seal: options.seal ?? seal, clock, post })],
  })
  await followers.look()
  await followers.settle()
}

const EXAMPLES = {
  'ceremony.completed': {
    type: 'ceremony.completed',
    actor: 'server',
    data: { transcriptSha256: 'a'.repeat(64) },
  },
  'device.list-exported': { type: 'device.list-exported', actor: 'server', data: {} },
} as const satisfies Record<string, NewEvent>

/** Puts so many events on record. @returns their numbers */
async function happen(count = 1, type: keyof typeof EXAMPLES = 'ceremony.completed') {
  const { database } = portal.db
  await database
    .transaction()
    .execute((tx) => recordEvents(tx, Array<NewEvent>(count).fill(EXAMPLES[type])))
  const head = await readHead(database)
  return Array.from({ length: count }, (_, index) => head - count + 1 + index)
}

describe('a webhook', () => {
  it('delivers new events signed with the webhook’s secret and the time', async () => {
    await happen()
    const { webhook, secret } = await create()
    const [seq = 0] = await happen()
    await deliver()
    const [{ body, signature } = { body: '', signature: '' }] = receiver.taken
    const [, t = '', v1 = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? []
    expect(Number(t)).toBe(Math.floor(time.now / 1000))
    const expected = createHmac('sha256', secret).update(`${t}.${body}`).digest()
    expect(timingSafeEqual(expected, Buffer.from(v1, 'hex'))).toBe(true)
    expect(JSON.parse(body)).toMatchObject({ webhookId: webhook.webhookId })
    // Its own creation is the first that it brings.
    expect(receiver.events.map(({ type }) => type)).toEqual([
      'webhook.created',
      'ceremony.completed',
    ])
    expect(receiver.events.at(-1)?.seq).toBe(seq)
    for (const event of receiver.events)
      expect(() => parseRecordedEvent(Buffer.from(JSON.stringify(event)))).not.toThrow()
  })

  it('delivers only the requested types of events', async () => {
    await create({ eventTypes: ['device.list-exported'] })
    await happen(3)
    await happen(2, 'device.list-exported')
    await deliver()
    expect(receiver.events.map(({ type }) => type)).toEqual([
      'device.list-exported',
      'device.list-exported',
    ])
  })

  it('delivers many events in bounded bodies, once each and in order', async () => {
    await create({ eventTypes: ['ceremony.completed'] })
    const seqs = await happen(150)
    await deliver()
    await deliver()
    expect(receiver.events.map(({ seq }) => seq)).toEqual(seqs)
    expect(receiver.taken.map(countEvents)).toEqual([64, 64, 22])
  })

  it('delivers everything after the receiver was away, backing off meanwhile', async () => {
    await create({ eventTypes: ['ceremony.completed'] })
    await happen(1)
    receiver.status = 500
    await deliver()
    await deliver()
    // Not before its time.
    expect(receiver.taken).toHaveLength(1)
    const [failing] = await list()
    expect(failing).toMatchObject({ state: 'failing', failures: 1, lastFailure: 'HTTP 500' })
    const { behind = 0 } = failing ?? {}
    await happen(1)
    expect(await list()).toMatchObject([{ behind: behind + 1 }])
    receiver.status = 204
    time.now += 6_000
    await deliver()
    expect(receiver.events).toHaveLength(3)
    expect(await list()).toMatchObject([
      { state: 'active', failures: 0, lastFailure: null, behind: 0 },
    ])
  })

  it('follows no redirection of a webhook receiver', async () => {
    await create()
    receiver.status = 302
    await deliver()
    expect(await list()).toMatchObject([{ state: 'failing', lastFailure: 'HTTP 302' }])
  })

  it('disables a webhook after three days of failure, and resumes where it stopped', async () => {
    const { webhook } = await create({ eventTypes: ['ceremony.completed'] })
    const seqs = await happen(1)
    receiver.status = 503
    await deliver()
    time.now += 3 * DAY_MS
    await deliver()
    expect(await list()).toMatchObject([{ state: 'disabled', failures: 2, nextAttemptAt: null }])
    const { items } = await readRecord(portal.db.database, { limit: 1 })
    expect(items).toMatchObject([{ event: { type: 'webhook.disabled' } }])
    time.now += DAY_MS
    await deliver()
    expect(receiver.taken).toHaveLength(2)
    receiver.status = 200
    const path = `/webhooks/${webhook.webhookId}/resume`
    expect((await administrator.ask('POST', path)).statusCode).toBe(200)
    await deliver()
    expect(receiver.events.at(-1)?.seq).toBe(seqs[0])
  })

  it('stops deliveries of a removed webhook', async () => {
    const { webhook } = await create()
    const path = `/webhooks/${webhook.webhookId}`
    expect((await administrator.ask('DELETE', path)).statusCode).toBe(204)
    await deliver()
    expect(receiver.taken).toEqual([])
    expect((await administrator.ask('DELETE', path)).json()).toMatchObject({
      code: 'webhook.not-found',
    })
  })
})

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

describe('a webhook behind an HTTP proxy', () => {
  const account = { user: 'noor', password: 's3cret' }
  const through = (address: string, password = account.password) =>
    new HttpProxy({
      url: new URL(address),
      readAccount: () => Promise.resolve({ ...account, password }),
    })

  it('delivers through the proxy, with its account, to a receiver that TLS proves', async () => {
    await using proxy = await HonestProxy.start({ account: 'noor:s3cret' })
    await create()
    await happen()
    await deliver({ proxy: through(proxy.address) })
    expect(receiver.taken).toHaveLength(1)
    const { host } = new URL(receiver.url)
    expect(proxy.tunnels).toEqual([host])
    expect(await list()).toMatchObject([{ state: 'active', lastFailure: null }])
  })

  it('leaves a name that this server’s DNS does not know to the proxy', async () => {
    const name = 'receiver.only-the-proxy.test'
    await using proxy = await HonestProxy.start({
      account: 'noor:s3cret',
      hosts: { [name]: '127.0.0.1' },
    })
    await create({ url: receiver.url.replace('localhost', name) })
    await happen()
    await deliver({ proxy: through(proxy.address) })
    // The receiver's certificate is for another name: the tunnel alone makes nobody the receiver.
    expect(proxy.tunnels).toEqual([new URL(receiver.url).host.replace('localhost', name)])
    expect(receiver.taken).toEqual([])
    expect(await list()).toMatchObject([{ lastFailure: 'ERR_TLS_CERT_ALTNAME_INVALID' }])
  })

  it('fails with the kind of trouble, and does not hammer with a wrong account', async () => {
    await using proxy = await HonestProxy.start({ account: 'noor:s3cret' })
    const wrong = through(proxy.address, 'wrong')
    await create()
    await happen()
    for (let attempt = 0; attempt < 3; attempt++) {
      await deliver({ proxy: wrong })
      time.now += DAY_MS / 4
    }
    expect(await list()).toMatchObject([{ state: 'failing', lastFailure: 'proxy.account-refused' }])
    expect(proxy.accounts).toEqual(['noor:wrong'])
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
