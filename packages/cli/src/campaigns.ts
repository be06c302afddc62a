import { CAMPAIGN_DEVICE_STATES } from '@sanad/protocol/operator-api/choices'
import { randomUUID } from 'node:crypto'
import { UsageError } from '@sanad/command-line/program'
import { CAMPAIGN_ACTS, type CampaignAct } from '@sanad/protocol/domain/campaign-lifecycle'
import { COMMAND_TYPES } from '@sanad/protocol/domain/command-types'
import {
  type CampaignDevice,
  type CampaignPhaseView,
  type CampaignView,
  type NewCampaign,
} from '@sanad/protocol/operator-api/campaigns'
import { PHASE_FORM, WINDOW_FORM, readPhases, readWindow } from './campaign-words.ts'
import { FILTERS, FILTER_USAGE, filterOf, isFiltered } from './device-filter.ts'
import { devicesOf, followFilling } from './filling.ts'
import { findDeviceId } from './find-device.ts'
import { listAll } from './pages.ts'
import { readCommand } from './read-command.ts'
import { facts, moment, print, table } from './terminal.ts'
import { type Said, type Verb, list, need, needOption, number, text } from './verb.ts'
import { REASONS } from '@sanad/protocol/domain/reasons'
import { choiceOf, given } from './choices.ts'

/** Campaigns: one command, or a new key, for many devices, in phases. */

const ROTATION = 'rotation'

async function startCampaign(said: Said): Promise<void> {
  const body = {
    campaignId: text(said, 'id') ?? randomUUID(),
    name: needOption(said, 'name'),
    ...(await readTargets(said)),
    isContinuing: said.options['continuing'] === true,
    perMinute: number(said, 'per-minute') ?? 60,
    abort: { failedPercent: number(said, 'stop-at-failed') ?? 10, ofAtLeast: 20 },
    ...(await readWork(said)),
    ...readTimes(said),
  }
  const { call } = said.connection
  const created = await call('createCampaign', { body })
  const params = { campaignId: created.campaignId }
  const campaign = await followFilling(said, created, () => call('readCampaign', { params }))
  print(
    said.terminal,
    campaign,
    () => `Campaign ${campaign.campaignId}: ${campaign.devices} devices`,
  )
}

/** @throws UsageError */
async function readTargets(said: Said): Promise<Pick<NewCampaign, 'filter' | 'deviceIds'>> {
  const names = said.positionals.slice(1)
  const filter = filterOf(said)
  const isAll = said.options['all'] === true
  if ([names.length > 0, isFiltered(filter), isAll].filter(Boolean).length !== 1)
    throw new UsageError('name devices, or give a filter, or say --all')
  if (names.length === 0) return { filter }
  const find = (name: string) => findDeviceId(said.connection.call, name)
  return { deviceIds: await Promise.all(names.map(find)) }
}

async function readWork(said: Said): Promise<Pick<NewCampaign, 'command' | 'rotation'>> {
  const what = need(said, 0, `a command, or ${ROTATION}`)
  if (what !== ROTATION) return { command: await readCommand(said, what) }
  return { rotation: { reason: choiceOf(said, 'reason', REASONS) ?? 'policy' } }
}

function readTimes(said: Said) {
  const lifeHours = number(said, 'life-hours')
  const phases = readPhases(list(said, 'phase'))
  const maintenanceWindow = readWindow(text(said, 'window'))
  const note = text(said, 'note')
  return {
    ...(lifeHours !== undefined && { lifeHours }),
    ...(phases !== undefined && { phases: [...phases] }),
    ...(maintenanceWindow !== undefined && { maintenanceWindow }),
    ...(note !== undefined && { note }),
  }
}

async function listCampaigns(said: Said): Promise<void> {
  const rows: CampaignView[] = []
  for await (const row of listAll(said.connection, 'listCampaigns', {}, 50)) rows.push(row)
  print(said.terminal, rows, () =>
    table(
      ['CAMPAIGN', 'COMMAND', 'STATE', 'PHASE', 'DEVICES', 'SUCCEEDED', 'FAILED', 'WAITING', 'ID'],
      rows.map((row) => [
        row.name,
        row.type ?? row.kind,
        stateOf(row),
        phaseOf(row),
        devicesOf(row),
        String(row.counts.succeeded),
        String(row.counts.failed + row.counts.refused + row.counts.expired),
        String(row.counts.waiting + row.counts.queued),
        row.campaignId,
      ]),
    ),
  )
}

const stateOf = ({ state, pausedBecause, stoppedBecause }: CampaignView): string => {
  const because = pausedBecause ?? stoppedBecause
  return because === null || because === 'operator' ? state : `${state}: ${because}`
}

function phaseOf({ phases }: CampaignView): string {
  const passed = phases.filter(({ state }) => state === 'passed').length
  return `${Math.min(passed + 1, phases.length)} of ${phases.length}`
}

async function showCampaign(said: Said): Promise<void> {
  const campaignId = need(said, 0, 'a campaign id')
  const view = await said.connection.call('readCampaign', { params: { campaignId } })
  printCampaign(said, view)
}

function printCampaign({ terminal }: Said, view: CampaignView): void {
  print(terminal, view, () =>
    [
      facts([
        ['campaign', view.name],
        ['does', view.type ?? view.kind],
        ['state', stateOf(view)],
        ['devices', devicesOf(view)],
        ['rate', `${view.perMinute} per minute`],
        ['window', windowOf(view)],
        ['created', `${moment(view.createdAt)}, ${view.createdBy}`],
        ['finished', moment(view.finishedAt)],
        ['skipped', String(view.counts.skipped)],
      ]),
      '',
      table(
        ['PHASE', 'UP TO', 'STATE', 'TOLD', 'OPEN', 'SUCCEEDED', 'FAILED', 'LAPSED', 'SOAKS UNTIL'],
        view.phases.map(rowOfPhase),
      ),
    ].join('\n'),
  )
}

const windowOf = ({ maintenanceWindow: window }: CampaignView): string | null =>
  window === null ? null : `${window.days.join(',')}/${window.from}-${window.to} local time`

const rowOfPhase = (phase: CampaignPhaseView, index: number): string[] => [
  String(index + 1),
  phase.upTo === null ? 'all' : String(phase.upTo),
  phase.state,
  String(phase.told),
  String(phase.open),
  String(phase.succeeded),
  String(phase.failed),
  String(phase.lapsed),
  phase.soaksUntil === null ? '' : moment(phase.soaksUntil),
]

async function listDevices(said: Said): Promise<void> {
  const params = { campaignId: need(said, 0, 'a campaign id') }
  const query = given({ state: choiceOf(said, 'state', CAMPAIGN_DEVICE_STATES) })
  const rows: CampaignDevice[] = []
  const limit = number(said, 'limit') ?? 50
  for await (const row of listAll(said.connection, 'listCampaignDevices', { params, query }, limit))
    rows.push(row)
  print(said.terminal, rows, () =>
    table(
      ['SERIAL', 'MODEL', 'STATE', 'WHY', 'PHASE', 'ENDED'],
      rows.map(({ serialNo, make, model, phase, failure, endedAt, ...row }) => [
        serialNo,
        `${make} ${model}`,
        row.state,
        failure ?? '',
        phase === null ? '' : String(phase),
        endedAt === null ? '' : moment(endedAt),
      ]),
    ),
  )
}

const SUMMARIES: Record<CampaignAct, string> = {
  pause: 'tell no further device, and send nothing that waits',
  resume: 'continue; what failed until now is not held against the campaign',
  stop: 'end a campaign: what was not sent is cancelled',
}

const ACTS = {
  pause: 'pauseCampaign',
  resume: 'resumeCampaign',
  stop: 'stopCampaign',
} as const satisfies Record<CampaignAct, string>

const actVerb = (act: CampaignAct): Verb => ({
  name: `campaigns ${act}`,
  usage: '<campaign id>',
  summary: SUMMARIES[act],
  async run(said) {
    const params = { campaignId: need(said, 0, 'a campaign id') }
    printCampaign(said, await said.connection.call(ACTS[act], { params }))
  },
})

export const CAMPAIGN_VERBS: readonly Verb[] = [
  {
    name: 'campaigns start',
    usage:
      `<command>|${ROTATION} <device>…|<filter>|--all --name <name> [--per-minute <n>] [--phase ${PHASE_FORM}]… ` +
      `[--stop-at-failed <percent>] [--continuing] [--window ${WINDOW_FORM}] [--life-hours <n>] ` +
      `[--body <file.json>] [--reason <reason>] [--note <text>] [--id <uuid>] ${FILTER_USAGE}`,
    summary: `one command (${COMMAND_TYPES.join(', ')}), or a new key (${ROTATION}), for many devices`,
    options: {
      ...FILTERS,
      all: { type: 'boolean' },
      name: { type: 'string' },
      'per-minute': { type: 'string' },
      phase: { type: 'string', multiple: true },
      'stop-at-failed': { type: 'string' },
      continuing: { type: 'boolean' },
      window: { type: 'string' },
      'life-hours': { type: 'string' },
      body: { type: 'string' },
      reason: { type: 'string' },
      note: { type: 'string' },
      id: { type: 'string' },
    },
    run: startCampaign,
  },
  { name: 'campaigns list', usage: '', summary: 'campaigns, newest first', run: listCampaigns },
  {
    name: 'campaigns show',
    usage: '<campaign id>',
    summary: 'one campaign: how far each phase has come',
    run: showCampaign,
  },
  {
    name: 'campaigns devices',
    usage: '<campaign id> [--state <state>] [--limit <n>]',
    summary: `what became of each device, and why; states: ${CAMPAIGN_DEVICE_STATES.join(', ')}`,
    options: { state: { type: 'string' }, limit: { type: 'string' } },
    run: listDevices,
  },
  ...CAMPAIGN_ACTS.map(actVerb),
]
