import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { CommandListItem, CommandOrderView } from '@sanad/protocol/operator-api/commands'
import { COMMAND_TYPES } from '@sanad/protocol/domain/command-types'
import { COMMAND_STATES } from '@sanad/protocol/domain/command-lifecycle'
import { findDeviceId } from './find-device.ts'
import { listAll } from './pages.ts'
import { Progress, facts, moment, print, table } from './terminal.ts'
import { UsageError } from '@sanad/command-line/program'
import { readCommand } from './read-command.ts'
import { type Said, type Verb, need, number, text } from './verb.ts'
import { choicesOf, given } from './choices.ts'

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
  const order = await connection.call('orderCommand', { body })
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
        said.connection.call('readCommand', { params: { commandId } }),
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
  const query = given({
    deviceId,
    state: choicesOf(said, 'state', COMMAND_STATES),
    type: choicesOf(said, 'type', COMMAND_TYPES),
  })
  const limit = number(said, 'limit') ?? 50
  const rows: CommandListItem[] = []
  for await (const row of listAll(connection, 'listCommands', { query }, limit)) rows.push(row)
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
  const view = await said.connection.call('readCommand', { params: { commandId } })
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

const ACTS = { cancel: 'cancelCommand', retry: 'retryCommand' } as const

const actVerb = (act: keyof typeof ACTS, summary: string): Verb => ({
  name: `commands ${act}`,
  usage: '<command id>',
  summary,
  async run(said) {
    const commandId = need(said, 0, 'a command id')
    const view = await said.connection.call(ACTS[act], { params: { commandId } })
    print(said.terminal, view, () => `${view.type} for ${view.serialNo}: ${view.state}`)
  },
})

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
    summary: 'one command: its progress and its result',
    run: showCommand,
  },
  actVerb('cancel', 'take back a command that has not begun'),
  actVerb('retry', 'send a command again that failed or expired'),
]
