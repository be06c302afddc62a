import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { operatorActor, type RecordedEvent } from '@sanad/protocol/domain/events'
import type { NewModel } from '@sanad/protocol/operator-api/models'
import { FtmProvider } from '../../simulator/src/ftm/ftm-provider.ts'
import { DeviceCertificateIssuer } from '../src/certificates/device-certificate-issuer.ts'
import type { ChannelLimits } from '../src/channel/channel-limits.ts'
import { makeDeviceRegistry } from '../src/compose/device-registry.ts'
import {
  composeDeviceServices,
  type IssuerParts,
  serveDevices,
} from '../src/compose/device-services.ts'
import type { DeviceRegistry } from '../src/devices/device-registry.ts'
import type { HsmConfig } from '../src/hsm/hsm-config.ts'
import { refuseEarly } from '../src/messages/early-refusal.ts'
import { FtmProviderRegistry } from '../src/models/ftm-provider-registry.ts'
import { ModelRegistry } from '../src/models/model-registry.ts'
import { readPolicy } from '../src/platform/config.ts'
import type { OpenDatabase } from '../src/platform/database.ts'
import { makeHttpApp } from '../src/platform/http.ts'
import { makeLogger } from '../src/platform/log.ts'
import { readTimeline } from '../src/record/event-reader.ts'
import { startTestDatabase } from './test-database.ts'
import { Door, SERVER_ID } from './test-door.ts'
import { holdTestCeremony, ORGANISATION, type TestTrust } from './test-trust.ts'

/** A management server's door for devices, whole: real TLS socket, PostgreSQL, token and keys. */

export const OPERATOR = operatorActor('00000000-0000-4000-8000-000000000001')

export type { IssuerParts }

export interface TestServerOptions {
  readonly hsm?: Partial<HsmConfig>
  /** Another database than a clone of the run's template; it is closed with the server. */
  readonly database?: OpenDatabase
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
