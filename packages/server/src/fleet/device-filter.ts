import type { DeviceFilter } from '@sanad/protocol/operator-api/devices'
import { DEVICE_STATES, type DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import { parseTimestamp } from '@sanad/protocol/text/timestamps'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { type RawBuilder, sql } from 'kysely'
import { readSupportCode } from '../messages/support-code.ts'
import type { Database } from '../platform/database.ts'
import '../devices/device-tables.ts'

/** A filter of the device list, with everything about models and groups already looked up: there are few of them. */
export interface ResolvedFilter {
  readonly states: readonly DeviceState[]
  /** Undefined: every model. */
  readonly modelIds: readonly string[] | undefined
  /** Undefined: every group, and devices without one. */
  readonly groupIds: readonly string[] | undefined
  /** Each must hold; undefined where nothing is searched for. */
  readonly words: readonly SearchWord[]
  /** Each must hold; what no index of the list answers. */
  readonly others: readonly RawBuilder<boolean>[]
}

interface SearchWord {
  /** A LIKE pattern for the serial number. */
  readonly pattern: string
  /** Models whose make or model has the word. */
  readonly modelIds: readonly string[]
  /** Devices whose support code it is, of now or of a claim that was refused. */
  readonly deviceIds: readonly string[]
}

const MOST_WORDS = 5

/**
 * @param now milliseconds since the epoch: what days and hours of the filter count from
 * @throws SanadError `request.malformed` for a date that does not exist
 */
export async function resolveFilter(
  database: Database,
  filter: DeviceFilter,
  now: number,
): Promise<ResolvedFilter> {
  return {
    states: filter.state ?? DEVICE_STATES,
    modelIds: await resolveModels(database, filter),
    groupIds: await resolveGroups(database, filter),
    words: await resolveWords(database, filter.search ?? ''),
    others: otherConditions(filter, now),
  }
}

async function resolveModels(
  database: Database,
  { make, modelId, deviceType, level }: DeviceFilter,
): Promise<readonly string[] | undefined> {
  const asked = [make, modelId, deviceType, level]
  if (asked.every((each) => each === undefined)) return undefined
  let select = database.selectFrom('device_model').select('model_id')
  if (make !== undefined) select = select.where('make', '=', make.normalize('NFC'))
  if (modelId !== undefined) select = select.where('model_id', '=', modelId)
  if (deviceType !== undefined) select = select.where('device_type', '=', deviceType)
  if (level !== undefined) select = select.where('level', '=', level)
  return (await select.execute()).map((row) => row.model_id)
}

const NO_GROUP = 'none'

async function resolveGroups(
  database: Database,
  { groupId, country, environment }: DeviceFilter,
): Promise<readonly string[] | undefined> {
  const isOfMarket = country !== undefined || environment !== undefined
  // A device without a group has no market.
  if (groupId === NO_GROUP) return isOfMarket ? [] : undefined
  if (groupId === undefined && !isOfMarket) return undefined
  let select = database.selectFrom('device_group').select('group_id')
  if (groupId !== undefined) select = select.where('group_id', '=', groupId)
  if (country !== undefined) select = select.where('country', '=', country)
  if (environment !== undefined) select = select.where('environment', '=', environment)
  return (await select.execute()).map((row) => row.group_id)
}

async function resolveWords(database: Database, search: string): Promise<SearchWord[]> {
  const words = search.normalize('NFC').split(/\s+/).filter(Boolean).slice(0, MOST_WORDS)
  return Promise.all(words.map((word) => resolveWord(database, word)))
}

async function resolveWord(database: Database, word: string): Promise<SearchWord> {
  const pattern = `%${word.replaceAll(/[\\%_]/g, '\\$&')}%`
  const rows = await database
    .selectFrom('device_model')
    .select('model_id')
    .where((eb) => eb.or([eb('make', 'ilike', pattern), eb('model', 'ilike', pattern)]))
    .execute()
  return {
    pattern,
    modelIds: rows.map((row) => row.model_id),
    deviceIds: await findBySupportCode(database, word),
  }
}

async function findBySupportCode(database: Database, word: string): Promise<readonly string[]> {
  const read = readSupportCode(word)
  if (read === undefined) return []
  const { rows } = await sql<{ deviceId: string }>`
    select device_id as "deviceId" from device where device_support_number(device_id) = ${read.number}::bigint
    union
    select device_id from registration_claim where support_code = ${read.code} and device_id is not null`.execute(
    database,
  )
  return rows.map(({ deviceId }) => deviceId)
}

function otherConditions(filter: DeviceFilter, now: number): RawBuilder<boolean>[] {
  const { serialNo, groupId, importId, connected, silentForHours } = filter
  const end = endOf(filter, now)
  return [
    ...(serialNo === undefined ? [] : [sql<boolean>`d.serial_no = ${serialNo.normalize('NFC')}`]),
    ...(groupId === NO_GROUP ? [sql<boolean>`d.group_id is null`] : []),
    ...(importId === undefined ? [] : [sql<boolean>`d.import_id = ${importId}::uuid`]),
    ...versionConditions(filter),
    ...(connected === undefined ? [] : [isConnected(connected)]),
    ...(end === undefined ? [] : [endsBefore(end)]),
    ...(silentForHours === undefined ? [] : [isSilentSince(now - silentForHours * HOUR_MS)]),
  ]
}

function versionConditions(filter: DeviceFilter): RawBuilder<boolean>[] {
  const { serviceVersion, firmware, clientVersion } = filter
  return [
    ...(serviceVersion === undefined ? [] : [hasReported(sql`p.service_version`, serviceVersion)]),
    ...(firmware === undefined ? [] : [hasReported(sql`p.firmware`, firmware)]),
    ...(clientVersion === undefined ? [] : [runsClient(clientVersion)]),
  ]
}

const hasReported = (column: RawBuilder<unknown>, version: string) => sql<boolean>`exists (
  select from device_presence p where p.device_id = d.device_id and ${column} = ${version})`

const runsClient = (version: string) => sql<boolean>`exists (
  select from device_facts f where f.device_id = d.device_id and f.facts ->> 'clientVersion' = ${version})`

const isConnected = (connected: boolean) =>
  connected
    ? sql<boolean>`exists (select from channel_device k where k.device_id = d.device_id)`
    : sql<boolean>`not exists (select from channel_device k where k.device_id = d.device_id)`

/** The earlier of both, where both are given. */
function endOf(
  { expiresBefore, expiresWithinDays }: DeviceFilter,
  now: number,
): number | undefined {
  const ends = [
    ...(expiresBefore === undefined ? [] : [parseTimestamp(expiresBefore)]),
    ...(expiresWithinDays === undefined ? [] : [now + expiresWithinDays * DAY_MS]),
  ]
  return ends.length === 0 ? undefined : Math.min(...ends)
}

const endsBefore = (at: number) => sql<boolean>`exists (
  select from device_certificate c where c.device_id = d.device_id and c.status = 'active'
    and c.not_after < ${new Date(at)}::timestamptz)`

// A device that is not registered is not expected to say anything.
const isSilentSince = (at: number) => sql<boolean>`(
  d.state in ('registered', 'suspended') and coalesce(
    (select p.last_check_in_at from device_presence p where p.device_id = d.device_id), d.registered_at
  ) <= ${new Date(at)}::timestamptz)`

/** The condition on `d`, a device. */
export function conditionOf(filter: ResolvedFilter): RawBuilder<boolean> {
  const { states, modelIds, groupIds } = filter
  const conditions = [sql<boolean>`d.state = any(${states}::text[])`, conditionBeyondIndex(filter)]
  if (modelIds !== undefined) conditions.push(sql`d.model_id = any(${modelIds}::uuid[])`)
  if (groupIds !== undefined) conditions.push(sql`d.group_id = any(${groupIds}::uuid[])`)
  return sql.join(conditions, sql` and `)
}

/** What is not asked of state, model and group. */
export function conditionBeyondIndex({
  words,
  others,
}: Pick<ResolvedFilter, 'words' | 'others'>): RawBuilder<boolean> {
  return sql.join([sql<boolean>`true`, ...words.map(conditionOfWord), ...others], sql` and `)
}

/** Whether every row of an index that keeps states, models and groups fits. */
export const isAnsweredByIndex = ({ words, others }: ResolvedFilter): boolean =>
  words.length === 0 && others.length === 0

function conditionOfWord({ pattern, modelIds, deviceIds }: SearchWord): RawBuilder<boolean> {
  const conditions = [sql<boolean>`d.serial_no ilike ${pattern}`]
  if (modelIds.length > 0) conditions.push(sql`d.model_id = any(${modelIds}::uuid[])`)
  if (deviceIds.length > 0) conditions.push(sql`d.device_id = any(${deviceIds}::uuid[])`)
  return sql`(${sql.join(conditions, sql` or `)})`
}
