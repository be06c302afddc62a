import type { ClockResetProgress } from '@sanad/protocol/operator-api/clock-resets'
import type { DeviceListItem, TransitionBody } from '@sanad/protocol/operator-api/devices'
import type { EventView } from '@sanad/protocol/operator-api/events'
import type { FtmProviderView } from '@sanad/protocol/operator-api/ftm-providers'
import type { ImportView } from '@sanad/protocol/operator-api/imports'
import type { ModelView } from '@sanad/protocol/operator-api/models'
import type { ApprovalView, RefusalView } from '@sanad/protocol/operator-api/registration'
import type { WebhookView } from '@sanad/protocol/operator-api/webhooks'
import { type DeviceAct, deviceLife } from '@sanad/protocol/domain/device-lifecycle'
import type { EventType } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { changeOf, recordOf, timelineOf } from './events.ts'
import { FTM_PROVIDER, iso, makeFleet, makeModels, sha256Of, uuidOf } from './fleet.ts'
import { MockBulk } from './bulk-of-the-mock.ts'
import { MockCommands } from './commands-of-the-mock.ts'
import { MockKeys } from './keys-of-the-mock.ts'
import { MockOperators } from './operators-of-the-mock.ts'
import { makeWebhooks } from './webhook-servings.ts'
import { makeApprovals, makeRefusals } from './registrations.ts'
import { waitingImport } from './import-servings.ts'
import { MockTrust } from './trust-of-the-mock.ts'

const EVENT_OF: Record<Exclude<DeviceAct, 'register'>, EventType> = {
  approve: 'device.reapproved',
  suspend: 'device.suspended',
  resume: 'device.resumed',
  deregister: 'device.deregistered',
  block: 'device.blocked',
}

/** Everything the mock knows, in memory. */
export class World {
  readonly models: ModelView[]
  readonly ftmProviders: FtmProviderView[]
  readonly imports: ImportView[]
  readonly trust: MockTrust
  readonly keys: MockKeys
  readonly commands: MockCommands
  readonly bulk = new MockBulk()
  /** The last order of each device. */
  readonly clockResets = new Map<string, ClockResetProgress>()
  readonly operators: MockOperators
  webhooks: WebhookView[]
  fleet: DeviceListItem[]
  approvals: ApprovalView[]
  refusals: RefusalView[]
  readonly #changes = new Map<string, EventView[]>()

  constructor(devices: number, now = Date.now()) {
    this.trust = new MockTrust(now)
    this.models = devices === 0 ? [] : makeModels(now)
    this.fleet = makeFleet(devices, makeModels(now), now)
    this.keys = new MockKeys(this.fleet, now)
    this.commands = new MockCommands(this.fleet, now)
    this.approvals = devices < 2 ? [] : makeApprovals(this.fleet, now)
    this.refusals = devices < 2 ? [] : makeRefusals(this.fleet, now)
    this.ftmProviders = devices === 0 ? [] : [ftmProvider(this.trust.rootPem(), now)]
    this.operators = new MockOperators(now, devices === 0)
    this.webhooks = devices === 0 ? [] : makeWebhooks(now)
    this.imports = devices === 0 ? [] : [waitingImport(now), appliedImport(devices, now)]
  }

  /** @throws SanadError `request.not-found` */
  device(deviceId: string): DeviceListItem {
    const device = this.fleet.find((each) => each.deviceId === deviceId)
    if (device === undefined) throw new SanadError('request.not-found')
    return device
  }

  revisionOf(deviceId: string): number {
    return 1 + (this.#changes.get(deviceId)?.length ?? 0)
  }

  /** @throws SanadError `device.transition-refused`, `request.conflict` */
  act(deviceId: string, act: keyof typeof EVENT_OF, body: TransitionBody): DeviceListItem {
    const device = this.device(deviceId)
    const { revision, reason } = body
    if (revision !== undefined && revision !== this.revisionOf(deviceId))
      throw new SanadError('request.conflict')
    const changed = { ...device, state: deviceLife.next(device.state, act) }
    this.fleet = this.fleet.map((each) => (each === device ? changed : each))
    const changes = this.#changes.get(deviceId) ?? []
    const happened = changeOf(changed, EVENT_OF[act], reason)
    this.#changes.set(deviceId, [{ ...happened, seq: 950 + changes.length }, ...changes])
    return changed
  }

  assign(devices: readonly DeviceListItem[], group: DeviceListItem['group']): void {
    const moved = new Set(devices.map(({ deviceId }) => deviceId))
    this.fleet = this.fleet.map((each) => (moved.has(each.deviceId) ? { ...each, group } : each))
  }

  timeline(deviceId: string): EventView[] {
    return [...(this.#changes.get(deviceId) ?? []), ...timelineOf(this.device(deviceId))]
  }

  record(): EventView[] {
    return recordOf(this.fleet, Date.now())
  }
}

function ftmProvider(certificatePem: string, now: number): FtmProviderView {
  return {
    ...FTM_PROVIDER,
    subject: 'CN=MOSIP ROOT, O=Example Republic',
    certificateSha256: sha256Of(certificatePem),
    certificatePem,
    notBefore: iso(now - 300 * DAY_MS),
    notAfter: iso(now + 2400 * DAY_MS),
    state: 'trusted',
    addedAt: iso(now - 90 * DAY_MS),
    retiredAt: null,
  }
}

function appliedImport(rows: number, now: number): ImportView {
  return {
    importId: uuidOf('import'),
    format: 'factory-manifest',
    state: 'applied',
    signer: 'CN=Example Factory',
    fileSha256: sha256Of('manifest'),
    bytes: rows * 120,
    bytesExpected: rows * 120,
    rowsRead: rows,
    rowsValid: rows,
    rowsWithErrors: 0,
    rowsWithWarnings: 0,
    warnings: null,
    fileName: 'batch-2026-09.jws',
    reading: null,
    rowsApplied: rows,
    percent: 100,
    rowsPerSecond: 24_000,
    failure: null,
    choice: 'all',
    uploadedAt: iso(now - 61 * DAY_MS),
    finishedAt: iso(now - 61 * DAY_MS + 4_000),
  }
}
