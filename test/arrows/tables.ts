import { type Ranks, rankOf } from './imports.ts'
import { type Source, sliceOf } from './sources.ts'

/** Tables that statements name, read off raw SQL and off the calls of the query builder. */

/** By table, the slice that owns it. */
export type Owners = ReadonlyMap<string, string>

const withoutComments = (text: string): string =>
  text
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/(^|\s)\/\/.*$/gm, '$1')
    .replaceAll(/^\s*--.*$/gm, '')

const WRITES =
  /\b(?:insertInto|updateTable|deleteFrom|mergeInto)\('([a-z_]+)|\b(?:insert into|delete from|merge into|truncate(?: table)?|copy)\s+([a-z_]+)|\bupdate\s+(?:only\s+)?([a-z_]+)(?:\s+(?:as\s+)?(?!set\b)[a-z_]+)?\s+set\b/gi

/** Names after which a statement names a table, and then a list of more of them. */
const NAMES =
  /\b(?:from|join|into|update|using|only|lock table|truncate|copy)\s+([a-z_]+(?:(?:\s+(?:as\s+)?[a-z_]+)?\s*,\s*[a-z_]+)*)|\b(?:selectFrom|[a-zA-Z]*[jJ]oin|insertInto|updateTable|deleteFrom|mergeInto|using|table)\(\[?'([a-z_]+)/gi

function* matchesOf(text: string, pattern: RegExp): Generator<string> {
  for (const [, ...groups] of withoutComments(text).matchAll(pattern))
    for (const group of groups) if (group !== undefined) yield group
}

/** Those of the database that the text writes. */
export function tablesWritten(text: string, tables: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...matchesOf(text, WRITES)].filter((name) => tables.has(name)))
}

/** Those of the database that the text names, to read or to write. */
export function tablesNamed(text: string, tables: ReadonlySet<string>): ReadonlySet<string> {
  const names = [...matchesOf(text, NAMES)].flatMap((list) =>
    list.split(',').flatMap((item) => item.trim().split(/\s+/)[0] ?? []),
  )
  return new Set(names.filter((name) => tables.has(name)))
}

/** By table, the slices that write it: in their source, or by a function of the database. */
export function findWriters(
  sources: readonly Source[],
  tables: ReadonlySet<string>,
  inDatabase: Readonly<Record<string, string>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const writers = new Map<string, Set<string>>()
  for (const [table, slice] of Object.entries(inDatabase)) writers.set(table, new Set([slice]))
  for (const { path, text } of sources) {
    const slice = sliceOf(path)
    if (slice === undefined) continue
    for (const table of tablesWritten(text, tables))
      writers.set(table, (writers.get(table) ?? new Set()).add(slice))
  }
  return writers
}

export interface ForeignTable {
  /** `slice → table`. */
  readonly arrow: string
  readonly path: string
}

/** Statements that name a table of a slice that is not below. */
export function findForeignTables(
  sources: readonly Source[],
  owners: Owners,
  ranks: Ranks,
): readonly ForeignTable[] {
  const tables = new Set(owners.keys())
  return sources.flatMap(({ path, text }) => {
    const slice = sliceOf(path)
    if (slice === undefined) return []
    return [...tablesNamed(text, tables)].flatMap((table) => {
      const owner = owners.get(table)
      if (owner === undefined || owner === slice) return []
      if (rankOf(ranks, slice) > rankOf(ranks, owner)) return []
      return [{ arrow: `${slice} → ${table}`, path }]
    })
  })
}
