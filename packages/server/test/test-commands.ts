import { X509Certificate, createHash, randomBytes, randomUUID, verify } from 'node:crypto'
import { COMMAND_TYP, type Command, readCommand } from '@sanad/protocol/domain/commands'
import type { CommandReport } from '@sanad/protocol/domain/command-report'
import { validatePath } from '@sanad/protocol/wire/envelope/certificate-path'
import { type IdentifierForm, OID } from '@sanad/protocol/asn1/object-identifiers'
import { parseCertificate } from '@sanad/protocol/asn1/x509'
import { expect } from 'vitest'
import { readTimeline } from '../src/record/event-reader.ts'
import { campaignKinds } from '../src/campaigns/campaign-kinds.ts'
import { campaignsRoutes } from '../src/campaigns/campaigns.routes.ts'
import { Campaigns, reopenCampaign } from '../src/campaigns/campaigns.ts'
import { CommandDesk } from '../src/commands/command-desk.ts'
import { CommandKeys } from '../src/commands/command-keys.ts'
import { CommandService } from '../src/commands/command-service.ts'
import { CommandSigner } from '../src/commands/command-signer.ts'
import { commandsRoutes } from '../src/commands/commands.routes.ts'
import type { CommandsAnswer } from '../src/commands/commands-message.ts'
import { makeDeviceRegistry } from '../src/compose/device-registry.ts'
import type { Hsm } from '../src/hsm/hsm.ts'
import { repeatAnswer } from '../src/messages/answers.ts'
import { SENDER_PARTS } from '../src/compose/check-in-parts.ts'
import { type SenderRecord, Senders } from '../src/messages/senders.ts'
import type { TakenMessage } from '../src/messages/taken-messages.ts'
import { makeLogger } from '../src/platform/log.ts'
import { confirmRotations } from '../src/rotation/confirm-rotations.ts'
import { RotationOrders } from '../src/rotation/rotation-orders.ts'
import { approveTestDevice, makeTestModels, registerTestDevice } from './test-devices.ts'
import { type TestPortal, startTestPortal } from './test-portal.ts'
import { type TestTrust, holdTestCeremony } from './test-trust.ts'

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

type ReportOf = Partial<Omit<CommandReport, 'id' | 'number'>> & Pick<CommandReport, 'state'>

/** What a device does with commands, in small: it verifies, keeps the highest number and reports. */
export class CommandedDevice {
  readonly deviceId: string
  highest = 0
  readonly #commands: TestCommands
  readonly #thumbprint: string
  #seq = 0

  constructor(commands: TestCommands, deviceId: string, thumbprint: string) {
    this.#commands = commands
    this.deviceId = deviceId
    this.#thumbprint = thumbprint
  }

  /** What a server process makes of the next message, or of the one before when it is sent again. */
  async send(
    reports: readonly CommandReport[] = [],
    { service = this.#commands.service, isRepeated = false, highest = this.highest } = {},
  ): Promise<CommandsAnswer> {
    const seq = isRepeated ? this.#seq : ++this.#seq
    return this.answerTo(await this.message({ highest, reports }, seq), service)
  }

  async answerTo(message: TakenMessage, service: CommandService): Promise<CommandsAnswer> {
    const answer = await service.take(message)
    // As the door does: another process was faster, and its answer is on record.
    return answer ?? (repeatAnswer(await this.#findSender()) as CommandsAnswer)
  }

  /** Sends reports, and takes the commands of the answer. */
  async ask(
    reports: readonly CommandReport[] = [],
    options: Parameters<CommandedDevice['send']>[1] = {},
  ): Promise<readonly Command[]> {
    const answer = await this.send(reports, options)
    if (answer.type === 'refusal') throw new Error(answer.body.code)
    return answer.body.commands.flatMap((jws) => this.verify(jws) ?? [])
  }

  /** @returns undefined for one that was taken before. A new one is taken: the number is kept. */
  verify(jws: string): Command | undefined {
    const command = verifyCommand(jws, this.#commands.trust, this.#commands.time.now)
    if (command.number <= this.highest) return undefined
    this.highest = command.number
    return command
  }

  report({ id, number }: Pick<Command, 'id' | 'number'>, report: ReportOf): CommandReport {
    return { at: new Date(this.#commands.time.now).toISOString(), ...report, id, number }
  }

  async message(body: object, seq: number): Promise<TakenMessage> {
    const signed = Buffer.from(JSON.stringify({ seq, body }))
    const signingInput = Buffer.from(`e30.${signed.toString('base64url')}`)
    const request = {
      type: 'commands',
      at: this.#commands.time.now,
      signedPayload: signed,
      envelope: { seq, mid: `mid-${this.deviceId}-${seq}`, body },
    }
    const received = { jws: { signingInput, signature: Buffer.from('signature') } }
    // Authenticity was judged before; the rest of a message plays no part here.
    return { request, received, sender: await this.#findSender() } as unknown as TakenMessage
  }

  async #findSender(): Promise<SenderRecord> {
    const known = new Senders(this.#commands.portal.db.pool, SENDER_PARTS)
    const senders = await known.find([this.#thumbprint])
    const sender = senders.get(this.#thumbprint)
    if (sender === undefined) throw new Error('no such sender')
    return sender
  }
}

/** Under the pinned root, for commands alone, by the library that everybody has. */
export function verifyCommand(jws: string, trust: TestTrust, now: number): Command {
  const [header = '', payload = '', signature = ''] = jws.split('.')
  const { alg, typ, x5c } = JSON.parse(Buffer.from(header, 'base64url').toString()) as {
    alg: string
    typ: string
    x5c: string[]
  }
  expect({ alg, typ }).toEqual({ alg: 'RS256', typ: COMMAND_TYP })
  const certificate = new X509Certificate(Buffer.from(x5c[0] ?? '', 'base64'))
  expect(certificate.verify(new X509Certificate(trust.rootPem).publicKey)).toBe(true)
  const path = [parseCertificate(certificate.raw)]
  const policy = { anchors: [trust.root.certificate], at: now }
  expect(validatePath(path, { ...policy, purpose: OID.managementCommand }).isValid).toBe(true)
  expect(validatePath(path, { ...policy, purpose: OID.managementResponse }).isValid).toBe(false)
  const input = Buffer.from(`${header}.${payload}`)
  const bytes = Buffer.from(signature, 'base64url')
  expect(verify('sha256', input, certificate.publicKey, bytes)).toBe(true)
  return readCommand(JSON.parse(Buffer.from(payload, 'base64url').toString()))
}

export const newOrder = (deviceIds: readonly string[], command: object, more: object = {}) => ({
  orderId: randomUUID(),
  deviceIds,
  command,
  ...more,
})
