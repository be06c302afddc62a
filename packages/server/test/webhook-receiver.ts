import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HttpProxy } from '@sanad/outbound/http-proxy'
import type { NewEvent, RecordedEvent } from '@sanad/protocol/domain/events'
import type { CreatedWebhook, NewWebhook, WebhookView } from '@sanad/protocol/operator-api/webhooks'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { makeLogger } from '../src/platform/log.ts'
import { readHead } from '../src/record/event-reader.ts'
import { Followers } from '../src/record/followers.ts'
import { recordEvents } from '../src/record/record-events.ts'
import { AddressGuard } from '../src/webhooks/address-guard.ts'
import { SecretSeal } from '../src/webhooks/secret-seal.ts'
import { webhookFollowers } from '../src/webhooks/webhook-deliveries.ts'
import { WebhookRegistry } from '../src/webhooks/webhook-registry.ts'
import { webhooksRoutes } from '../src/webhooks/webhooks.routes.ts'
import { startTestPortal, type TestOperator, type TestPortal } from './test-portal.ts'
import { holdTestCeremony, type TestTrust } from './test-trust.ts'

/** What the tests of webhooks share: a portal, and a receiver that notes what arrives. */

const LOOPBACK = ['127.0.0.0/8', '::1/128']

export let portal: TestPortal
let trust: TestTrust
export let administrator: TestOperator
export let receiver: Receiver
export let seal: SecretSeal
export let directory: string
export const time = { now: Date.now() }
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

export interface Taken {
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

export const eventsOf = ({ body }: Taken): RecordedEvent[] =>
  (JSON.parse(body) as { events: RecordedEvent[] }).events

export async function create(wanted: Partial<NewWebhook> = {}): Promise<CreatedWebhook> {
  const payload = { name: 'Ticket system', url: receiver.url, ...wanted }
  const reply = await administrator.ask('POST', '/webhooks', { payload })
  expect(reply.statusCode).toBe(201)
  return reply.json<CreatedWebhook>()
}

export const list = async () =>
  (await administrator.ask('GET', '/webhooks')).json<{ items: WebhookView[] }>().items

interface Delivering {
  readonly allowed?: readonly string[]
  readonly seal?: SecretSeal
  readonly proxy?: HttpProxy
}

/** As a server process does that looks once. */
export async function deliver(options: Delivering = {}) {
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
export async function happen(count = 1, type: keyof typeof EXAMPLES = 'ceremony.completed') {
  const { database } = portal.db
  await database
    .transaction()
    .execute((tx) => recordEvents(tx, Array<NewEvent>(count).fill(EXAMPLES[type])))
  const head = await readHead(database)
  return Array.from({ length: count }, (_, index) => head - count + 1 + index)
}
