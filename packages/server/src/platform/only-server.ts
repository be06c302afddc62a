import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Logger } from './log.ts'

/**
 * One server works over one data folder: a second one would use the first one's database and die with it, and both
 * would renew the TLS key in one file.
 *
 * The lock is a session's advisory lock in the database, named after the folder. The database frees it when the
 * process ends, however it ends, and it holds across containers and namespaces that share the folder.
 */

export interface OnlyServerOptions {
  /** Tells where the database is. */
  readonly pool: pg.Pool
  readonly dataDirectory: string
  readonly log: Logger
}

/** Apart from the other advisory locks of this server. */
const LOCK_CLASS = 7_340_022
const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 10_000

/** @throws SanadError `server.already-running` naming the process that has the folder */
export async function beOnlyServer(options: OnlyServerOptions): Promise<FolderLock> {
  const lock = new FolderLock(options, await readFolderNumber(options.dataDirectory))
  await lock.take()
  return lock
}

export class FolderLock {
  readonly #options: OnlyServerOptions
  readonly #folder: number
  #client: pg.Client | undefined
  #isReleased = false

  constructor(options: OnlyServerOptions, folder: number) {
    this.#options = options
    this.#folder = folder
  }

  async take(): Promise<void> {
    const name = `sanad server, process ${process.pid} on ${hostname()}`
    const client = new pg.Client({ ...this.#options.pool.options, application_name: name })
    // One broken connection may say so more than once.
    client.on('error', () => {
      if (this.#client !== client) return
      this.#client = undefined
      void this.#takeAgain()
    })
    try {
      await client.connect()
      await this.#lock(client)
    } catch (error) {
      await client.end().catch(() => {})
      throw error
    }
    this.#client = client
  }

  async #lock(client: pg.Client): Promise<void> {
    const { rows } = await client.query<{ taken: boolean }>(
      'select pg_try_advisory_lock($1, $2) as taken',
      [LOCK_CLASS, this.#folder],
    )
    if (rows[0]?.taken === true) return
    throw new SanadError('server.already-running', await this.#describeHolder(client))
  }

  async #describeHolder(client: pg.Client): Promise<string> {
    const { rows } = await client.query<{ holder: string; since: Date }>(
      `select a.application_name as holder, a.backend_start as since
       from pg_locks l join pg_stat_activity a using (pid)
       where l.locktype = 'advisory' and l.classid = $1 and l.objid = $2 and l.granted`,
      [LOCK_CLASS, this.#folder],
    )
    const [row] = rows
    const { dataDirectory } = this.#options
    return row === undefined
      ? dataDirectory
      : `${dataDirectory}: ${row.holder}, since ${row.since.toISOString()}`
  }

  /** The database was away, and the lock went with the session. */
  async #takeAgain(): Promise<void> {
    const { log } = this.#options
    for (let pause = FIRST_RETRY_MS; !this.#isReleased;) {
      await wait(pause, undefined, { ref: false })
      pause = Math.min(pause * 2, LONGEST_RETRY_MS)
      if (this.#isReleased) return
      try {
        return await this.take()
      } catch (error) {
        log.warn({ err: error }, 'the data folder is not locked')
      }
    }
  }

  async release(): Promise<void> {
    this.#isReleased = true
    await this.#client?.end().catch(() => {})
  }
}

/** A number of this folder, the same whatever path leads to it. Positive, and of 31 bits: as an advisory lock is asked for and shown. */
async function readFolderNumber(dataDirectory: string): Promise<number> {
  const path = join(dataDirectory, 'folder-id')
  await mkdir(dataDirectory, { recursive: true })
  // The first of two that start at once writes it; both then read the same.
  await writeFile(path, `${randomUUID()}\n`, { flag: 'wx', mode: 0o600 }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    },
  )
  const id = (await readFile(path, 'utf8')).trim()
  return createHash('sha256').update(id).digest().readUInt32BE() >>> 1
}
