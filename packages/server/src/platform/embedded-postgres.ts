import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SanadError } from '@sanad/protocol/text/problems'
import { findAccount } from './postgres/account.ts'
import { SUPERUSER, initialiseCluster, startServer } from './postgres/cluster.ts'
import {
  findClosedFolder,
  makeDataDirectory,
  makeDirectory,
  makeSocketDirectory,
} from './postgres/folders.ts'
import { KeptRunning } from './postgres/keep-running.ts'
import { endLeftOver } from './postgres/left-over.ts'
import { findPrograms } from './postgres/programs.ts'

/**
 * A real PostgreSQL of our own, on a Unix socket in the data folder: no port, no password, no set-up.
 *
 * Only the one TLS port is exposed (docs/architecture.md), so the database does not listen on TCP at all.
 */

export interface EmbeddedPostgres {
  /** Folder of the Unix socket: `host` for a client. */
  readonly socketDirectory: string
  readonly user: string
  stop(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  readonly directory: string
  /** Extra `name=value` settings. */
  readonly settings?: readonly string[]
  /** Told what PostgreSQL says once it is ready: why it ends, why it cannot start again, that its disk is full. */
  readonly onLine?: (line: string) => void
}

export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const account = findAccount()
  const programs = await findPrograms(account)
  const cluster = join(options.directory, 'cluster')
  await makeDataDirectory(dirname(options.directory), account)
  await makeDirectory(options.directory, account)
  const closed = account && findClosedFolder(dirname(options.directory))
  if (closed !== undefined)
    throw new SanadError(
      'server.configuration-invalid',
      `as root, PostgreSQL runs as another account, which cannot enter ${closed}; let it: chmod o+x ${closed}`,
    )
  if (!existsSync(join(cluster, 'PG_VERSION'))) await initialiseCluster(programs, cluster, account)
  const socketDirectory = await makeSocketDirectory(options.directory, account)
  const onLine = options.onLine ?? (() => {})
  const database = new KeptRunning(async () => {
    await endLeftOver(cluster)
    const { settings = [] } = options
    return startServer({ programs, cluster, socketDirectory, settings, account, onLine })
  }, onLine)
  await database.start()
  return { socketDirectory, user: SUPERUSER, stop: () => database.stop() }
}
