import type { DeviceOrder } from '@sanad/protocol/operator-api/choices'
import { isUuid } from '@sanad/protocol/text/uuid'
import { SanadError } from '@sanad/protocol/text/problems'
import { type RawBuilder, sql } from 'kysely'
import { isDatabaseTime } from '../platform/cursor.ts'

/**
 * The orders of the device list, and the place in one of them after which the next page begins.
 *
 * The place is the last row's own value and id, not a number of rows: it costs the same on every page, and
 * devices that come or go meanwhile neither repeat nor hide others.
 */

export interface Order {
  /** The SQL value to sort by; `d` is the device, `p` its presence. */
  readonly value: RawBuilder<unknown>
  readonly type: RawBuilder<unknown>
  readonly isDescending: boolean
  readonly needsPresence: boolean
}

const serialNo = { value: sql`d.serial_no`, type: sql`text`, needsPresence: false }
const approvedAt = { value: sql`d.approved_at`, type: sql`timestamptz`, needsPresence: false }
// A device never heard of has been silent the longest.
const lastCheckInAt = {
  value: sql`coalesce(p.last_check_in_at, '-infinity')`,
  type: sql`timestamptz`,
  needsPresence: true,
}

export const ORDERS: Record<DeviceOrder, Order> = {
  serialNo: { ...serialNo, isDescending: false },
  '-serialNo': { ...serialNo, isDescending: true },
  approvedAt: { ...approvedAt, isDescending: false },
  '-approvedAt': { ...approvedAt, isDescending: true },
  lastCheckInAt: { ...lastCheckInAt, isDescending: false },
  '-lastCheckInAt': { ...lastCheckInAt, isDescending: true },
}

export interface Place {
  /** As PostgreSQL writes it: a JavaScript date would lose the microseconds. */
  readonly value: string
  readonly deviceId: string
}

export function encodeCursor({ value, deviceId }: Place): string {
  return Buffer.from(JSON.stringify([value, deviceId])).toString('base64url')
}

const isTimeText = (text: string): boolean => text === '-infinity' || isDatabaseTime(text)

/** @throws SanadError `request.malformed` */
export function decodeCursor(cursor: string, order: Order): Place {
  const pair = parsePair(cursor)
  const [value, deviceId] = pair
  const isTime = order.type !== serialNo.type
  if (!isUuid(deviceId) || value.includes('\0') || (isTime && !isTimeText(value))) {
    throw new SanadError('request.malformed', 'cursor')
  }
  return { value, deviceId }
}

function parsePair(cursor: string): readonly [string, string] {
  try {
    const pair = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown
    if (!Array.isArray(pair) || pair.length !== 2) throw new TypeError('not a pair')
    const [value, deviceId] = pair as readonly unknown[]
    if (typeof value !== 'string' || typeof deviceId !== 'string') throw new TypeError('not texts')
    return [value, deviceId]
  } catch (cause) {
    throw new SanadError('request.malformed', 'cursor', { cause })
  }
}
