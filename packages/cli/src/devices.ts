import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { DeviceListItem, DeviceView } from '@sanad/protocol/api/devices'
import type { EventPage } from '@sanad/protocol/api/events'
import type { ImportView } from '@sanad/protocol/api/imports'
import type { DeviceKeyView } from '@sanad/protocol/api/keys'
import { DEVICE_STATES } from '@sanad/protocol/device-lifecycle'
import { REASONS } from '@sanad/protocol/events'
import { RESET_CLOCK, describeClockReset, readClockReset } from './clock-resets.ts'
import { findDeviceId } from './find-device.ts'
import { eachRow } from './pages.ts'
import { Progress, facts, moment, print, table } from './terminal.ts'
import { type Said, type Verb, list, need, needOption, number, text } from './verb.ts'

const FILTERS = {
  search: { type: 'string' },
  state: { type: 'string', multiple: true },
  model: { type: 'string' },
  group: { type: 'string' },
  level: { type: 'string' },
} as const

const filterOf = (said: Said) => ({
  search: text(said, 'search'),
  state: list(said, 'state'),
  modelId: text(said, 'model'),
  groupId: text(said, 'group'),
  level: text(said, 'level'),
})

async function listDevices(said: Said): Promise<void> {
  const { connection, terminal } = said
  const limit = said.options['all'] === true ? Infinity : (number(said, 'limit') ?? 50)
  const rows = eachRow<DeviceListItem>(
    connection.ask,
    { path: '/devices', query: filterOf(said) },
    limit,
  )
  if (terminal.isJson) {
    // One line for each, so that a fleet of any size can be piped.
    for await (const device of rows) terminal.out.write(`${JSON.stringify(device)}\n`)
    return
  }
  const cells: string[][] = []
  for await (const device of rows)
    cells.push([
      device.serialNo,
      `${device.make} ${device.model}`,
      device.level,
      device.state,
      moment(device.certificateNotAfter),
      moment(device.presence?.lastCheckInAt),
      device.group?.name ?? '–',
    ])
  const head = ['SERIAL', 'MODEL', 'LEVEL', 'STATE', 'KEY ENDS', 'LAST CHECK-IN', 'GROUP']
  print(terminal, cells, () => table(head, cells))
}

async function showDevice(said: Said): Promise<void> {
  const { connection, terminal } = said
  const deviceId = await findDeviceId(connection.ask, need(said, 0, 'a serial number or device id'))
  const device = await connection.ask<DeviceView>({ path: `/devices/${deviceId}` })
  const key = await connection.ask<DeviceKeyView>({ path: `/devices/${deviceId}/key` })
  const clockReset = await readClockReset(connection.ask, deviceId)
  const timeline = await connection.ask<EventPage>({
    path: `/devices/${deviceId}/timeline`,
    query: { limit: 10 },
  })
  print(terminal, { device, key, clockReset, timeline: timeline.items }, () =>
    [
      facts([
        ['device', device.serialNo],
        ['id', device.deviceId],
        ['model', `${device.model.make} ${device.model.model}, ${device.model.level}`],
        ['state', device.state],
        ['group', key.group?.name],
        ['policy', `${key.policy.name}, version ${key.policy.version}`],
        ['last check-in', moment(device.presence?.lastCheckInAt)],
        ['status', device.presence?.deviceStatus],
        ['SBI', device.presence?.serviceVersion],
        ['key ends', moment(key.active?.notAfter)],
        [
          'next rotation',
          key.rotation === null
            ? undefined
            : `${moment(key.rotation.start)} to ${moment(key.rotation.end)}, ${key.rotation.reason}`,
        ],
        ['keys destroyed', key.purge?.state],
        ['clock reset', describeClockReset(clockReset)],
      ]),
      '',
      table(
        ['AT', 'EVENT', 'BY'],
        timeline.items.map((event) => [
          moment(event.at),
          event.type,
          event.actorName ?? event.actor,
        ]),
      ),
    ].join('\n'),
  )
}

const ACTS = ['suspend', 'resume', 'block', 'deregister', 'approve'] as const

const actVerb = (act: (typeof ACTS)[number]): Verb => ({
  name: `devices ${act}`,
  usage: '<device>… --reason <reason> [--note <words>]',
  summary: `${act} devices; reasons: ${REASONS.join(', ')}`,
  options: { reason: { type: 'string' }, note: { type: 'string' } },
  async run(said) {
    const reason = needOption(said, 'reason')
    const note = text(said, 'note')
    need(said, 0, 'a serial number or device id')
    const done: DeviceView[] = []
    for (const name of said.positionals) {
      const deviceId = await findDeviceId(said.connection.ask, name)
      const body = { reason, ...(note !== undefined && { note }) }
      done.push(
        await said.connection.ask<DeviceView>({
          method: 'POST',
          path: `/devices/${deviceId}/${act}`,
          body,
        }),
      )
    }
    print(said.terminal, done, () =>
      done.map(({ serialNo, state }) => `${serialNo} is ${state}.`).join('\n'),
    )
  },
})

const STEPS: Partial<Record<ImportView['state'], string>> = {
  receiving: 'sending the file',
  checking: 'checking rows',
  applying: 'approving devices',
}

async function importDevices(said: Said): Promise<void> {
  const { connection, terminal } = said
  const path = need(said, 0, 'a file')
  const { size } = await stat(path)
  const importId = randomUUID()
  const type = path.endsWith('.csv') ? 'text/csv' : 'application/jose'
  const progress = new Progress(terminal)
  const upload = { stream: createReadStream(path), type, bytes: size }
  await connection.ask({ method: 'POST', path: `/imports/${importId}`, upload })
  let view = await follow(said, importId, progress, ['receiving', 'checking'])
  const hasErrors = (view.rowsWithErrors ?? 0) > 0
  const mayConfirm = view.state === 'ready' && (!hasErrors || said.options['valid-only'] === true)
  if (mayConfirm) {
    const choice = hasErrors ? 'valid' : 'all'
    await connection.ask({ method: 'POST', path: `/imports/${importId}/confirm`, body: { choice } })
    view = await follow(said, importId, progress, ['ready', 'applying'])
  }
  progress.end()
  print(terminal, view, () => describeImport(view))
  if (view.state !== 'applied') process.exitCode = 1
}

/** Until the import is in no state of those. */
async function follow(
  { connection }: Said,
  importId: string,
  progress: Progress,
  while_: readonly ImportView['state'][],
): Promise<ImportView> {
  for (;;) {
    const view = await connection.ask<ImportView>({ path: `/imports/${importId}` })
    if (!while_.includes(view.state)) return view
    const words = `${STEPS[view.state] ?? view.state}, ${view.rowsPerSecond} rows/s`
    progress.show(view.percent / 100, words)
    await wait(300)
  }
}

function describeImport(view: ImportView): string {
  if (view.state === 'applied') return `${view.rowsApplied} devices approved.`
  if (view.failure !== null)
    return `Not imported: ${view.failure.code} ${view.failure.detail ?? ''}`.trim()
  return [
    `${view.rowsWithErrors} rows have errors, ${view.rowsValid} are valid; nothing was imported.`,
    `See them: sanad api downloadImportErrors importId=${view.importId}`,
    'Import the valid rows alone: add --valid-only.',
  ].join('\n')
}

async function exportDevices(said: Said): Promise<void> {
  const stream = await said.connection.stream({ path: '/devices/export', query: filterOf(said) })
  const path = text(said, 'out')
  if (path === undefined) await pipeline(stream, said.terminal.out, { end: false })
  else await pipeline(stream, createWriteStream(path, { flags: 'wx' }))
}

export const DEVICE_VERBS: readonly Verb[] = [
  {
    name: 'devices list',
    usage:
      '[--search <text>] [--state <state>]… [--model <id>] [--group <id>] [--level L0|L1] [--limit <n>|--all]',
    summary: `list devices; states: ${DEVICE_STATES.join(', ')}`,
    options: { ...FILTERS, limit: { type: 'string' }, all: { type: 'boolean' } },
    run: listDevices,
  },
  {
    name: 'devices show',
    usage: '<device>',
    summary: 'one device: its state, key, policy and latest events',
    run: showDevice,
  },
  ...ACTS.map(actVerb),
  RESET_CLOCK,
  {
    name: 'devices import',
    usage: '<file.csv | manifest.jws> [--valid-only]',
    summary: 'approve the devices of a file; nothing is imported while a row has an error',
    options: { 'valid-only': { type: 'boolean' } },
    run: importDevices,
  },
  {
    name: 'devices export',
    usage: '[--out <file>] [filters as for list]',
    summary: 'all devices as CSV',
    options: { ...FILTERS, out: { type: 'string' } },
    run: exportDevices,
  },
]
