import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { IdentifierForm } from '@sanad/protocol/asn1/object-identifiers'
import { campaignKinds } from '../src/campaigns/campaign-kinds.ts'
import { campaignsRoutes } from '../src/campaigns/campaigns.routes.ts'
import { Campaigns, reopenCampaign } from '../src/campaigns/campaigns.ts'
import { CommandDesk } from '../src/commands/command-desk.ts'
import { CommandKeys } from '../src/commands/command-keys.ts'
import { CommandService } from '../src/commands/command-service.ts'
import { CommandSigner } from '../src/commands/command-signer.ts'
import { commandsRoutes } from '../src/commands/commands.routes.ts'
import { makeDeviceRegistry } from '../src/compose/device-registry.ts'
import type { Hsm } from '../src/hsm/hsm.ts'
import { makeLogger } from '../src/platform/log.ts'
import { readTimeline } from '../src/record/event-reader.ts'
import { confirmRotations } from '../src/rotation/confirm-rotations.ts'
import { RotationOrders } from '../src/rotation/rotation-orders.ts'
import { CommandedDevice } from './commanded-device.ts'
import { approveTestDevice, makeTestModels, registerTestDevice } from './test-devices.ts'
import { startTestPortal, type TestPortal } from './test-portal.ts'
import { holdTestCeremony, type TestTrust } from './test-trust.ts'

/** Commands from an operator’s request to a device’s report, on a real database and a real token. */

export const TEST_SERVER = 'sanad.test'
/** A slow network HSM: ten rotations a second. */
const TEST_PACE = { forRotations: 10 }
export const TEST_KINDS = campaignKinds(TEST_PACE)

export class TestCommands implements AsyncDisposable {
  readonly portal: TestPortal
  readonly trust: TestTrust
  readonly time: { now: number }
  readonly service: CommandService
  /** Counted by code. */
  readonly refused: string[] = []
  readonly zones = new Map<string, string>()
  /** What the devices read. */
  form: IdentifierForm = 'current'
  readonly modelId: string

  private constructor(
    portal: TestPortal,
    trust: TestTrust,
    time: { now: number },
    modelId: string,
  ) {
    this.portal = portal
    this.trust = trust
    this.time = time
    this.modelId = modelId
    this.service = this.openService()
  }

  static async start(): Promise<TestCommands> {
    const time = { now: Date.now() }
    const clock = () => time.now
    const portal = await startTestPortal({
      routes: ({ db: { database } }) => [
        commandsRoutes({
          database,
          desk: new CommandDesk({ database, clock, beforeRetry: reopenCampaign }),
        }),
        campaignsRoutes({
          database,
          kinds: TEST_KINDS,
          clock,
          campaigns: new Campaigns({ database, kinds: TEST_KINDS, clock }),
        }),
      ],
    })
    const trust = await holdTestCeremony(portal.db.database, clock)
    await trust.hsm.generateKey('command', { modulusBits: 2048 })
    const { slap } = await makeTestModels(portal.db)
    return new TestCommands(portal, trust, time, slap.modelId)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.trust[Symbol.asyncDispose]()
    await this.portal[Symbol.asyncDispose]()
  }

  openKeys(hsm: Pick<Hsm, 'listKeys' | 'certifyCommandKey'> = this.trust.hsm): CommandKeys {
    const { root, directory: dataDirectory } = this.trust
    const { database } = this.portal.db
    const clock = () => this.time.now
    return new CommandKeys({ hsm, root, database, dataDirectory, clock, log: makeLogger('silent') })
  }

  /** A server process of its own, as far as memory goes. */
  openService(
    hsm: Pick<Hsm, 'listKeys' | 'certifyCommandKey' | 'signCommand'> = this.trust.hsm,
  ): CommandService {
    const { database } = this.portal.db
    const clock = () => this.time.now
    const signer = new CommandSigner({ hsm, keys: this.openKeys(hsm), serverId: TEST_SERVER })
    return new CommandService({
      database,
      signer,
      formOf: () => this.form,
      confirmations: confirmRotations(clock),
      rotationOrders: new RotationOrders({ database, pace: TEST_PACE, clock }),
      devices: makeDeviceRegistry(database, clock),
      ledger: { note: (_deviceId, code) => void this.refused.push(code) },
      clock,
      log: makeLogger('silent'),
      timeZoneOf: (deviceId) => Promise.resolve(this.zones.get(deviceId)),
    })
  }

  async addDevice(): Promise<CommandedDevice> {
    const deviceId = await approveTestDevice(this.portal.db, this.modelId)
    await registerTestDevice(this.portal.db, deviceId)
    const thumbprint = await this.#addCertificate(deviceId)
    await this.portal.db.pool.query(
      'insert into device_presence (device_id, last_seq) values ($1, 0)',
      [deviceId],
    )
    return new CommandedDevice(this, deviceId, thumbprint)
  }

  /** In the order of their ids, as campaigns take them. */
  async addDevices(count: number): Promise<CommandedDevice[]> {
    const devices: CommandedDevice[] = []
    while (devices.length < count) devices.push(await this.addDevice())
    return devices.toSorted((a, b) => (a.deviceId < b.deviceId ? -1 : 1))
  }

  /** @returns the id of an empty group */
  async addGroup(): Promise<string> {
    const groupId = randomUUID()
    const row = [groupId, groupId]
    await this.portal.db.pool.query(
      'insert into device_group (group_id, name) values ($1, $2)',
      row,
    )
    return groupId
  }

  async rowOf(commandId: string): Promise<CommandRow> {
    const { rows } = await this.portal.db.pool.query<CommandRow>(
      'select * from command where command_id = $1',
      [commandId],
    )
    if (rows[0] === undefined) throw new Error('no such command')
    return rows[0]
  }

  /** Oldest first. */
  async eventsOf(deviceId: string) {
    const { items } = await readTimeline(this.portal.db.database, deviceId, { limit: 200 })
    return items.map(({ event }) => event).toReversed()
  }

  /** A row as issuance leaves it; what is in the certificate plays no part here. */
  async #addCertificate(deviceId: string): Promise<string> {
    const der = randomBytes(32)
    const thumbprint = createHash('sha256').update(der).digest('base64url')
    const serialNumber = randomBytes(16).toString('hex')
    const { pool } = this.portal.db
    await pool.query(
      `insert into certificate_intent (serial_number, device_id, spki_sha256, provider_certificate_id, state,
          planned_at, settled_at, common_name, crl_shard, crl_url, not_before, not_after, purpose)
        select $1, $2, $3, id, 'issued', $4, $4, 'x', 0, 'x', $4, $5, 'registration'
        from provider_certificate limit 1`,
      [
        serialNumber,
        deviceId,
        randomBytes(32).toString('hex'),
        new Date(this.time.now),
        new Date(this.time.now + 40 * 86_400_000),
      ],
    )
    await pool.query(
      `insert into device_certificate (thumbprint_sha256, serial_number, device_id, spki_sha256,
          provider_certificate_id, status, not_before, not_after, issued_at, crl_shard, der, purpose)
        select $1, serial_number, device_id, spki_sha256, provider_certificate_id, 'active', not_before, not_after,
          planned_at, 0, $2, purpose
        from certificate_intent where serial_number = $3`,
      [thumbprint, der, serialNumber],
    )
    return thumbprint
  }
}

export interface CommandRow {
  readonly state: string
  readonly number: number | null
  readonly sent_number: number | null
  readonly statement: string | null
  readonly signing_input: string | null
  readonly attempts: number
  readonly not_after: Date
  readonly retry_after: Date | null
  readonly wake_at: Date | null
  readonly late_state: string | null
  readonly progress: number | null
  readonly failure: string | null
  readonly result: object | null
  readonly report: string | null
  readonly report_sha256: string | null
}

export const newOrder = (deviceIds: readonly string[], command: object, more: object = {}) => ({
  orderId: randomUUID(),
  deviceIds,
  command,
  ...more,
})
