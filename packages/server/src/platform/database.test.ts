import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startTestDatabase } from '../../test/test-database.ts'
import { openDatabase, translateDatabaseError } from './database.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'

it('gives each test file a migrated database of its own', async () => {
  await using one = await startTestDatabase()
  await using two = await startTestDatabase()
  await one.pool.query('create table only_here (id int)')
  await expect(two.pool.query('select * from only_here')).rejects.toMatchObject({ code: '42P01' })
  const migrations = await one.pool.query('select count(*) from schema_migration')
  expect(migrations.rows[0]).toBeDefined()
})

it('says that the database is away when nobody answers', async () => {
  const { pool, close } = openDatabase({
    connection: { host: '/nowhere', user: 'sanad', database: 'x' },
  })
  const error = await pool.query('select 1').catch(translateDatabaseError)
  expect(error).toMatchObject({ code: 'database.unavailable', retryable: true })
  await close()
})

it('starts its own PostgreSQL again when somebody kills it, on the same socket and with all data', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sanad-pg-test-'))
  await chmod(directory, 0o711)
  const postgres = await startEmbeddedPostgres({ directory: join(directory, 'postgres') })
  const open = openDatabase({
    connection: { host: postgres.socketDirectory, user: postgres.user, database: 'postgres' },
  })
  await open.pool.query('create table kept (id int)')
  const pid = Number(
    (await readFile(join(directory, 'postgres', 'cluster', 'postmaster.pid'), 'utf8')).split(
      '\n',
    )[0],
  )
  process.kill(pid, 'SIGKILL')
  await expect
    .poll(
      () =>
        open.pool.query('select * from kept').then(
          () => 'there',
          () => 'away',
        ),
      { timeout: 20_000, interval: 100 },
    )
    .toBe('there')
  await open.close()
  await postgres.stop()
  await rm(directory, { recursive: true })
})
