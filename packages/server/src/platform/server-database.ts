import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerConfig } from './config.ts'
import { type DatabaseOptions, type OpenDatabase, openDatabase } from './database.ts'
import type { Logger } from './log.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { hasKeeper } from './postgres/left-over.ts'
import { migrateDatabase } from './migrations.ts'

/** The server’s database as the configuration says: embedded, or somebody else’s PostgreSQL. */

export type ServerDatabase = OpenDatabase

/** @param log hears what an embedded PostgreSQL says; commands that run beside a server need none */
export async function openServerDatabase(
  config: ServerConfig,
  log?: Logger,
): Promise<ServerDatabase> {
  const maxConnections = config.database?.maxConnections ?? 10
  const { connection, postgres } = await findConnection(config, log)
  const open = openDatabase({ connection, maxConnections })
  try {
    await migrateDatabase(open.pool)
  } catch (error) {
    await open.close()
    await postgres?.stop()
    throw error
  }
  return {
    ...open,
    async close() {
      await open.close()
      await postgres?.stop()
    },
  }
}

interface Found {
  readonly connection: DatabaseOptions['connection']
  /** Ours to stop. */
  readonly postgres?: EmbeddedPostgres
}

async function findConnection(
  { database, dataDirectory }: ServerConfig,
  log: Logger | undefined,
): Promise<Found> {
  // The URL holds a password, so it comes from a file: not from the configuration, argv or environment.
  if (database !== undefined)
    return { connection: (await readFile(database.urlFile, 'utf8')).trim() }
  const directory = join(dataDirectory, 'postgres')
  const running = { host: join(directory, 'run'), user: 'sanad', database: 'postgres' }
  // A command beside a running server uses the server's database, and leaves it running. One that a killed
  // server left behind is nobody's: it is ended, and ours takes its place.
  if ((await hasKeeper(directory)) && (await answers(running))) return { connection: running }
  const postgres = await startEmbeddedPostgres({
    directory,
    onLine: (line) => log?.warn({ database: line }, 'PostgreSQL says'),
  })
  return { connection: { ...running, host: postgres.socketDirectory }, postgres }
}

async function answers(connection: DatabaseOptions['connection']): Promise<boolean> {
  const { pool, close } = openDatabase({ connection, maxConnections: 1 })
  const isThere = await pool.query('select 1').then(
    () => true,
    () => false,
  )
  await close()
  return isThere
}
