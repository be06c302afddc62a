import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import {
  BULK_ACTS,
  type BulkActFailurePage,
  type BulkActName,
  type BulkActPreview,
  type BulkActPreviewBody,
  type BulkActView,
} from '@sanad/protocol/operator-api/bulk-acts'
import { REASONS } from '@sanad/protocol/domain/reasons'
import { UsageError } from '@sanad/command-line/program'
import { FILTERS, FILTER_USAGE, filterOf } from './device-filter.ts'
import { findDeviceId } from './find-device.ts'
import { listAll } from './pages.ts'
import { Progress, facts, moment, print, table } from './terminal.ts'
import { type Said, type Verb, need, number, text } from './verb.ts'
import { choiceOf } from './choices.ts'

/** Acts on many devices: previewed, ordered with `--yes`, and followed until they are over. */

/** Commands need a body of their own kind: they are sent by `commands send`, or by the API. */
const ACTS = BULK_ACTS.filter((act) => act !== 'send-command')

async function orderBulkAct(said: Said): Promise<void> {
  const { connection, terminal } = said
  const body = await readOrder(said)
  if (said.options['yes'] !== true) {
    const preview = await connection.call('previewBulkAct', { body })
    print(terminal, preview, () => describePreview(preview))
    return
  }
  const note = text(said, 'note')
  const ordered = await connection.call('orderBulkAct', {
    body: {
      ...body,
      bulkActId: text(said, 'id') ?? randomUUID(),
      ...(note !== undefined && { note }),
    },
  })
  await followAct(said, ordered)
}

async function readOrder(said: Said): Promise<BulkActPreviewBody> {
  const act = readAct(need(said, 0, `an act: ${ACTS.join(', ')}`))
  const names = said.positionals.slice(1)
  const filter = filterOf({ ...said, options: { ...said.options, reason: undefined } })
  const isAll = said.options['all'] === true
  const isFiltered = Object.keys(filter).length > 0
  if ([names.length > 0, isFiltered, isAll].filter(Boolean).length !== 1)
    throw new UsageError('name devices, or give a filter, or say --all')
  const deviceIds = await Promise.all(names.map((name) => findDeviceId(said.connection.call, name)))
  const reason = choiceOf(said, 'reason', REASONS)
  const groupId = text(said, 'to-group')
  const withinHours = number(said, 'within-hours')
  return {
    act,
    ...(reason !== undefined && { reason }),
    ...(groupId !== undefined && { groupId }),
    ...(withinHours !== undefined && { withinHours }),
    selection: names.length > 0 ? { deviceIds } : { filter },
  }
}

function readAct(word: string): BulkActName {
  const act = ACTS.find((name) => name === word)
  if (act === undefined) throw new UsageError(`no such act: ${word}; there are: ${ACTS.join(', ')}`)
  return act
}

function describePreview(preview: BulkActPreview): string {
  const counts = (pairs: readonly (readonly [string, number])[]): string =>
    pairs.flatMap(([name, count]) => (count > 0 ? [`${name} ${count}`] : [])).join(', ')
  return [
    `${preview.willChange} of ${preview.devices} devices would change; nothing was done. To do it: add --yes.`,
    ...preview.willRefuse.map(
      ({ devices, reason }) => `${devices} would be left as they are: ${reason}`,
    ),
    facts([
      ['states', counts(Object.entries(preview.states))],
      [
        'models',
        counts(preview.models.map(({ make, model, devices }) => [`${make} ${model}:`, devices])),
      ],
      ['connected now', preview.connected],
    ]),
  ].join('\n')
}

const FOLLOW_EVERY_MS = 500

/** Until it is over; an act that goes on without us is no failure. */
export async function followAct(said: Said, ordered: BulkActView): Promise<void> {
  const { connection, terminal } = said
  const progress = new Progress(terminal)
  let view = ordered
  while (view.state === 'queued' || view.state === 'running') {
    progress.show(view.done / Math.max(view.devices, 1), `${view.done} of ${view.devices}`)
    await wait(FOLLOW_EVERY_MS)
    view = await connection.call('readBulkAct', { params: { bulkActId: ordered.bulkActId } })
  }
  progress.end()
  print(terminal, view, () => describeAct(view))
  if (view.state !== 'finished') process.exitCode = 1
}

function describeAct(view: BulkActView): string {
  const { act, state, changed, failed, bulkActId, failureCode } = view
  return [
    `${act} ${state}: ${changed} devices changed, ${failed} not.`,
    ...(failureCode === null ? [] : [failureCode]),
    ...(failed === 0 ? [] : [`See them: sanad bulk failures ${bulkActId}`]),
  ].join('\n')
}

async function listBulkActs(said: Said): Promise<void> {
  const rows: BulkActView[] = []
  const limit = number(said, 'limit') ?? 20
  for await (const row of listAll(said.connection, 'listBulkActs', {}, limit)) rows.push(row)
  print(said.terminal, rows, () =>
    table(
      ['ID', 'ACT', 'STATE', 'DONE', 'CHANGED', 'NOT', 'ORDERED', 'BY'],
      rows.map((row) => [
        row.bulkActId,
        row.act,
        row.state,
        `${row.done}/${row.devices}`,
        String(row.changed),
        String(row.failed),
        moment(row.createdAt),
        row.createdBy,
      ]),
    ),
  )
}

async function listFailures(said: Said): Promise<void> {
  const params = { bulkActId: need(said, 0, 'the id of an act') }
  const rows: BulkActFailurePage['items'] = []
  for await (const row of listAll(said.connection, 'listBulkActFailures', { params }))
    rows.push(row)
  print(said.terminal, rows, () =>
    table(
      ['SERIAL', 'CODE', 'WHY'],
      rows.map((row) => [row.serialNo, row.code, row.detail ?? '']),
    ),
  )
}

const one =
  (operation: 'readBulkAct' | 'cancelBulkAct') =>
  async (said: Said): Promise<void> => {
    const params = { bulkActId: need(said, 0, 'the id of an act') }
    const view = await said.connection.call(operation, { params })
    print(said.terminal, view, () => describeAct(view))
  }

export const BULK_VERBS: readonly Verb[] = [
  {
    name: 'bulk order',
    usage: `<act> (<device>… | filters | --all) [--reason <reason>] [--to-group <id>|none] [--within-hours <n>] [--note <words>] [--id <uuid>] [--yes]; filters: ${FILTER_USAGE}`,
    summary: `act on many devices; without --yes it shows whom it would touch. Acts: ${ACTS.join(', ')}; reasons: ${REASONS.join(', ')}`,
    options: {
      ...FILTERS,
      all: { type: 'boolean' },
      reason: { type: 'string' },
      'to-group': { type: 'string' },
      'within-hours': { type: 'string' },
      note: { type: 'string' },
      id: { type: 'string' },
      yes: { type: 'boolean' },
    },
    run: orderBulkAct,
  },
  {
    name: 'bulk list',
    usage: '[--limit <n>]',
    summary: 'acts on many devices, newest first, with how far each is',
    options: { limit: { type: 'string' } },
    run: listBulkActs,
  },
  { name: 'bulk show', usage: '<id>', summary: 'one act on many devices', run: one('readBulkAct') },
  {
    name: 'bulk failures',
    usage: '<id>',
    summary: 'the devices that an act did not change, and why',
    run: listFailures,
  },
  {
    name: 'bulk cancel',
    usage: '<id>',
    summary: 'cancel the rest of an act; what is done stays done',
    run: one('cancelBulkAct'),
  },
]
