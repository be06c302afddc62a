import { DEVICE_STATES } from '@sanad/protocol/device-lifecycle'
import { DEVICE_ORDERS, type DeviceQuery } from '@sanad/protocol/api/devices'
import { DEVICE_TYPES, LEVELS } from '@sanad/protocol/digital-id'
import {
  CURSOR_PARTS,
  oneOf,
  type SearchOf,
  severalOf,
  uuid,
  words,
} from '../frame/search-schema.ts'

export { DEVICE_TYPES as DEVICE_TYPE_CHOICES, LEVELS as LEVEL_CHOICES }

/** What the address of the device list says. Anything else in it is left out and named, never trusted. */
export const DEVICE_SEARCH = {
  ...CURSOR_PARTS,
  q: words(100),
  state: severalOf(DEVICE_STATES),
  type: oneOf(DEVICE_TYPES),
  level: oneOf(LEVELS),
  model: uuid,
  group: uuid,
  import: uuid,
  sort: oneOf(DEVICE_ORDERS),
} as const
export type DeviceSearch = SearchOf<typeof DEVICE_SEARCH>

export function isFiltered(search: DeviceSearch): boolean {
  const { q, state, type, level, model, group, import: importId } = search
  return [q, state, type, level, model, group, importId].some((filter) => filter !== undefined)
}

export const PAGE_SIZE = 50

export function toDeviceQuery(search: DeviceSearch): DeviceQuery {
  const { q, state, type, level, model, group, import: importId, sort, after } = search
  return {
    ...(q !== undefined && { search: q }),
    ...(state !== undefined && { state: [...state] }),
    ...(type !== undefined && { deviceType: type }),
    ...(level !== undefined && { level }),
    ...(model !== undefined && { modelId: model }),
    ...(group !== undefined && { groupId: group }),
    ...(importId !== undefined && { importId }),
    ...(sort !== undefined && { sort }),
    ...(after !== undefined && { after }),
    limit: PAGE_SIZE,
  }
}
