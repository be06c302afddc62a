import { DEVICE_STATES, type DeviceState } from '@sanad/protocol/device-lifecycle'
import type { DeviceOrder, DeviceQuery } from '@sanad/protocol/api/devices'
import type { DeviceType, Level } from '@sanad/protocol/digital-id'

/** What the address of the device list says. Anything else in it is ignored, never trusted. */
export interface DeviceSearch {
  readonly q?: string
  readonly state?: readonly DeviceState[]
  readonly type?: DeviceType
  readonly level?: Level
  readonly model?: string
  readonly group?: string
  readonly sort?: DeviceOrder
  readonly after?: string
  readonly page?: number
}

// Exhaustive, because each is a key of a total record.
const TYPES = Object.keys({ Finger: 0, Iris: 0, Face: 0 } satisfies Record<
  DeviceType,
  0
>) as DeviceType[]
const LEVELS = Object.keys({ L0: 0, L1: 0 } satisfies Record<Level, 0>) as Level[]
const ORDERS = Object.keys({
  serialNo: 0,
  '-serialNo': 0,
  approvedAt: 0,
  '-approvedAt': 0,
  lastCheckInAt: 0,
  '-lastCheckInAt': 0,
} satisfies Record<DeviceOrder, 0>) as DeviceOrder[]

export { TYPES as DEVICE_TYPE_CHOICES, LEVELS as LEVEL_CHOICES }

type Raw = Readonly<Record<string, unknown>>

export function readDeviceSearch(raw: Raw): DeviceSearch {
  const states = DEVICE_STATES.filter((state) => [raw['state']].flat().includes(state))
  const q = text(raw['q'], 100)
  const type = oneOf(TYPES, raw['type'])
  const level = oneOf(LEVELS, raw['level'])
  const model = text(raw['model'], 36)
  const group = text(raw['group'], 36)
  const sort = oneOf(ORDERS, raw['sort'])
  const after = text(raw['after'], 512)
  const page = Number(raw['page'])
  return {
    ...(q !== undefined && { q }),
    ...(states.length > 0 && { state: states }),
    ...(type !== undefined && { type }),
    ...(level !== undefined && { level }),
    ...(model !== undefined && { model }),
    ...(group !== undefined && { group }),
    ...(sort !== undefined && { sort }),
    ...(after !== undefined && { after }),
    ...(after !== undefined && Number.isInteger(page) && page > 1 && { page }),
  }
}

export function isFiltered(search: DeviceSearch): boolean {
  const { q, state, type, level, model, group } = search
  return [q, state, type, level, model, group].some((filter) => filter !== undefined)
}

export const PAGE_SIZE = 50

export function toDeviceQuery(search: DeviceSearch): DeviceQuery {
  const { q, state, type, level, model, group, sort, after } = search
  return {
    ...(q !== undefined && { search: q }),
    ...(state !== undefined && { state: [...state] }),
    ...(type !== undefined && { deviceType: type }),
    ...(level !== undefined && { level }),
    ...(model !== undefined && { modelId: model }),
    ...(group !== undefined && { groupId: group }),
    ...(sort !== undefined && { sort }),
    ...(after !== undefined && { after }),
    limit: PAGE_SIZE,
  }
}

function text(value: unknown, longest: number): string | undefined {
  // A router may have read `q=123` as a number.
  const words = typeof value === 'number' ? String(value) : value
  if (typeof words !== 'string' || words.trim() === '') return undefined
  return words.slice(0, longest)
}

function oneOf<T extends string>(choices: readonly T[], value: unknown): T | undefined {
  return choices.find((choice) => choice === value)
}
