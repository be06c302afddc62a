import type pg from 'pg'
import type { DeviceMessages } from '../messages/device-messages.ts'
import type { RefusalLedger } from '../messages/refusal-ledger.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import { DatabaseListener } from '../platform/database-listener.ts'
import type { Logger } from '../platform/log.ts'
import { ChannelHub } from './channel-hub.ts'
import type { ChannelLimits } from './channel-limits.ts'
import { ConnectedDevices } from './connected-devices.ts'

/** The live channels of a server process, with what it hears from the other ones. docs/channel.md */

export interface LiveChannelsOptions {
  readonly pool: pg.Pool
  readonly database: Database
  readonly messages: DeviceMessages
  readonly ledger: RefusalLedger
  readonly clock: Clock
  readonly log: Logger
  readonly limits?: Partial<ChannelLimits>
  /** Handed in, because commands are above. @returns those of the devices that commands wait for by now */
  readonly findWaiting: FindWaiting
}

export type FindWaiting = (deviceIds: readonly string[], now: number) => Promise<readonly string[]>

const ASKED_AT_ONCE = 5_000
const NEWCOMERS_EVERY_MS = 1_000

export class LiveChannels {
  readonly hub: ChannelHub
  readonly connected: ConnectedDevices
  readonly #listener: DatabaseListener
  readonly #findWaiting: FindWaiting
  readonly #log: Logger
  readonly #clock: Clock
  /** Connected since the last look at whose commands wait. */
  #newcomers = new Set<string>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: LiveChannelsOptions) {
    const { pool, database, log, clock } = options
    this.#findWaiting = options.findWaiting
    this.#log = log
    this.#clock = clock
    this.hub = new ChannelHub({
      ...options,
      onPresence: (deviceId, since) => this.#notePresence(deviceId, since),
    })
    this.connected = new ConnectedDevices({ database, log, current: () => this.hub.connected() })
    this.#listener = new DatabaseListener({
      pool,
      log,
      channel: 'sanad_command',
      name: 'sanad-channel',
      onPayload: (deviceId) => this.hub.wake(deviceId),
      onListening: () => void this.#wakeWhoseCommandsWait(),
    })
  }

  async start(): Promise<void> {
    await this.connected.start()
    await this.#listener.start()
    this.#timer = setInterval(() => void this.#wakeNewcomers(), NEWCOMERS_EVERY_MS).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.hub.stop()
    await this.#listener.stop()
    await this.connected.stop()
  }

  /** What was announced while nobody listened here is not lost: the commands are still there. */
  async #wakeWhoseCommandsWait(): Promise<void> {
    await this.#wakeOf([...this.hub.connected()].map(([deviceId]) => deviceId))
  }

  #notePresence(deviceId: string, since: number | undefined): void {
    this.connected.note(deviceId, since)
    if (since === undefined) this.#newcomers.delete(deviceId)
    else this.#newcomers.add(deviceId)
  }

  /** A command may be ordered between a device’s first question and its being known here. */
  async #wakeNewcomers(): Promise<void> {
    const newcomers = [...this.#newcomers]
    this.#newcomers = new Set()
    await this.#wakeOf(newcomers)
  }

  async #wakeOf(deviceIds: readonly string[]): Promise<void> {
    try {
      for (let from = 0; from < deviceIds.length; from += ASKED_AT_ONCE)
        await this.#wakeSome(deviceIds.slice(from, from + ASKED_AT_ONCE))
    } catch (error) {
      this.#log.warn({ err: error }, 'devices whose commands wait could not be found')
    }
  }

  async #wakeSome(deviceIds: readonly string[]): Promise<void> {
    for (const deviceId of await this.#findWaiting(deviceIds, this.#clock()))
      this.hub.wake(deviceId)
  }
}
