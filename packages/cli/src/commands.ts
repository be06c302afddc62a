import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type {
  CommandListItem,
  CommandOrderView,
  CommandView,
} from '@sanad/protocol/operator-api/commands'
import type { CampaignView } from '@sanad/protocol/operator-api/campaigns'
import { COMMAND_TYPES } from '@sanad/protocol/domain/command-types'
import { COMMAND_STATES } from '@sanad/protocol/domain/command-lifecycle'
import { devicesOf, followFilling } from './filling.ts'
import { findDeviceId } from './find-device.ts'
import { eachRow } from './pages.ts'
import { Progress, facts, moment, print, table } from './terminal.ts'
import { UsageError } from '@sanad/command-line/program'
import { type Said, type Verb, list, need, needOption, number, text } from './verb.ts'

/** What a command says when nothing else is said; those with parts of their own need `--body`. */
const PLAIN_BODIES: Readonly<Record<string, object>> = {
  'collect-information': {},
  'synchronise-time': { mode: 'measure' },
  'rotate-key': { reason: 'policy' },
  'restart-service': { service: 'client' },
  'run-self-test': { tests: ['key-store', 'sbi', 'clock', 'storage', 'network'] },
}

async function readCommand(said: Said, type: string): Promise<object> {
  const file = text(said, 'body')
  const body: unknown =
    file === undefined ? PLAIN_BODIES[type] : JSON.parse(await readFile(file, 'utf8'))
  if (body === undefined) throw new UsageError(`${type} needs --body <file.json>`)
  return { type, body }
}

async function sendCommand(said: Said): Promise<void> {
  const { connection, terminal } = said
  const type = need(said, 0, 'a command')
  const names = said.positionals.slice(1)
  if (names.length === 0) throw new UsageError('a serial number or device id is missing')
  const deviceIds = await Promise.all(names.map((name) => findDeviceId(connection.call, name)))
  const lifeHours = number(said, 'life-hours')
  const body = {
    orderId: randomUUID(),
    deviceIds,
    command: await readCommand(said, type),
    ...(lifeHours !== undefined && { lifeHours }),
  }
  const order = await connection.ask<CommandOrderView>({ method: 'POST', path: '/commands', body })
  if (said.options['wait'] === true) return watchCommands(said, order)
  print(terminal, order, () =>
    order.commands.map(({ commandId }) => `Ordered: ${commandId}`).join('\n'),
  )
}

const WATCH_EVERY_MS = 500

/** Until every one of them is over, however that ends. */
async function watchCommands(said: Said, order: CommandOrderView): Promise<void> {
  const progress = new Progress(said.terminal)
  for (;;) {
    const views = await Promise.all(
      order.commands.map(({ commandId }) =>
        said.connection.ask<CommandView>({ path: `/commands/${commandId}` }),
      ),
    )
    const over = views.filter(({ finishedAt }) => finishedAt !== null)
    progress.show(over.length / views.length, `${over.length} of ${views.length} are over`)
    if (over.length === views.length) {
      progress.end()
      print(said.terminal, views, () => tableOf(views))
      if (views.some(({ state }) => state !== 'succeeded')) process.exitCode = 1
      return
    }
    await wait(WATCH_EVERY_MS)
  }
}

async function listCommands(said: Said): Promise<void> {
  const { connection, terminal } = said
  const device = text(said, 'device')
  const deviceId = device === undefined ? undefined : await findDeviceId(connection.call, device)
  const asked = {
    path: '/commands',
    query: { deviceId, state: list(said, 'state'), type: list(said, 'type') },
  }
  const rows: CommandListItem[] = []
  for await (const row of eachRow<CommandListItem>(
    connection.ask,
    asked,
    number(said, 'limit') ?? 50,
  ))
    rows.push(row)
  print(terminal, rows, () => tableOf(rows))
}

const tableOf = (rows: readonly CommandListItem[]): string =>
  table(
    ['COMMAND', 'STATE', 'DEVICE', 'ORDERED', 'BY', 'ID'],
    rows.map((row) => [
      row.type,
      row.failure === null ? row.state : `${row.state}: ${row.failure}`,
      row.serialNo,
      moment(row.orderedAt),
      row.orderedBy,
      row.commandId,
    ]),
  )

async function showCommand(said: Said): Promise<void> {
  const commandId = need(said, 0, 'a command id')
  const view = await said.connection.ask<CommandView>({ path: `/commands/${commandId}` })
  print(said.terminal, view, () =>
    [
      facts([
        ['command', view.type],
        ['device', view.serialNo],
        ['state', view.state],
        ['failure', view.failure],
        ['ordered', `${moment(view.orderedAt)}, ${view.orderedBy}`],
        ['sent', moment(view.sentAt)],
        ['begun', moment(view.acknowledgedAt)],
        ['finished', moment(view.finishedAt)],
        ['valid', `${moment(view.notBefore)} to ${moment(view.notAfter)}`],
      ]),
      ...(view.result?.selfTests ?? []).map(
        ({ test, passed, detail }) => `${passed ? 'passed' : 'failed'}  ${test}  ${detail}`,
      ),
      ...(view.log === null ? [] : ['', view.log.text]),
    ].join('\n'),
  )
}

const actVerb = (act: 'cancel' | 'retry', summary: string): Verb => ({
  name: `commands ${act}`,
  usage: '<command id>',
  summary,
  async run(said) {
    const commandId = need(said, 0, 'a command id')
    const view = await said.connection.ask<CommandView>({
      method: 'POST',
      path: `/commands/${commandId}/${act}`,
    })
    print(said.terminal, view, () => `${view.type} for ${view.serialNo}: ${view.state}`)
  },
})

async function startCampaign(said: Said): Promise<void> {
  const type = need(said, 0, 'a command')
  const modelId = text(said, 'model')
  const groupId = text(said, 'group')
  const body = {
    campaignId: randomUUID(),
    name: needOption(said, 'name'),
    filter: {
      state: ['registered'],
      ...(modelId !== undefined && { modelId }),
      ...(groupId !== undefined && { groupId }),
    },
    isContinuing: said.options['continuing'] === true,
    perMinute: number(said, 'per-minute') ?? 60,
    abort: { failedPercent: number(said, 'stop-at-failed') ?? 10, ofAtLeast: 20 },
    command: await readCommand(said, type),
  }
  const path = '/campaigns'
  const created = await said.connection.ask<CampaignView>({ method: 'POST', path, body })
  const campaign = await followFilling(said, created, `${path}/${created.campaignId}`)
  print(
    said.terminal,
    campaign,
    () => `Campaign ${campaign.campaignId}: ${campaign.devices} devices`,
  )
}

async function listCampaigns(said: Said): Promise<void> {
  const rows: CampaignView[] = []
  for await (const row of eachRow<CampaignView>(said.connection.ask, { path: '/campaigns' }, 50))
    rows.push(row)
  print(said.terminal, rows, () =>
    table(
      ['CAMPAIGN', 'COMMAND', 'STATE', 'DEVICES', 'SUCCEEDED', 'FAILED', 'WAITING', 'ID'],
      rows.map(({ name, kind, type, state, devices, filling, counts, campaignId }) => [
        name,
        type ?? kind,
        state,
        devicesOf({ devices, filling }),
        String(counts.succeeded),
        String(counts.failed + counts.refused + counts.expired),
        String(counts.waiting + counts.queued),
        campaignId,
      ]),
    ),
  )
}

export const COMMAND_VERBS: readonly Verb[] = [
  {
    name: 'commands send',
    usage: '<command> <device>… [--body <file.json>] [--life-hours <n>] [--wait]',
    summary: `commands: ${COMMAND_TYPES.join(', ')}`,
    options: {
      body: { type: 'string' },
      'life-hours': { type: 'string' },
      wait: { type: 'boolean' },
    },
    run: sendCommand,
  },
  {
    name: 'commands list',
    usage: '[--device <device>] [--state <state>]… [--type <command>]… [--limit <n>]',
    summary: `states: ${COMMAND_STATES.join(', ')}`,
    options: {
      device: { type: 'string' },
      state: { type: 'string', multiple: true },
      type: { type: 'string', multiple: true },
      limit: { type: 'string' },
    },
    run: listCommands,
  },
  {
    name: 'commands show',
    usage: '<command id>',
    summary: 'one command: how far it has come, and what came of it',
    run: showCommand,
  },
  actVerb('cancel', 'take back a command that has not begun'),
  actVerb('retry', 'send a command again that failed or expired'),
  {
    name: 'commands campaign',
    usage:
      '<command> --name <name> [--model <id>] [--group <id>] [--per-minute <n>] [--stop-at-failed <percent>] [--continuing] [--body <file.json>]',
    summary: 'one command for many devices, at a pace',
    options: {
      name: { type: 'string' },
      model: { type: 'string' },
      group: { type: 'string' },
      'per-minute': { type: 'string' },
      'stop-at-failed': { type: 'string' },
      continuing: { type: 'boolean' },
      body: { type: 'string' },
    },
    run: startCampaign,
  },
  {
    name: 'commands campaigns',
    usage: '',
    summary: 'campaigns, newest first',
    run: listCampaigns,
  },
]
