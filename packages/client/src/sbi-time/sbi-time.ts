import { randomBytes } from 'node:crypto'
import { translateError } from '../base/step-failure.ts'
import { pause } from '../base/pause.ts'
import type { ManagementServer } from '../server-link/management-server.ts'
import type { TrustState } from '../trusted-time/trusted-clock.ts'
import type { SanadError } from '@sanad/protocol/text/problems'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { orStorageFailure } from '../base/storage-failure.ts'
import { SbiFolder } from './sbi-folder.ts'
import { serveTime } from './time-interface.ts'
import { type TimeView, viewTime } from './time-view.ts'

/**
 * Keeps trusted time where the SBIs of this computer can read it, and fresh enough to be read: in `time.json`,
 * and over the loopback interface if there is a port for it. Off without configuration, so that the client
 * opens no port by itself.
 */

export interface SbiTimeConfig {
  readonly directory: string
  readonly group?: string
  readonly port?: number
}

export interface SbiTimeOptions {
  readonly config: SbiTimeConfig
  readonly server: Pick<ManagementServer, 'clock' | 'synchronise'>
  readonly note: (event: SbiTimeEvent) => void
  /** 0 ≤ random < 1. */
  readonly random?: () => number
  readonly times?: Partial<typeof TIMES>
}

export type SbiTimeEvent =
  | { readonly kind: 'state'; readonly state: TrustState }
  | { readonly kind: 'failed'; readonly error: SanadError }

const TIMES = {
  /** A change is noticed within this time, and written to the file. */
  glanceMs: 1_000,
  writeEveryMs: 30_000,
  keepFloorEveryMs: HOUR_MS,
  firstRetryMs: 2_000,
  longestRetryMs: 15 * 60_000,
}

const TIME_FILE = 'time.json'
const TOKEN_FILE = 'token'

export class SbiTime implements AsyncDisposable {
  readonly #options: SbiTimeOptions
  readonly #times: typeof TIMES
  readonly #folder: SbiFolder
  readonly #stopping = new AbortController()
  #interface: AsyncDisposable | undefined
  #running: Promise<void> = Promise.resolve()
  #written = ''
  #state: TrustState | undefined
  #failures = 0
  /** On the monotonic clock, milliseconds. */
  readonly #due = { write: 0, floor: 0, retry: 0 }

  private constructor(options: SbiTimeOptions, folder: SbiFolder) {
    this.#options = options
    this.#times = { ...TIMES, ...options.times }
    this.#folder = folder
  }

  /** @throws SanadError `client.configuration-invalid`, `client.permissions-too-open`, `client.storage-failed` */
  static async start(options: SbiTimeOptions): Promise<SbiTime> {
    const { directory, group, port } = options.config
    const folder = await orStorageFailure(SbiFolder.open(directory, group))
    const time = new SbiTime(options, folder)
    if (port !== undefined) {
      // A new one at each start: a token that leaked before opens nothing.
      const token = randomBytes(32).toString('base64url')
      await orStorageFailure(folder.write(TOKEN_FILE, `${token}\n`))
      time.#interface = await serveTime({ port, token, view: () => time.view() })
    }
    time.#running = time.#run(time.#stopping.signal)
    return time
  }

  view(): TimeView {
    const { clock } = this.#options.server
    return viewTime(clock.report(), clock.moment().sinceBoot)
  }

  /** Removes the file, because nothing keeps it current any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    await this.#running
    await this.#interface?.[Symbol.asyncDispose]()
    await this.#folder.remove(TIME_FILE)
    await this.#folder.remove(TOKEN_FILE)
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#synchronise(signal)
      await this.#try(() => this.#tell())
      await this.#try(() => this.#keepFloor())
      await pause(this.#times.glanceMs, signal)
    }
  }

  /** After sleep, after each statement's life; with full jitter while the server is away. */
  async #synchronise(signal: AbortSignal): Promise<void> {
    if (this.#now() < this.#due.retry) return
    try {
      await this.#options.server.synchronise(signal)
      this.#failures = 0
    } catch (thrown) {
      if (signal.aborted) return
      const { firstRetryMs, longestRetryMs } = this.#times
      const bound = Math.min(longestRetryMs, firstRetryMs * 2 ** this.#failures++)
      this.#due.retry = this.#now() + bound * (this.#options.random ?? Math.random)()
      this.#options.note({ kind: 'failed', error: translateError(thrown) })
    }
  }

  async #tell(): Promise<void> {
    const { clock } = this.#options.server
    const { state, lastSynchronisedAt, untrustedAt } = clock.report()
    if (state !== this.#state) this.#options.note({ kind: 'state', state })
    this.#state = state
    const seen = [state, lastSynchronisedAt, untrustedAt].join()
    if (seen === this.#written && this.#now() < this.#due.write) return
    await this.#folder.write(TIME_FILE, `${JSON.stringify(this.view())}\n`)
    this.#written = seen
    this.#due.write = this.#now() + this.#times.writeEveryMs
  }

  async #keepFloor(): Promise<void> {
    if (this.#now() < this.#due.floor) return
    this.#due.floor = this.#now() + this.#times.keepFloorEveryMs
    await this.#options.server.clock.keepFloor()
  }

  async #try(work: () => Promise<void>): Promise<void> {
    try {
      await orStorageFailure(work())
    } catch (thrown) {
      this.#options.note({ kind: 'failed', error: translateError(thrown) })
    }
  }

  #now(): number {
    return this.#options.server.clock.moment().sinceBoot
  }
}
