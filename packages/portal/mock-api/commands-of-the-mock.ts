import { CAMPAIGN_DEVICE_STATES } from '@sanad/protocol/operator-api/choices'
import { type CampaignAct, campaignLife } from '@sanad/protocol/domain/campaign-lifecycle'
import type {
  CommandListItem,
  CommandQuery,
  CommandView,
} from '@sanad/protocol/operator-api/commands'
import {
  type CampaignDevice,
  type CampaignPhaseView,
  type CampaignView,
  type NewCampaign,
} from '@sanad/protocol/operator-api/campaigns'
import type { DeviceListItem } from '@sanad/protocol/operator-api/devices'
import { COMMAND_TYPES } from '@sanad/protocol/domain/command-types'
import {
  COMMAND_STATES,
  type CommandState,
  commandLife,
} from '@sanad/protocol/domain/command-lifecycle'
import { HOUR_MS, MINUTE_MS } from '@sanad/protocol/text/durations'
import { SanadError } from '@sanad/protocol/text/problems'
import { iso, sha256Of, uuidOf } from './fleet.ts'

/** Commands and campaigns of the mock: one of each state, and two campaigns. */

export class MockCommands {
  readonly #now: number
  readonly #devices: number
  commands: CommandView[]
  campaigns: CampaignView[]

  constructor(fleet: readonly DeviceListItem[], now: number) {
    this.#now = now
    const registered = fleet.filter(({ state }) => state === 'registered')
    this.#devices = registered.length
    this.commands = registered.slice(0, 24).map((device, index) => makeCommand(device, index, now))
    this.campaigns = registered.length < 2 ? [] : makeCampaigns(registered.length, now)
  }

  list({ deviceId, state, type, campaignId }: CommandQuery): CommandListItem[] {
    return this.commands
      .filter(
        (command) =>
          (deviceId ?? command.deviceId) === command.deviceId &&
          (state === undefined || state.includes(command.state)) &&
          (type === undefined || type.includes(command.type)) &&
          (campaignId ?? command.campaignId) === command.campaignId,
      )
      .map(listed)
  }

  find(commandId: string): CommandView | undefined {
    return this.commands.find((command) => command.commandId === commandId)
  }

  act(commandId: string, act: 'cancel' | 'retry'): CommandView | undefined {
    this.commands = this.commands.map((command) =>
      command.commandId === commandId
        ? { ...command, state: commandLife.next(command.state, act), mayRetry: false }
        : command,
    )
    return this.find(commandId)
  }

  /** @throws SanadError `campaign.not-found` */
  campaign(campaignId: string): CampaignView {
    const found = this.campaigns.find((campaign) => campaign.campaignId === campaignId)
    if (found === undefined) throw new SanadError('campaign.not-found')
    return found
  }

  /** Each state in turn. @throws SanadError `campaign.not-found` */
  devicesOf(
    campaignId: string,
    state: CampaignDevice['state'] | undefined,
    fleet: readonly DeviceListItem[],
  ): CampaignDevice[] {
    const { kind } = this.campaign(campaignId)
    return fleet
      .filter((device) => device.state === 'registered')
      .map((device, index) => makeCampaignDevice(device, index, kind, this.#now))
      .filter((device) => (state ?? device.state) === device.state)
  }

  actOnCampaign(campaignId: string, act: CampaignAct): CampaignView {
    this.campaigns = this.campaigns.map((campaign) =>
      campaign.campaignId === campaignId
        ? {
            ...campaign,
            state: campaignLife.next(campaign.state, act),
            pausedBecause: act === 'pause' ? 'operator' : null,
            stoppedBecause: act === 'stop' ? 'operator' : campaign.stoppedBecause,
          }
        : campaign,
    )
    return this.campaign(campaignId)
  }

  createCampaign({ campaignId, name, command, ...asked }: NewCampaign): CampaignView {
    const { perMinute, abort, isContinuing = false } = asked
    const created = makeCampaign(this.#devices, this.#now, {
      campaignId,
      name,
      kind: command === undefined ? 'rotation' : 'command',
      type: command?.type ?? null,
      isContinuing,
      perMinute,
      abort,
      createdAt: iso(this.#now),
    })
    this.campaigns = [created, ...this.campaigns]
    return created
  }

  order(device: DeviceListItem, type: string): CommandView {
    const made = makeCommand(device, 0, this.#now)
    const known = COMMAND_TYPES.find((one) => one === type) ?? made.type
    const command: CommandView = {
      ...made,
      commandId: uuidOf(`order ${device.deviceId} ${this.commands.length}`),
      type: known,
      state: 'queued',
    }
    this.commands = [command, ...this.commands]
    return command
  }
}

/** A row of a list says less than the command itself. */
function listed(command: CommandView): CommandListItem {
  const {
    body: _body,
    maintenanceWindow: _maintenanceWindow,
    attempts: _attempts,
    retries: _retries,
    mayRetry: _mayRetry,
    number: _number,
    statement: _statement,
    reportedAt: _reportedAt,
    report: _report,
    reportSha256: _reportSha256,
    result: _result,
    log: _log,
    ...item
  } = command
  return item
}

const WAS_SENT: ReadonlySet<CommandState> = new Set([
  'sent',
  'acknowledged',
  'succeeded',
  'failed',
  'refused',
])
const IS_OVER: ReadonlySet<CommandState> = new Set([
  'succeeded',
  'failed',
  'refused',
  'expired',
  'cancelled',
])

function makeCommand(device: DeviceListItem, index: number, now: number): CommandView {
  const state = COMMAND_STATES[index % COMMAND_STATES.length] ?? 'queued'
  const type = COMMAND_TYPES[(index * 5 + 2) % COMMAND_TYPES.length] ?? 'collect-information'
  const orderedAt = now - (index + 1) * 17 * MINUTE_MS
  const sentAt = WAS_SENT.has(state) ? iso(orderedAt + 900) : null
  return {
    commandId: uuidOf(`command ${device.serialNo} ${index}`),
    deviceId: device.deviceId,
    serialNo: device.serialNo,
    make: device.make,
    model: device.model,
    type,
    state,
    campaignId: index % 3 === 0 ? uuidOf('campaign tests') : null,
    orderedAt: iso(orderedAt),
    orderedBy: 'Aster Bekele',
    notBefore: iso(orderedAt),
    notAfter: iso(orderedAt + 72 * HOUR_MS),
    sentAt,
    acknowledgedAt: state === 'sent' ? null : sentAt,
    progress: state === 'acknowledged' ? 40 : null,
    finishedAt: IS_OVER.has(state) ? iso(orderedAt + 4 * MINUTE_MS) : null,
    failure: state === 'failed' ? 'sbi-not-answering' : null,
    lateState: null,
    retryAfter: null,
    body: {},
    maintenanceWindow: null,
    attempts: sentAt === null ? 0 : 1,
    retries: 0,
    mayRetry: state === 'failed' || state === 'expired',
    number: sentAt === null ? null : index + 1,
    statement:
      sentAt === null
        ? null
        : 'eyJhbGciOiJSUzI1NiIsInR5cCI6InNhbmFkLWNvbW1hbmQrandzIn0.eyJ2IjoxfQ.c2ln',
    reportedAt: sentAt,
    report: null,
    reportSha256: sentAt === null ? null : sha256Of(`report ${index}`),
    result:
      type === 'run-self-test' && state === 'succeeded'
        ? {
            selfTests: [
              { test: 'key-store', passed: true, detail: 'signed and verified in 12 ms' },
              { test: 'sbi', passed: true, detail: 'answered in 40 ms' },
            ],
          }
        : null,
    log: null,
  }
}

function makeCampaignDevice(
  { deviceId, serialNo, make, model }: DeviceListItem,
  index: number,
  kind: CampaignView['kind'],
  now: number,
): CampaignDevice {
  const state = CAMPAIGN_DEVICE_STATES[index % CAMPAIGN_DEVICE_STATES.length] ?? 'waiting'
  const isTold = state !== 'waiting' && state !== 'skipped'
  const isOver = ['succeeded', 'failed', 'refused', 'expired', 'cancelled'].includes(state)
  return {
    deviceId,
    serialNo,
    make,
    model,
    state,
    phase: isTold ? 1 + (index % 2) : null,
    failure: state === 'failed' ? 'sbi-not-answering' : null,
    commandId: isTold && kind === 'command' ? uuidOf(`command ${serialNo} ${index}`) : null,
    endedAt: isOver ? iso(now - index * MINUTE_MS) : null,
  }
}

const phaseOf = (change: Partial<CampaignPhaseView>): CampaignPhaseView => ({
  state: 'running',
  upTo: null,
  told: 0,
  open: 0,
  succeeded: 0,
  failed: 0,
  lapsed: 0,
  soaksUntil: null,
  ...change,
})

const NO_COUNTS = {
  waiting: 0,
  skipped: 0,
  queued: 0,
  sent: 0,
  acknowledged: 0,
  succeeded: 0,
  failed: 0,
  refused: 0,
  expired: 0,
  cancelled: 0,
}

function makeCampaign(
  devices: number,
  now: number,
  change: Partial<CampaignView> & Pick<CampaignView, 'campaignId' | 'name'>,
): CampaignView {
  return {
    kind: 'command',
    type: 'run-self-test',
    body: {},
    filter: { state: ['registered'] },
    isContinuing: false,
    perMinute: 60,
    abort: { failedPercent: 10, ofAtLeast: 20, action: 'stop' },
    phases: [phaseOf({ told: devices })],
    lifeHours: 72,
    maintenanceWindow: null,
    state: 'running',
    pausedBecause: null,
    stoppedBecause: null,
    createdAt: iso(now - 3 * HOUR_MS),
    createdBy: 'Aster Bekele',
    finishedAt: null,
    devices,
    filling: null,
    counts: NO_COUNTS,
    ...change,
  }
}

function makeCampaigns(devices: number, now: number): CampaignView[] {
  const counts = NO_COUNTS
  const share = (part: number): number => Math.round(devices * part)
  const campaign = (id: string, change: Partial<CampaignView> & Pick<CampaignView, 'name'>) =>
    makeCampaign(devices, now, { campaignId: uuidOf(`campaign ${id}`), ...change })
  return [
    campaign('tests', {
      name: 'Self-test before the enrolment week',
      phases: [
        phaseOf({
          devices: 10,
          soakMinutes: 60,
          success: { percent: 95, ofAtLeast: 10 },
          state: 'passed',
          upTo: 10,
          told: 10,
          succeeded: 10,
        }),
        phaseOf({
          percent: 70,
          soakMinutes: 240,
          success: { percent: 90, ofAtLeast: 20 },
          errors: { failedPercent: 5, ofAtLeast: 20, action: 'pause' },
          state: 'soaking',
          upTo: share(0.7),
          told: share(0.7) - 10,
          open: share(0.2),
          succeeded: share(0.46) - 10,
          failed: share(0.04),
          soaksUntil: iso(now + 2 * HOUR_MS),
        }),
        phaseOf({ state: 'ahead' }),
      ],
      counts: {
        ...counts,
        waiting: share(0.3),
        sent: share(0.1),
        acknowledged: share(0.1),
        succeeded: share(0.46),
        failed: share(0.04),
      },
    }),
    campaign('logs', {
      name: 'Logs of the northern region',
      type: 'collect-logs',
      state: 'stopped',
      stoppedBecause: 'failures',
      createdAt: iso(now - 80 * HOUR_MS),
      finishedAt: iso(now - 79 * HOUR_MS),
      counts: { ...counts, succeeded: share(0.2), failed: share(0.1), cancelled: share(0.7) },
    }),
  ]
}
