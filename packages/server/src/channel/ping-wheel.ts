import type { DeviceChannel } from './device-channel.ts'

/**
 * One timer for all pings: channels stand in slots by chance, and each tick pings those of one slot. So a proxy
 * that closes silent connections finds none, and ten thousand pings are spread over the whole round.
 */

export interface PingWheelOptions {
  /** From one ping of a channel to its next: less than the patience of common proxies. */
  readonly roundMs: number
  readonly slots: number
  /** After every tick. */
  readonly onTick: () => void
}

const MOST_MISSED = 2

export class PingWheel {
  readonly #slots: readonly Set<DeviceChannel>[]
  readonly #timer: NodeJS.Timeout
  #at = 0

  constructor({ roundMs, slots, onTick }: PingWheelOptions) {
    this.#slots = Array.from({ length: slots }, () => new Set<DeviceChannel>())
    this.#timer = setInterval(() => {
      this.#tick()
      onTick()
    }, roundMs / slots).unref()
  }

  add(channel: DeviceChannel): void {
    channel.slot = Math.floor(Math.random() * this.#slots.length)
    this.#slots[channel.slot]?.add(channel)
  }

  remove(channel: DeviceChannel): void {
    this.#slots[channel.slot]?.delete(channel)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #tick(): void {
    this.#at = (this.#at + 1) % this.#slots.length
    for (const channel of this.#slots[this.#at] ?? []) {
      // It may have ended silently: a client whose power failed says no goodbye.
      if (channel.missedPings >= MOST_MISSED) channel.terminate()
      else {
        channel.missedPings++
        channel.ping()
      }
    }
  }
}
