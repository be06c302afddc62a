import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, startTestDatabase } from '../../test/test-database.ts'
import { makeLogger } from './log.ts'
import { beOnlyServer } from './only-server.ts'

let db: TestDatabase
let folder: string
beforeAll(async () => {
  db = await startTestDatabase()
  folder = await mkdtemp(join(tmpdir(), 'sanad-only-'))
})
afterAll(async () => {
  await db[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const begin = (dataDirectory = folder) =>
  beOnlyServer({ pool: db.pool, dataDirectory, log: makeLogger('silent') })

describe('a server', () => {
  it('is refused over a data folder that another server uses, and is told which', async () => {
    const first = await begin()
    await expect(begin()).rejects.toMatchObject({
      code: 'server.already-running',
      message: expect.stringContaining(`process ${process.pid} on `) as string,
    })
    // Whatever path leads there.
    await expect(begin(join(folder, '..', folder.split('/').at(-1) ?? ''))).rejects.toMatchObject({
      code: 'server.already-running',
    })
    await first.release()
    await (await begin()).release()
  })

  it('runs beside one with a data folder of its own, on the same database', async () => {
    const other = await mkdtemp(join(tmpdir(), 'sanad-only-'))
    const first = await begin()
    const second = await begin(other)
    await second.release()
    await first.release()
    await rm(other, { recursive: true })
  })

  it('has its folder again after the database was away', async () => {
    const first = await begin()
    await db.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'sanad server, process%' and datname = current_database()",
    )
    await expect
      .poll(
        async () => {
          const outcome = await begin().then(
            (lock) => lock.release(),
            (error: unknown) => error,
          )
          return outcome
        },
        { timeout: 20_000 },
      )
      .toMatchObject({ code: 'server.already-running' })
    await first.release()
  })
})
