import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../../packages/server/src/platform/database.ts'
import { startEmbeddedPostgres } from '../../packages/server/src/platform/embedded-postgres.ts'
import { migrateDatabase } from '../../packages/server/src/platform/migrations.ts'
import type { Connection } from './site.ts'

/** A real PostgreSQL for a campaign outside the tests; gone afterwards. */
export async function startOwnPostgres(): Promise<AsyncDisposable & { connection: Connection }> {
  const directory = await mkdtemp(join(tmpdir(), 'sanad-cuts-'))
  await chmod(directory, 0o711)
  const postgres = await startEmbeddedPostgres({ directory: join(directory, 'postgres') })
  const connection = { host: postgres.socketDirectory, user: postgres.user, database: 'postgres' }
  const { pool, close } = openDatabase({ connection })
  await migrateDatabase(pool)
  await close()
  return {
    connection,
    async [Symbol.asyncDispose]() {
      await postgres.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
