import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { type LeakKind, takeOutBiometrics } from '@sanad/protocol/domain/leak-tripwire'
import type { Client } from 'pg'
import { isKnownPlace } from './known-places.ts'

/**
 * Looks for what looks like biometric data wherever something of ours may have been written. It tells places and
 * kinds, never what it saw.
 */

export interface Leak {
  /** `table.column`, or a file and the member in it. */
  readonly place: string
  readonly kind: LeakKind
}

export interface Scanned {
  readonly leaks: readonly Leak[]
  /** Values and lines looked at. */
  readonly looked: number
}

/** What our own tripwire and redaction leave behind. */
const MARKS = /\[(?:removed: [a-z-]+|redacted)\]/g

/** Kinds by place; JSON is looked at member by member, for a name tells as much as a value. */
export function findLeaks(text: string, place: string): Leak[] {
  const parsed = parseJson(text)
  return parsed === undefined ? inspect(text, place) : [...walk(parsed, place)]
}

function* walk(value: unknown, place: string): Generator<Leak> {
  if (typeof value === 'string') yield* inspect(value, place)
  else if (Array.isArray(value)) for (const member of value) yield* walk(member, `${place}[]`)
  else if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value)) {
      const own = `${place}.${name}`
      if (typeof member === 'string') yield* inspect(member, own, name)
      else yield* walk(member, own)
    }
}

function inspect(text: string, place: string, name?: string): Leak[] {
  const bare = text.replaceAll(MARKS, '')
  if (bare === '') return []
  const { leaks } = takeOutBiometrics(name === undefined ? bare : `${name}: ${bare}`)
  // Object.keys widens; the tripwire names kinds only.
  return (Object.keys(leaks) as LeakKind[])
    .filter((kind) => !isKnownPlace(place, kind))
    .map((kind) => ({ place, kind }))
}

function parseJson(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

// ── Files ──────────────────────────────────────────────────────────────────────────────────────────

/** Every file below a folder, line by line; folders that are another’s are left out by name. */
export async function scanFolder(
  folder: string,
  leftOut: ReadonlySet<string> = new Set(),
): Promise<Scanned> {
  const leaks: Leak[] = []
  let looked = 0
  for await (const path of listFiles(folder, leftOut)) {
    const lines = createInterface({ input: createReadStream(path, 'latin1') })
    for await (const line of lines) {
      looked++
      leaks.push(...findLeaks(line, relative(folder, path)))
    }
  }
  return { leaks: distinct(leaks), looked }
}

async function* listFiles(folder: string, leftOut: ReadonlySet<string>): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (leftOut.has(path)) continue
    if (entry.isDirectory()) yield* listFiles(path, leftOut)
    // Not sockets and pipes: what runs may wait behind them.
    else if (entry.isFile()) yield path
  }
}

// ── The database ───────────────────────────────────────────────────────────────────────────────────

const ROWS_AT_ONCE = 500

/** Every column of every table that can hold text or bytes. */
const COLUMNS = `
  select c.table_schema as schema, c.table_name as table, array_agg(c.column_name::text) as columns
  from information_schema.columns c
  join information_schema.tables t using (table_schema, table_name)
  where t.table_type = 'BASE TABLE'
    and c.table_schema not in ('pg_catalog', 'information_schema')
    and (c.data_type in ('text', 'character varying', 'character', 'json', 'jsonb', 'bytea', 'xml')
      or c.data_type = 'ARRAY' and c.udt_name in ('_text', '_varchar', '_bytea', '_json', '_jsonb'))
  group by c.table_schema, c.table_name
  order by 1, 2`

interface TableColumns {
  readonly schema: string
  readonly table: string
  readonly columns: readonly string[]
}

/** Row by row through a cursor: memory does not grow with the tables. */
export async function scanDatabase(client: Client): Promise<Scanned> {
  const leaks: Leak[] = []
  let looked = 0
  await client.query('begin transaction isolation level repeatable read read only')
  try {
    const { rows: tables } = await client.query<TableColumns>(COLUMNS)
    for (const table of tables)
      for await (const row of readRows(client, table))
        for (const [column, value] of Object.entries(row)) {
          looked++
          leaks.push(...findInValue(value, `${table.table}.${column}`))
        }
  } finally {
    await client.query('rollback')
  }
  return { leaks: distinct(leaks), looked }
}

async function* readRows(
  client: Client,
  { schema, table, columns }: TableColumns,
): AsyncGenerator<Record<string, unknown>> {
  const list = columns.map((column) => client.escapeIdentifier(column)).join(', ')
  const from = `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(table)}`
  await client.query(`declare leak_scan no scroll cursor for select ${list} from ${from}`)
  for (;;) {
    const { rows } = await client.query<Record<string, unknown>>(
      `fetch ${ROWS_AT_ONCE} from leak_scan`,
    )
    yield* rows
    if (rows.length < ROWS_AT_ONCE) break
  }
  await client.query('close leak_scan')
}

function findInValue(value: unknown, place: string): Leak[] {
  if (typeof value === 'string') return findLeaks(value, place)
  if (value instanceof Uint8Array) return findInBytes(Buffer.from(value), place)
  if (Array.isArray(value)) return value.flatMap((member) => findInValue(member, `${place}[]`))
  return typeof value === 'object' && value !== null ? [...walk(value, place)] : []
}

/**
 * As text where they are text, for canonical JSON is kept as bytes; and as base64, for the first bytes of a
 * record or an image. Keys and signatures are noise, in which any few letters occur.
 */
function findInBytes(bytes: Buffer, place: string): Leak[] {
  return [
    ...(isUtf8(bytes) ? findLeaks(bytes.toString('utf8'), place) : []),
    ...findRecordStart(bytes, place),
    ...(bytes[0] === OPENING_BRACE ? [] : findLeaks(bytes.toString('base64'), place)),
  ]
}

/** Raw bytes of a record that is kept as it is: it begins with its letters. */
const findRecordStart = (bytes: Buffer, place: string): Leak[] =>
  findLeaks(bytes.subarray(0, 8).toString('latin1'), place)

const OPENING_BRACE = 0x7b

function distinct(leaks: readonly Leak[]): Leak[] {
  return [...new Map(leaks.map((leak) => [`${leak.place} ${leak.kind}`, leak])).values()]
}
