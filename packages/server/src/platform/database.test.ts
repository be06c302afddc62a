import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startTestDatabase } from '../../test/test-database.ts'
import type { ServerConfig } from './config.ts'
import { openDatabase, translateDatabaseError } from './database.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { hasKeeper } from './postgres/left-over.ts'
import { openServerDatabase } from './server-database.ts'

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

it('says that a race which no code expects is a conflict, and no fault of the server', async () => {
  await using one = await startTestDatabase()
  await one.pool.query('create table unique_number (id int primary key)')
  const insert = () => one.pool.query('insert into unique_number values (1)')
  const outcomes = await Promise.allSettled(
    Array.from({ length: 5 }, () =>
      insert().catch((error) => Promise.reject(translateDatabaseError(error))),
    ),
  )
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
  expect(refused).toHaveLength(4)
  for (const { reason } of refused) expect(reason).toMatchObject({ code: 'request.conflict' })
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

it('takes the place of a database that a killed server left behind, and stops it in the end', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sanad-pg-test-'))
  await chmod(directory, 0o711)
  const folder = join(directory, 'postgres')
  const program = `import { startEmbeddedPostgres } from ${JSON.stringify(join(import.meta.dirname, 'embedded-postgres.ts'))}
    await startEmbeddedPostgres({ directory: ${JSON.stringify(folder)} })
    process.stdout.write('ready')
    setInterval(() => {}, 1000)`
  const server = spawn(process.execPath, ['--input-type=module', '-e', program])
  await new Promise((resolve) => server.stdout.once('data', resolve))
  const readPid = async (): Promise<string | undefined> =>
    (await readFile(join(folder, 'cluster', 'postmaster.pid'), 'utf8')).split('\n')[0]
  const leftBehind = await readPid()
  expect(await hasKeeper(folder)).toBe(true)
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.kill('SIGKILL')
  await ended
  await expect.poll(() => hasKeeper(folder)).toBe(false)

  // Nothing but the data folder is read of it.
  const database = await openServerDatabase({ dataDirectory: directory } as ServerConfig)
  expect(await readPid()).not.toBe(leftBehind)
  expect(await hasKeeper(folder)).toBe(true)
  await database.close()
  await expect(readPid()).rejects.toThrow('ENOENT')
  await rm(directory, { recursive: true })
}, 60_000)

it('makes a data folder that the account of PostgreSQL can enter, and tells why the database ended', async () => {
  const above = await mkdtemp(join(tmpdir(), 'sanad-pg-test-'))
  await chmod(above, 0o711)
  const directory = join(above, 'new', 'data')
  const lines: string[] = []
  const postgres = await startEmbeddedPostgres({
    directory: join(directory, 'postgres'),
    onLine: (line) => lines.push(line),
  })
  const pidFile = join(directory, 'postgres', 'cluster', 'postmaster.pid')
  const [pid] = (await readFile(pidFile, 'utf8')).split('\n')
  process.kill(Number(pid), 'SIGKILL')
  await expect.poll(() => lines.join('\n')).toContain('ended (SIGKILL)')
  await expect
    .poll(async () => (await readFile(pidFile, 'utf8').catch(() => '')).split('\n')[0], {
      timeout: 30_000,
    })
    .not.toBe(pid)
  await postgres.stop()
  await rm(above, { recursive: true })
}, 60_000)

it('names the folder that the account of PostgreSQL cannot enter, and the remedy', async () => {
  // Only root's PostgreSQL is another account.
  if (process.getuid?.() !== 0) return
  const closed = await mkdtemp(join(tmpdir(), 'sanad-pg-test-'))
  await expect(
    startEmbeddedPostgres({ directory: join(closed, 'data', 'postgres') }),
  ).rejects.toThrow(`chmod o+x ${closed}`)
  await rm(closed, { recursive: true })
})
