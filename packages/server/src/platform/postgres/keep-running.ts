import type { ChildProcess } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { stopServer } from './cluster.ts'

const RESTART_AFTER_MS = 500

/** Starts the database again when it dies; until then, each query is told that it is away. */
export class KeptRunning {
  readonly #launch: () => Promise<ChildProcess>
  readonly #onLine: (line: string) => void
  #server: ChildProcess | undefined
  #isStopping = false

  constructor(launch: () => Promise<ChildProcess>, onLine: (line: string) => void) {
    this.#launch = launch
    this.#onLine = onLine
  }

  async start(): Promise<void> {
    const server = await this.#launch()
    this.#server = server
    server.once('exit', (code, signal) => {
      if (!this.#isStopping)
        this.#onLine(`ended (${signal ?? `exit status ${code}`}); starting it again`)
      void this.#restart()
    })
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    if (this.#server !== undefined) await stopServer(this.#server)
  }

  async #restart(): Promise<void> {
    while (!this.#isStopping) {
      await wait(RESTART_AFTER_MS)
      if (this.#isStopping) return
      try {
        return await this.start()
      } catch (error) {
        // It may be recovering, or out of space: retried for as long as this server runs.
        this.#onLine(error instanceof Error ? error.message : 'could not be started again')
      }
    }
  }
}
