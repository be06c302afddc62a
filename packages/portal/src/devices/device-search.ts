import { DEVICE_STATES } from '@sanad/protocol/domain/device-lifecycle'
import type { DeviceFilter, DeviceQuery } from '@sanad/protocol/operator-api/devices'
import { DEVICE_ORDERS } from '@sanad/protocol/operator-api/choices'
import { DEVICE_TYPES, LEVELS } from '@sanad/protocol/domain/device-kinds'
import {
  CURSOR_PARTS,
  type ReadPart,
  oneOf,
  type SearchOf,
  severalOf,
  uuid,
  words,
} from '../pages/search-schema.ts'

export { DEVICE_TYPES as DEVICE_TYPE_CHOICES, LEVELS as LEVEL_CHOICES }

const NO_GROUP = 'none'
const group: ReadPart<string> = (raw) => (raw === NO_GROUP ? raw : uuid(raw))

/** A whole number from 1 on, as the address writes it. */
const upTo =
  (most: number): ReadPart<string> =>
  (raw) =>
    typeof raw === 'string' && /^[1-9]\d*$/.test(raw) && Number(raw) <= most ? raw : undefined

const country: ReadPart<string> = (raw) =>
  typeof raw === 'string' && /^[A-Z]{2}$/.test(raw) ? raw : undefined

/** What the address of the device list says. Anything else in it is left out and named, never trusted. */
export const DEVICE_SEARCH = {
  ...CURSOR_PARTS,
  q: words(100),
  state: severalOf(DEVICE_STATES),
  type: oneOf(DEVICE_TYPES),
  level: oneOf(LEVELS),
  model: uuid,
  group,
  import: uuid,
  make: words(36),
  country,
  connected: oneOf(['yes', 'no']),
  /** Days. */
  expires: upTo(3_650),
  /** Hours. */
  silent: upTo(87_600),
  sbi: words(64),
  firmware: words(64),
  client: words(64),
  sort: oneOf(DEVICE_ORDERS),
} as const
export type DeviceSearch = SearchOf<typeof DEVICE_SEARCH>

export function isFiltered(search: DeviceSearch): boolean {
  return Object.keys(toDeviceFilter(search)).length > 0
}

const PAGE_SIZE = 50

/** What the list, the export and an act on all that match have in common. */
export function toDeviceFilter(search: DeviceSearch): DeviceFilter {
  const { q, state, type, level, model, group: groupId, make, country: market } = search
  const { import: importId, connected, expires, silent, sbi, firmware, client } = search
  return {
    ...(q !== undefined && { search: q }),
    ...(state !== undefined && { state: [...state] }),
    ...(type !== undefined && { deviceType: type }),
    ...(level !== undefined && { level }),
    ...(model !== undefined && { modelId: model }),
    ...(groupId !== undefined && { groupId }),
    ...(importId !== undefined && { importId }),
    ...(make !== undefined && { make }),
    ...(market !== undefined && { country: market }),
    ...(connected !== undefined && { connected: connected === 'yes' }),
    ...(expires !== undefined && { expiresWithinDays: Number(expires) }),
    ...(silent !== undefined && { silentForHours: Number(silent) }),
    ...(sbi !== undefined && { serviceVersion: sbi }),
    ...(firmware !== undefined && { firmware }),
    ...(client !== undefined && { clientVersion: client }),
  }
}

export function toDeviceQuery(search: DeviceSearch): DeviceQuery {
  const { sort, after } = search
  return {
    ...toDeviceFilter(search),
    ...(sort !== undefined && { sort }),
    ...(after !== undefined && { after }),
    limit: PAGE_SIZE,
  }
}
