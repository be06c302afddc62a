import { uuidOf } from './fleet.ts'
import type {
  DeviceCounts,
  DeviceFilter,
  DeviceList,
  DeviceListItem,
  DeviceQuery,
} from '@sanad/protocol/operator-api/devices'
import { pageOf } from './pages.ts'

const ORDERS: Record<string, (a: DeviceListItem, b: DeviceListItem) => number> = {
  serialNo: (a, b) => compare(a.serialNo, b.serialNo),
  approvedAt: (a, b) => compare(a.approvedAt, b.approvedAt),
  lastCheckInAt: (a, b) =>
    compare(a.presence?.lastCheckInAt ?? '', b.presence?.lastCheckInAt ?? ''),
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The server counts no further than this, and then says so. */
const COUNTING_STOPS_AT = 10_000

export function listDevices(fleet: readonly DeviceListItem[], query: DeviceQuery): DeviceList {
  const rows = ordered(
    fleet.filter((device) => matches(device, query)),
    query.sort,
  )
  return {
    ...pageOf(rows, (device) => device.deviceId, query),
    total: {
      count: Math.min(rows.length, COUNTING_STOPS_AT),
      isExact: rows.length <= COUNTING_STOPS_AT,
    },
  }
}

function matches(device: DeviceListItem, query: DeviceFilter): boolean {
  const { state: states = [], search = '' } = query
  const is = (name: keyof DeviceFilter, value: string | boolean) => (query[name] ?? value) === value
  const text = `${device.serialNo} ${device.make} ${device.model}`.toLowerCase()
  const words = search.toLowerCase().split(/\s+/)
  return (
    (states.length === 0 || states.includes(device.state)) &&
    is('deviceType', device.deviceType) &&
    is('level', device.level) &&
    is('modelId', device.modelId) &&
    // All devices of the mock came by its one applied import.
    is('importId', uuidOf('import')) &&
    is('groupId', device.group?.groupId ?? 'none') &&
    is('make', device.make) &&
    is('connected', device.connected) &&
    is('serviceVersion', device.presence?.serviceVersion ?? '') &&
    is('firmware', device.presence?.firmware ?? '') &&
    words.every((word) => text.includes(word))
  )
}

function ordered(rows: DeviceListItem[], sort: string | undefined): DeviceListItem[] {
  const order = ORDERS[sort?.replace(/^-/, '') ?? 'serialNo'] ?? ORDERS['serialNo']
  const sorted = rows.toSorted(order)
  return sort?.startsWith('-') === true ? sorted.toReversed() : sorted
}

export function countDevices(fleet: readonly DeviceListItem[]): DeviceCounts {
  const states = { approved: 0, registered: 0, suspended: 0, deregistered: 0, blocked: 0 }
  for (const { state } of fleet) states[state] += 1
  return { total: fleet.length, states, connected: fleet.filter((d) => d.connected).length }
}
