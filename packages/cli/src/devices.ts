import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { DeviceQuery, DeviceView } from '@sanad/protocol/operator-api/devices'
import { DEVICE_STATES } from '@sanad/protocol/domain/device-lifecycle'
import { REASONS } from '@sanad/protocol/domain/reasons'
import { DEVICE_ORDERS } from '@sanad/protocol/operator-api/choices'
import { choiceOf, given, needReason } from './choices.ts'
import { RESET_CLOCK, describeClockReset, readClockReset } from './clock-resets.ts'
import { askFor } from './connection.ts'
import { FILTERS, FILTER_USAGE, filterOf } from './device-filter.ts'
import { findDeviceId } from './find-device.ts'
import { IMPORT_DEVICES } from './import-devices.ts'
import { listAll } from './pages.ts'
import { facts, moment, print, table } from './terminal.ts'
import { type Said, type Verb, need, number, text } from './verb.ts'

const queryOf = (said: Said): DeviceQuery => ({
  ...filterOf(said),
  ...given({ sort: choiceOf(said, 'sort', DEVICE_ORDERS) }),
})

async function listDevices(said: Said): Promise<void> {
  const { connection, terminal } = said
  const limit = said.options['all'] === true ? Infinity : (number(said, 'limit') ?? 50)
  const rows = listAll(connection, 'listDevices', { query: queryOf(said) }, limit)
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
  const deviceId = await findDeviceId(
    connection.call,
    need(said, 0, 'a serial number or device id'),
  )
  const device = await connection.call('readDevice', { params: { deviceId } })
  const key = await connection.call('readDeviceKey', { params: { deviceId } })
  const clockReset = await readClockReset(connection.call, deviceId)
  const timeline = await connection.call('readDeviceTimeline', {
    params: { deviceId },
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

const ACTS = {
  suspend: 'suspendDevice',
  resume: 'resumeDevice',
  block: 'blockDevice',
  deregister: 'deregisterDevice',
  approve: 'reapproveDevice',
} as const
type Act = keyof typeof ACTS

const actVerb = (act: Act): Verb => ({
  name: `devices ${act}`,
  usage: '<device>… --reason <reason> [--note <words>]',
  summary: `${act} devices; reasons: ${REASONS.join(', ')}`,
  options: { reason: { type: 'string' }, note: { type: 'string' } },
  async run(said) {
    const reason = needReason(said)
    const note = text(said, 'note')
    need(said, 0, 'a serial number or device id')
    const done: DeviceView[] = []
    for (const name of said.positionals) {
      const deviceId = await findDeviceId(said.connection.call, name)
      const body = { reason, ...(note !== undefined && { note }) }
      done.push(await said.connection.call(ACTS[act], { params: { deviceId }, body }))
    }
    print(said.terminal, done, () =>
      done.map(({ serialNo, state }) => `${serialNo} is ${state}.`).join('\n'),
    )
  },
})

async function exportDevices(said: Said): Promise<void> {
  const stream = await said.connection.stream(askFor('exportDevices', { query: queryOf(said) }))
  const path = text(said, 'out')
  if (path === undefined) await pipeline(stream, said.terminal.out, { end: false })
  else await pipeline(stream, createWriteStream(path, { flags: 'wx' }))
}

export const DEVICE_VERBS: readonly Verb[] = [
  {
    name: 'devices list',
    usage: `${FILTER_USAGE} [--sort <order>] [--limit <n>|--all]`,
    summary: `list devices; states: ${DEVICE_STATES.join(', ')}`,
    options: {
      ...FILTERS,
      sort: { type: 'string' },
      limit: { type: 'string' },
      all: { type: 'boolean' },
    },
    run: listDevices,
  },
  {
    name: 'devices show',
    usage: '<device>',
    summary: 'one device: its state, key, policy and latest events',
    run: showDevice,
  },
  // Object.keys widens to string.
  ...(Object.keys(ACTS) as Act[]).map(actVerb),
  RESET_CLOCK,
  IMPORT_DEVICES,
  {
    name: 'devices export',
    usage: '[--out <file>] [--sort <order>] [filters as for list]',
    summary: 'devices as CSV: all, or those that match the filter',
    options: { ...FILTERS, sort: { type: 'string' }, out: { type: 'string' } },
    run: exportDevices,
  },
]
