import { createHash, randomBytes } from 'node:crypto'
import { Agent, request } from 'node:https'
import type { IncomingHttpHeaders } from 'node:http'
import { join } from 'node:path'
import type { NewModel } from '@sanad/protocol/operator-api/models'
import { type ReceivedAnswer, openAnswer } from '@sanad/protocol/wire/envelope/answer'
import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import { IDENTIFIERS_HEADER, type IdentifierForm } from '@sanad/protocol/asn1/object-identifiers'
import { openServerStatement } from '@sanad/protocol/wire/envelope/server-statement'
import { type RecordedEvent, operatorActor } from '@sanad/protocol/domain/events'
import { FtmProvider } from '../../simulator/src/ftm/ftm-provider.ts'
import { readTimeline } from '../src/record/event-reader.ts'
import { DeviceCertificateIssuer } from '../src/certificates/device-certificate-issuer.ts'
import type { ChannelLimits } from '../src/channel/channel-limits.ts'
import type { LiveChannels } from '../src/channel/live-channels.ts'
import {
  type DeviceServices,
  type IssuerParts,
  composeDeviceServices,
  serveDevices,
} from '../src/compose/device-services.ts'
import { makeDeviceRegistry } from '../src/compose/device-registry.ts'
import type { DeviceRegistry } from '../src/devices/device-registry.ts'
import { FtmProviderRegistry } from '../src/models/ftm-provider-registry.ts'
import { ModelRegistry } from '../src/models/model-registry.ts'
import type { HsmConfig } from '../src/hsm/hsm-config.ts'
import type { RefusalLedger } from '../src/messages/refusal-ledger.ts'
import { readPolicy } from '../src/platform/config.ts'
import type { OpenDatabase } from '../src/platform/database.ts'
import type { PolicyBook } from '../src/policies/policy-book.ts'
import { refuseEarly } from '../src/messages/early-refusal.ts'
import { type HttpApp, makeHttpApp } from '../src/platform/http.ts'
import { makeLogger } from '../src/platform/log.ts'
import type { ClockResets } from '../src/time/clock-resets.ts'
import { startTestDatabase } from './test-database.ts'
import { ORGANISATION, type TestTrust, holdTestCeremony } from './test-trust.ts'

/** A management server's door for devices, whole: real TLS socket, PostgreSQL, token and keys. */

export const SERVER_ID = 'sanad.test'
export const OPERATOR = operatorActor('00000000-0000-4000-8000-000000000001')

export type { IssuerParts }

export interface TestServerOptions {
  readonly hsm?: Partial<HsmConfig>
  /** Another database than a clone of the run's template; it is closed with the server. */
  readonly database?: OpenDatabase
}

export interface HttpReply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export class TestServer implements AsyncDisposable {
  readonly db: OpenDatabase
  readonly trust: TestTrust
  readonly devices: DeviceRegistry
  readonly models: ModelRegistry
  readonly ftmProviders: FtmProviderRegistry
  /** Everything that the server logged, as text. */
  readonly log: string[] = []
  /** What the watch over the server’s clock says. */
  clockRadius: () => number = () => 1000
  readonly #clock: TestClock
  readonly #doors: Door[] = []
  readonly #closeDatabase: () => Promise<void>
  #door: Door | undefined
  #ftmProviderCount = 0

  private constructor(
    db: OpenDatabase,
    trust: TestTrust,
    clock: TestClock,
    close: () => Promise<void>,
  ) {
    this.db = db
    this.trust = trust
    this.#clock = clock
    this.#closeDatabase = close
    this.devices = makeDeviceRegistry(db.database, clock.now)
    this.models = new ModelRegistry(db.database, clock.now)
    this.ftmProviders = new FtmProviderRegistry(db.database, clock.now)
  }

  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const clock = new TestClock()
    const [db, close] = await openDatabaseFor(options)
    const trust = await holdTestCeremony(db.database, clock.now, options.hsm)
    const server = new TestServer(db, trust, clock, close)
    server.#door = await server.openDoor()
    return server
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const door of this.#doors) await door.close()
    await this.trust[Symbol.asyncDispose]()
    await this.#closeDatabase()
  }

  now = (): number => this.#clock.now()

  /** Lets time pass: milliseconds. */
  advance(by: number): void {
    this.#clock.advance(by)
  }

  /** Lets days pass; the keys that answer devices are renewed meanwhile, as they are in a running server. */
  async advanceDays(days: number): Promise<void> {
    this.advance(days * 86_400_000)
    await this.trust.responseKeys.renew()
  }

  get door(): Door {
    if (this.#door === undefined) throw new Error('not started')
    return this.#door
  }

  /** A further process of the same server, as far as memory goes: a door with nothing but the database. */
  async openDoor(
    makeIssuer = (parts: IssuerParts) => new DeviceCertificateIssuer(parts),
    limits: Partial<ChannelLimits> = {},
  ) {
    const door = await openDoor(this, makeIssuer, limits)
    this.#doors.push(door)
    return door
  }

  /** The server's memory is gone; what it put on disk is not. */
  async restart(): Promise<void> {
    await this.door.close()
    this.#door = await this.openDoor()
  }

  async addFtmProvider(now: () => Date = () => new Date()): Promise<TestFtmProvider> {
    const name = `Secure Elements ${++this.#ftmProviderCount}`
    const directory = join(this.trust.directory, `ftm-${this.#ftmProviderCount}`)
    const provider = await FtmProvider.open(directory, { organisation: name, now })
    const certificatePem = provider.root.pem
    const { ftmProviderId } = await this.ftmProviders.add({ name, certificatePem }, OPERATOR)
    return { provider, ftmProviderId, directory }
  }

  async addModel(
    model: Pick<NewModel, 'level' | 'ftmProviderId' | 'l0Policy'>,
  ): Promise<TestModel> {
    const identity = {
      make: 'Example',
      model: `${model.level} ${randomBytes(4).toString('hex')}`,
      deviceSubType: 'Slap' as const,
      deviceProvider: ORGANISATION,
      deviceProviderId: 'EXAMPLE.BIOMETRICS',
    }
    const { modelId } = await this.models.create(
      { ...identity, ...model, deviceType: 'Finger' },
      OPERATOR,
    )
    return { modelId, level: model.level, identity: { ...identity, type: 'Finger' as const } }
  }

  async approve(
    { modelId }: TestModel,
    serialNo: string,
    proof: { enrolmentSecret?: string; ftmCertificateSha256?: string } = {},
  ): Promise<string> {
    const { enrolmentSecret, ftmCertificateSha256 } = proof
    return this.devices.approve(
      {
        modelId,
        serialNo,
        confirmWarnings: true,
        ...(enrolmentSecret !== undefined && {
          enrolmentSecretSha256: createHash('sha256').update(enrolmentSecret).digest('hex'),
        }),
        ...(ftmCertificateSha256 !== undefined && { ftmCertificateSha256 }),
      },
      OPERATOR,
    )
  }

  act(deviceId: string, act: 'suspend' | 'resume' | 'block' | 'deregister'): Promise<unknown> {
    return this.devices.act(deviceId, act, { reason: 'policy' }, OPERATOR)
  }

  /** All that the server knows of a device and that a claim could change. */
  async recordOf(deviceId: string): Promise<DeviceRecord> {
    const read = async <T>(sql: string) => (await this.db.pool.query(sql, [deviceId])).rows as T[]
    const [device] = await read<DeviceRecord['device']>('select * from device where device_id = $1')
    if (device === undefined) throw new Error('no such device')
    return {
      device,
      certificates: await read(
        'select thumbprint_sha256 as thumbprint, spki_sha256 as "spkiSha256", status from device_certificate where device_id = $1 order by issued_at',
      ),
      intents: await read(
        'select spki_sha256 as "spkiSha256", state from certificate_intent where device_id = $1 order by planned_at',
      ),
      presence: (await read<Presence>('select * from device_presence where device_id = $1'))[0],
    }
  }

  /** Of everything: so that nothing is issued to somebody nobody looked at. */
  async countIssued(): Promise<{ certificates: number; intents: number }> {
    const { rows } = await this.db.pool.query<{ certificates: number; intents: number }>(
      'select (select count(*) from device_certificate) as certificates, (select count(*) from certificate_intent) as intents',
    )
    return rows[0] ?? { certificates: 0, intents: 0 }
  }

  /** Oldest first. */
  async timelineOf(deviceId: string): Promise<RecordedEvent[]> {
    for (const { ledger } of this.#doors) await ledger.flush()
    const { items } = await readTimeline(this.db.database, deviceId, { limit: 200 })
    return items.map(({ event }) => event).toReversed()
  }
}

export interface Presence {
  readonly last_seq: number
  readonly last_mid: string | null
  readonly last_check_in_at: Date | null
  readonly device_status: string | null
}

export interface DeviceRecord {
  readonly device: {
    readonly state: string
    readonly enrolment_secret_used_at: Date | null
    readonly ftm_certificate_sha256: Buffer | null
  }
  readonly certificates: readonly { thumbprint: string; spkiSha256: string; status: string }[]
  readonly intents: readonly { spkiSha256: string; state: string }[]
  readonly presence: Presence | undefined
}

export interface TestFtmProvider {
  readonly provider: FtmProvider
  readonly ftmProviderId: string
  readonly directory: string
}

export interface TestModel {
  readonly modelId: string
  readonly level: 'L0' | 'L1'
  readonly identity: {
    readonly make: string
    readonly model: string
    readonly type: 'Finger'
    readonly deviceSubType: string
    readonly deviceProvider: string
    readonly deviceProviderId: string
  }
}

export const startTestServer = (options?: TestServerOptions): Promise<TestServer> =>
  TestServer.start(options)

async function openDatabaseFor(
  options: TestServerOptions,
): Promise<[OpenDatabase, () => Promise<void>]> {
  const { database } = options
  if (database !== undefined) return [database, () => database.close()]
  const clone = await startTestDatabase()
  return [clone, async () => clone[Symbol.asyncDispose]()]
}

/** Real time, and however much a test adds to it. */
class TestClock {
  #ahead = 0
  now = (): number => Date.now() + this.#ahead
  advance(by: number): void {
    this.#ahead += by
  }
}

// ── One door ─────────────────────────────────────────────────────────────────────────────────────────

async function openDoor(
  server: TestServer,
  makeIssuer: (parts: IssuerParts) => DeviceCertificateIssuer,
  limits: Partial<ChannelLimits>,
): Promise<Door> {
  const { db, trust, now: clock } = server
  const log = makeLogger('debug', { write: (line) => void server.log.push(line) })
  const services = await composeDeviceServices({
    ...db,
    serverId: SERVER_ID,
    hsm: trust.hsm,
    root: trust.root,
    keys: trust.responseKeys,
    dataDirectory: trust.directory,
    policy: readPolicy({}),
    crlBaseUrl: 'https://crl.example.test',
    limits,
    clock,
    clockRadius: () => server.clockRadius(),
    log,
    makeIssuer,
  })
  const answersFirst = refuseEarly(services.messages.admission)
  const app = makeHttpApp({ tls: trust.tls, log, answersFirst })
  await serveDevices(app, services, clock)
  await app.listen({ host: '127.0.0.1', port: 0 })
  return new Door(server, app, services)
}

const FORM_HEADERS: Readonly<Record<IdentifierForm, Readonly<Record<string, string>>>> = {
  current: { [IDENTIFIERS_HEADER.name]: IDENTIFIERS_HEADER.value },
  former: {},
}

/** What a client sees of the server: an address, and the pinned root. */
export class Door {
  readonly ledger: RefusalLedger
  readonly channels: LiveChannels
  readonly resets: ClockResets
  /** What this process knows of the policies. */
  readonly policies: PolicyBook
  readonly #server: TestServer
  readonly #app: HttpApp
  readonly #agent: Agent
  #isOpen = true

  constructor(server: TestServer, app: HttpApp, services: DeviceServices) {
    this.ledger = services.ledger
    this.channels = services.channels
    this.resets = services.resets
    this.policies = services.policies
    this.#server = server
    this.#app = app
    this.#agent = new Agent({ ca: server.trust.rootPem, keepAlive: true })
  }

  /** Sends any text as a message. */
  post(text: string, contentType = 'application/jose'): Promise<HttpReply> {
    return this.#exchange('POST', '/device/v1/messages', text, { 'content-type': contentType })
  }

  /** Sends a message and opens its answer, as a client does. */
  async ask(sent: SentRequest): Promise<ReceivedAnswer> {
    const reply = await this.post(sent.text)
    if (reply.status !== 200) throw new Error(`${reply.status}: ${reply.text}`)
    return this.open(reply, sent)
  }

  open(reply: HttpReply, sent: SentRequest): ReceivedAnswer {
    return openAnswer(reply.text, sent, {
      managementRoots: [this.#server.trust.root.certificate],
      issuer: SERVER_ID,
      now: this.#server.now(),
      window: 300_000,
    })
  }

  /** The key that messages are encrypted to, as the server states it. */
  async readEncryptionKey(form: IdentifierForm = 'current'): Promise<{ kid: string; x: string }> {
    const nonce = randomBytes(16).toString('base64url')
    const text = await this.askForStatement(form, nonce)
    const statement = openServerStatement(text, {
      managementRoots: [this.#server.trust.root.certificate],
      nonce,
      floor: 0,
    })
    return statement.encryptionKey
  }

  /** As a client asks that reads certificates of this form. */
  async askForStatement(form: IdentifierForm, nonce: string): Promise<string> {
    const path = `/device/v1/server?nonce=${nonce}`
    return (await this.#exchange('GET', path, undefined, FORM_HEADERS[form])).text
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.ledger.flush()
    this.#agent.destroy()
    await this.channels.stop()
    await this.#app.close()
  }

  get port(): number {
    const address = this.#app.server.address()
    return typeof address === 'object' ? (address?.port ?? 0) : 0
  }

  #exchange(
    method: string,
    path: string,
    body?: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpReply> {
    const { port } = this
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port,
          method,
          path,
          agent: this.#agent,
          headers,
        },
        (incoming) => {
          let text = ''
          incoming.setEncoding('utf8')
          incoming.on('data', (chunk: string) => (text += chunk))
          incoming.on('error', reject)
          incoming.on('end', () =>
            resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
          )
        },
      )
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }
}
