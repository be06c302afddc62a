import { createHash } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { openDatabase } from '../packages/server/src/platform/database.ts'
import { startEmbeddedPostgres } from '../packages/server/src/platform/embedded-postgres.ts'
import { migrateDatabase } from '../packages/server/src/platform/migrations.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: { host: string; user: string; template: string }
  }
}

/** One PostgreSQL a run, with a migrated template; each test file clones its own database from it. */
export default async function startPostgres(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'sanad-test-'))
  await chmod(directory, 0o711) // run as root, PostgreSQL is another account
  const postgres = await startEmbeddedPostgres({
    directory: join(directory, 'postgres'),
    settings: ['max_connections=200'],
  })
  const connection = { host: postgres.socketDirectory, user: postgres.user }
  const template = await makeTemplate(connection)
  project.provide('postgres', { ...connection, template })
  return async () => {
    await postgres.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

async function makeTemplate(connection: { host: string; user: string }): Promise<string> {
  const name = `template_${createHash('sha256')
    .update(await migrationsText())
    .digest('hex')
    .slice(0, 12)}`
  const maintenance = openDatabase({ connection: { ...connection, database: 'postgres' } })
  await maintenance.pool.query(`create database ${name}`)
  await maintenance.close()
  const { pool, close } = openDatabase({ connection: { ...connection, database: name } })
  await migrateDatabase(pool)
  await close()
  return name
}

async function migrationsText(): Promise<string> {
  const directory = join(import.meta.dirname, '..', 'packages', 'server', 'migrations')
  const files = (await readdir(directory)).toSorted()
  return (await Promise.all(files.map((file) => readFile(join(directory, file), 'utf8')))).join(
    '\n',
  )
}
