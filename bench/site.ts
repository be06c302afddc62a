import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DemoPaths, demoPaths } from '../packages/simulator/src/demo/demo-paths.ts'
import { findFreePort } from '../packages/simulator/src/network/free-ports.ts'
import { OperatorApi, waitUntil } from '../packages/simulator/src/demo/operator-api.ts'
import { OPERATOR_NAME, prepare } from '../packages/simulator/src/demo/prepare.ts'
import { SERVER } from '../packages/simulator/src/demo/programs.ts'
import { type OpenDatabase, openDatabase } from '../packages/server/src/platform/database.ts'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../packages/server/src/platform/embedded-postgres.ts'
import { nodeOn } from './processes.ts'

/** A provider's installation as the demo makes it, in a folder that is gone afterwards. */
export class Site implements AsyncDisposable {
  readonly paths: DemoPaths
  readonly port: number
  readonly database: OpenDatabase
  readonly #postgres: EmbeddedPostgres
  #server: ChildProcess | undefined

  private constructor(
    paths: DemoPaths,
    port: number,
    postgres: EmbeddedPostgres,
    database: OpenDatabase,
  ) {
    this.paths = paths
    this.port = port
    this.#postgres = postgres
    this.database = database
  }

  static async open(say: (line: string) => void): Promise<Site> {
    const paths = demoPaths(await mkdtemp(join(tmpdir(), 'sanad-bench-')))
    try {
      await chmod(paths.directory, 0o711)
      const port = await findFreePort()
      await prepare(paths, { host: '127.0.0.1', port, checkInSeconds: 86_400 }, say)
      // Ours, so that it runs on other cores than the server, which uses the one that is running.
      const directory = join(paths.serverData, 'postgres')
      const postgres = await startEmbeddedPostgres({ directory })
      const { socketDirectory: host, user } = postgres
      const database = openDatabase({
        connection: { host, user, database: 'postgres' },
        maxConnections: 24,
      })
      return new Site(paths, port, postgres, database)
    } catch (error) {
      await rm(paths.directory, { recursive: true, force: true })
      throw error
    }
  }

  async withServer<T>(cores: string, work: (pid: number) => Promise<T>): Promise<T> {
    try {
      return await work(await this.#startServer(cores))
    } finally {
      await this.#stopServer()
    }
  }

  /** The real program; on these cores only. */
  async #startServer(cores: string): Promise<number> {
    const log = openSync(this.paths.serverLog, 'a', 0o600)
    const { serverConfiguration } = this.paths
    const child = spawn(...nodeOn(cores, SERVER, '--config', serverConfiguration), {
      stdio: ['ignore', log, log],
      // As `./sanad server` starts it.
      env: { ...process.env, MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_ARENA_MAX: '2' },
    })
    closeSync(log)
    this.#server = child
    const api = await this.api()
    await waitUntil('the server answers', async () => {
      if (child.exitCode !== null) return 'ended'
      return (await api.call('GET', '/health')).status === 200 ? 'ready' : undefined
    })
    if (child.exitCode !== null || child.pid === undefined)
      throw new Error(`the server ended: ${await readFile(this.paths.serverLog, 'utf8')}`)
    return child.pid
  }

  async #stopServer(): Promise<void> {
    const child = this.#server
    this.#server = undefined
    if (child === undefined || child.exitCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }

  api(): Promise<OperatorApi> {
    return OperatorApi.at(this.port, this.paths.managementRoot)
  }

  async signIn(): Promise<OperatorApi> {
    const api = await this.api()
    await api.signIn(OPERATOR_NAME, (await readFile(this.paths.operatorPassword, 'utf8')).trim())
    return api
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stopServer()
    await this.database.close()
    await this.#postgres.stop()
    await rm(this.paths.directory, { recursive: true, force: true })
  }
}
