import type { DeviceFilter } from '@sanad/protocol/api/devices'
import { DEVICE_STATES, type DeviceState } from '@sanad/protocol/device-lifecycle'
import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../platform/database.ts'
import './device-tables.ts'

/** A filter of the device list, with everything about models and groups already looked up: there are few of them. */
export interface ResolvedFilter {
  readonly states: readonly DeviceState[]
  /** Undefined: every model. */
  readonly modelIds: readonly string[] | undefined
  /** Undefined: every group, and devices without one. */
  readonly groupIds: readonly string[] | undefined
  /** Each must hold; undefined where nothing is searched for. */
  readonly words: readonly SearchWord[]
}

interface SearchWord {
  /** A LIKE pattern for the serial number. */
  readonly pattern: string
  /** Models whose make or model has the word. */
  readonly modelIds: readonly string[]
}

const MOST_WORDS = 5

export async function resolveFilter(
  database: Database,
  filter: DeviceFilter,
): Promise<ResolvedFilter> {
  return {
    states: filter.state ?? DEVICE_STATES,
    modelIds: await resolveModels(database, filter),
    groupIds: await resolveGroups(database, filter),
    words: await resolveWords(database, filter.search ?? ''),
  }
}

async function resolveModels(
  database: Database,
  { modelId, deviceType, level }: DeviceFilter,
): Promise<readonly string[] | undefined> {
  if (modelId === undefined && deviceType === undefined && level === undefined) return undefined
  let select = database.selectFrom('device_model').select('model_id')
  if (modelId !== undefined) select = select.where('model_id', '=', modelId)
  if (deviceType !== undefined) select = select.where('device_type', '=', deviceType)
  if (level !== undefined) select = select.where('level', '=', level)
  return (await select.execute()).map((row) => row.model_id)
}

async function resolveGroups(
  database: Database,
  { groupId, country }: DeviceFilter,
): Promise<readonly string[] | undefined> {
  if (groupId === undefined && country === undefined) return undefined
  let select = database.selectFrom('device_group').select('group_id')
  if (groupId !== undefined) select = select.where('group_id', '=', groupId)
  if (country !== undefined) select = select.where('country', '=', country)
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
  return { pattern, modelIds: rows.map((row) => row.model_id) }
}

/** The condition on `d`, a device. */
export function conditionOf({
  states,
  modelIds,
  groupIds,
  words,
}: ResolvedFilter): RawBuilder<boolean> {
  const conditions = [sql<boolean>`d.state = any(${states}::text[])`, conditionOfWords(words)]
  if (modelIds !== undefined) conditions.push(sql`d.model_id = any(${modelIds}::uuid[])`)
  if (groupIds !== undefined) conditions.push(sql`d.group_id = any(${groupIds}::uuid[])`)
  return sql.join(conditions, sql` and `)
}

export function conditionOfWords(words: readonly SearchWord[]): RawBuilder<boolean> {
  return sql.join([sql<boolean>`true`, ...words.map(conditionOfWord)], sql` and `)
}

function conditionOfWord({ pattern, modelIds }: SearchWord): RawBuilder<boolean> {
  if (modelIds.length === 0) return sql`d.serial_no ilike ${pattern}`
  return sql`(d.serial_no ilike ${pattern} or d.model_id = any(${modelIds}::uuid[]))`
}
