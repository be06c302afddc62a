import { execFile } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'

/** Compares the source's types of tables with those of a database, by having the compiler judge each column. */

const ROOT = join(import.meta.dirname, '..', '..', '..')
const SERVER = join(ROOT, 'packages', 'server')

interface Column {
  readonly table: string
  readonly column: string
  readonly type: string
  readonly isNullable: boolean
  readonly mayBeLeftOut: boolean
}

/** What `pg` makes of PostgreSQL's types, with the parsers of `platform/database.ts`. */
const VALUES: Readonly<Record<string, string>> = {
  bool: 'boolean',
  bytea: 'Uint8Array',
  float8: 'number',
  inet: 'string',
  int2: 'number',
  int4: 'number',
  int8: 'number',
  json: 'object | string | number | boolean',
  jsonb: 'object | string | number | boolean',
  numeric: 'string',
  text: 'string',
  timestamptz: 'Date',
  uuid: 'string',
  varchar: 'string',
}

function valueOf(type: string): string {
  const value = VALUES[type.replace(/^_/, '')]
  if (value === undefined) throw new Error(`what pg makes of a column of type ${type} is not known`)
  return type.startsWith('_') ? `readonly (${value})[]` : value
}

async function readColumns(pool: pg.Pool): Promise<readonly Column[]> {
  const { rows } = await pool.query<Column>(`
    select c.relname as "table", a.attname as "column", t.typname as type,
      not a.attnotnull as "isNullable",
      not a.attnotnull or a.atthasdef or a.attidentity <> '' as "mayBeLeftOut"
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    order by c.relname, a.attnum`)
  return rows
}

/** One line a column: the compiler's complaint about a line is the verdict on its column. */
function writeCheck(columns: readonly Column[], sources: readonly string[]): string {
  const byTable = Map.groupBy(columns, ({ table }) => table)
  const names = (all: Iterable<string>): string => [...all].map((name) => `'${name}'`).join(' | ')
  const lines = [...byTable].flatMap(([table, its]) => [
    ...its.map(
      ({ column, type, isNullable, mayBeLeftOut }) =>
        `'agrees' satisfies ColumnVerdict<'${table}', '${column}', ${valueOf(type)}, ${isNullable}, ${mayBeLeftOut}> // ${table}.${column}`,
    ),
    `null as unknown as OnlyInSource<'${table}', ${names(its.map(({ column }) => column))}> satisfies never // ${table}`,
  ])
  return [
    `import type { ColumnVerdict, OnlyInSource, TablesOnlyInSource } from '${join(SERVER, 'test', 'column-verdict.ts')}'`,
    ...sources.map((source) => `import type {} from '${source}'`),
    `null as unknown as TablesOnlyInSource<${names(byTable.keys())}> satisfies never // the database`,
    ...lines,
  ].join('\n')
}

const writeProject = (folder: string): string =>
  JSON.stringify({
    extends: join(ROOT, 'tsconfig.base.json'),
    compilerOptions: { typeRoots: [join(ROOT, 'node_modules', '@types')] },
    files: [join(folder, 'check.ts')],
  })

function compile(folder: string): Promise<string> {
  const compiler = join(ROOT, 'node_modules', '.bin', 'tsc')
  return new Promise((resolve) => {
    execFile(compiler, ['-p', folder, '--pretty', 'false'], (_, output) => resolve(output))
  })
}

/** @returns one sentence for each difference: `device.serial_no has another type in the source` */
export async function compareTables(pool: pg.Pool): Promise<readonly string[]> {
  const sources = globSync(join(SERVER, 'src', '**', '*.ts')).filter((path) =>
    readFileSync(path, 'utf8').includes('interface Tables {'),
  )
  const check = writeCheck(await readColumns(pool), sources)
  const folder = mkdtempSync(join(tmpdir(), 'sanad-tables-'))
  try {
    writeFileSync(join(folder, 'check.ts'), check)
    writeFileSync(join(folder, 'tsconfig.json'), writeProject(folder))
    return readComplaints(await compile(folder), check.split('\n'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function readComplaints(output: string, lines: readonly string[]): string[] {
  return output
    .split('\n')
    .filter((line) => line.includes('error TS'))
    .map((line) => {
      const [, number, said = ''] = /check\.ts\((\d+),\d+\): error TS\d+: (.*)/.exec(line) ?? []
      const about = lines[Number(number) - 1]?.split(' // ')[1]
      const verdict = /expected type '"(.*)"'/.exec(said)?.[1]
      const extra = /^Type '(.*)' does not satisfy the expected type 'never'/.exec(said)?.[1]
      return about === undefined ? line : `${about} ${verdict ?? `has no ${extra ?? said}`}`
    })
}
