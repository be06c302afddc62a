import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { SanadError } from '@sanad/protocol/text/problems'

/**
 * Numbered SQL files, applied once each and in order, in one transaction under a lock.
 *
 * A file that was applied and then changed stops the start: a schema that nobody can rebuild from its
 * files is a schema nobody can trust.
 */

const DIRECTORY = join(import.meta.dirname, '..', '..', 'migrations')
const LOCK = 7_340_021

export async function migrateDatabase(pool: pg.Pool): Promise<readonly string[]> {
  const files = (await readdir(DIRECTORY)).filter((name) => /^\d{4}-.*\.sql$/.test(name)).toSorted()
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock($1)', [LOCK])
    await client.query(
      'create table if not exists schema_migration (name text primary key, sha256 text not null, applied_at timestamptz not null default now())',
    )
    await requireKnown(client, files)
    const applied: string[] = []
    for (const name of files) if (await applyMigration(client, name)) applied.push(name)
    await client.query('commit')
    return applied
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

/** An older server on a newer database would write what the newer one no longer understands. */
async function requireKnown(client: pg.PoolClient, files: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    'select name from schema_migration where name <> all($1) order by name',
    [files],
  )
  const [first] = rows
  if (first === undefined) return
  throw new SanadError(
    'database.newer',
    `it has ${rows.length === 1 ? 'a migration' : `${rows.length} migrations`} that this version does not know, ` +
      `the first is ${first.name}; start the newer version, or restore a backup from before`,
  )
}

async function applyMigration(client: pg.PoolClient, name: string): Promise<boolean> {
  const sql = await readFile(join(DIRECTORY, name), 'utf8')
  const sha256 = createHash('sha256').update(sql).digest('hex')
  const known = await client.query<{ sha256: string }>(
    'select sha256 from schema_migration where name = $1',
    [name],
  )
  const [row] = known.rows
  if (row !== undefined) {
    if (row.sha256 !== sha256)
      throw new SanadError('server.configuration-invalid', `${name} changed after it was applied`)
    return false
  }
  await client.query(sql)
  await client.query('insert into schema_migration (name, sha256) values ($1, $2)', [name, sha256])
  return true
}
