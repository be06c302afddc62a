import {
  CHANNEL_CLOSES,
  type ChannelProblem,
  messageHash,
  subjectHash,
  wakeText,
} from '@sanad/protocol/wire/envelope/channel'
import { type ProblemCode, SanadError, describeProblem } from '@sanad/protocol/text/problems'
import type { RawData, WebSocket } from 'ws'
import { type DeviceMessages, type HeardDevice, hideReason } from '../messages/device-messages.ts'
import type { RefusalLedger } from '../messages/refusal-ledger.ts'
import type { Clock } from '../platform/clock.ts'
import { sampled } from '../platform/http.ts'
import type { Logger } from '../platform/log.ts'
import { networkOf } from '../platform/network.ts'
import { CHANNEL_LIMITS, type ChannelLimits } from './channel-limits.ts'
import { DeviceChannel } from './device-channel.ts'
import { PingWheel } from './ping-wheel.ts'

/**
 * The live channels of this server process: takes the messages that come over them, and wakes devices.
 *
 * Everything has a bound: channels in all and from one address, messages of a channel in a time and at once,
 * devices of a channel, time until the first authentic message.
 */

const MOST_DEVICES = 100
const MOST_IN_WORK = 16
/** What is refused as not authentic costs as much as so many that are. */
const PRICE_OF_REFUSED = 4
const PING_SLOTS = 120
/** For goodbyes to be read. */
const CLOSE_WITHIN_MS = 2_000

export interface ChannelHubOptions {
  readonly messages: DeviceMessages
  readonly ledger: RefusalLedger
  readonly clock: Clock
  readonly log: Logger
  readonly limits?: Partial<ChannelLimits>
  /** A device came to be connected here, or is not any more. */
  readonly onPresence?: (deviceId: string, since: number | undefined) => void
}

/** Where a device is woken. */
interface Connected {
  readonly channel: DeviceChannel
  readonly wake: string
  readonly since: number
}

export class ChannelHub {
  readonly #options: ChannelHubOptions
  readonly #limits: ChannelLimits
  readonly #channels = new Set<DeviceChannel>()
  /** Oldest first. */
  readonly #unheard = new Set<DeviceChannel>()
  readonly #byNetwork = new Map<string, number>()
  readonly #devices = new Map<string, Connected>()
  readonly #pings: PingWheel
  #isStopping = false

  constructor(options: ChannelHubOptions) {
    this.#options = options
    this.#limits = { ...CHANNEL_LIMITS, ...options.limits }
    this.#pings = new PingWheel({
      roundMs: this.#limits.pingEveryMs,
      slots: PING_SLOTS,
      onTick: () => this.#closeUnheard(),
    })
  }

  get channels(): number {
    return this.#channels.size
  }

  /** Of devices: since when, milliseconds since the epoch. */
  *connected(): Iterable<readonly [deviceId: string, since: number]> {
    for (const [deviceId, { since }] of this.#devices) yield [deviceId, since]
  }

  isConnected(deviceId: string): boolean {
    return this.#devices.has(deviceId)
  }

  /** @returns why there is no room for another channel from there */
  whyRefused(address: string): ProblemCode | undefined {
    if (this.#isStopping || this.#channels.size >= this.#limits.mostChannels)
      return 'server.overloaded'
    const open = this.#byNetwork.get(networkOf(address)) ?? 0
    return open >= this.#limits.mostPerAddress ? 'request.rate-limited' : undefined
  }

  take(channel: DeviceChannel, address: string): void {
    const now = this.#options.clock()
    channel.hub = this
    channel.address = address
    channel.openedAt = now
    channel.tokens = this.#limits.burst
    channel.tokensAt = now
    this.#channels.add(channel)
    this.#unheard.add(channel)
    this.#count(address, 1)
    this.#pings.add(channel)
    this.#giveWay()
    channel
      .on('message', hear)
      .on('ping', notePing)
      .on('pong', notePong)
      .on('close', leave)
      .on('error', noteError)
  }

  /** For the functions below: a ping or a pong costs as much as a message. */
  noteControl(channel: DeviceChannel): void {
    if (!this.#admits(channel)) this.#closeFlooding(channel)
  }

  /** Tells a device that commands wait for it, if its channel is here. */
  wake(deviceId: string): void {
    const connected = this.#devices.get(deviceId)
    connected?.channel.say(connected.wake)
  }

  /** Says goodbye to all. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#pings.stop()
    for (const channel of this.#channels) channel.close(CHANNEL_CLOSES.goingAway)
    const until = performance.now() + CLOSE_WITHIN_MS
    while (this.#channels.size > 0 && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 20))
    for (const channel of this.#channels) channel.terminate()
  }

  /** For the functions below. */
  async hear(channel: DeviceChannel, text: string): Promise<void> {
    channel.missedPings = 0
    if (!this.#admits(channel)) return this.#closeFlooding(channel)
    const { messages } = this.#options
    const source = { connection: channel, address: channel.address }
    let sender: string | undefined
    this.#begin(channel)
    try {
      const { text: answer, device } = await messages.take(text, source, (claim) => {
        // A device has one message on its way at a time; so does a device without a certificate.
        const name = claim.kind === 'registered' ? claim.thumbprint : 'claim'
        if (channel.inWork?.has(name) === true) throw new SanadError('channel.flooded')
        channel.inWork ??= new Set()
        channel.inWork.add(name)
        sender = name
      })
      if (device !== undefined) this.#welcome(channel, device)
      channel.say(answer)
    } catch (error) {
      this.#refuse(channel, text, error)
    } finally {
      this.#end(channel, sender)
    }
  }

  /** For the functions below. */
  leave(channel: DeviceChannel): void {
    if (!this.#channels.delete(channel)) return
    this.#unheard.delete(channel)
    this.#pings.remove(channel)
    this.#count(channel.address, -1)
    for (const deviceId of channel.devices ?? []) {
      // It may have come back on another channel before this one was found dead.
      if (this.#devices.get(deviceId)?.channel !== channel) continue
      this.#devices.delete(deviceId)
      this.#options.onPresence?.(deviceId, undefined)
    }
  }

  noteError(error: Error): void {
    this.#options.log.debug({ err: error }, 'a live channel broke')
  }

  #count(address: string, more: 1 | -1): void {
    const network = networkOf(address)
    const open = (this.#byNetwork.get(network) ?? 0) + more
    if (open > 0) this.#byNetwork.set(network, open)
    else this.#byNetwork.delete(network)
  }

  #admits(channel: DeviceChannel): boolean {
    const { burst, perSecond } = this.#limits
    const now = this.#options.clock()
    const seconds = Math.max(0, now - channel.tokensAt) / 1000
    channel.tokens = Math.min(burst, channel.tokens + seconds * perSecond) - 1
    channel.tokensAt = now
    return channel.tokens >= 0
  }

  #begin(channel: DeviceChannel): void {
    channel.underWay++
    // What else comes waits in the client’s own buffers.
    if (channel.underWay >= MOST_IN_WORK) channel.pause()
  }

  #end(channel: DeviceChannel, sender: string | undefined): void {
    channel.underWay--
    channel.resume()
    if (sender === undefined) return
    channel.inWork?.delete(sender)
    if (channel.inWork?.size === 0) channel.inWork = undefined
  }

  /** From its first authentic message on, a device is woken there. */
  #welcome(channel: DeviceChannel, { deviceId, subject }: HeardDevice): void {
    const known = this.#devices.get(deviceId)
    if (known?.channel === channel || !this.#channels.has(channel)) return
    const devices = channel.devices ?? []
    if (devices.length >= MOST_DEVICES) return
    this.#unheard.delete(channel)
    if (known?.channel.devices !== undefined)
      known.channel.devices = known.channel.devices.filter((id) => id !== deviceId)
    channel.devices = [...devices, deviceId]
    const since = this.#options.clock()
    this.#devices.set(deviceId, { channel, wake: wakeText(subjectHash(subject)), since })
    this.#options.onPresence?.(deviceId, since)
  }

  #refuse(channel: DeviceChannel, text: string, error: unknown): void {
    const { log } = this.#options
    const { code } = hideReason(error, (reason) => {
      sampled(log).write('info', { code: reason }, 'message refused')
      channel.tokens -= PRICE_OF_REFUSED - 1
    })
    if (code === 'channel.flooded') return this.#closeFlooding(channel)
    if (code === 'server.internal') log.error({ err: error }, 'message failed')
    const problem: ChannelProblem = { ...describeProblem(code), message: messageHash(text) }
    channel.say(JSON.stringify(problem))
  }

  #closeFlooding(channel: DeviceChannel): void {
    if (channel.readyState !== channel.OPEN || channel.farewell !== undefined) return
    for (const deviceId of channel.devices ?? [])
      this.#options.ledger.note(deviceId, 'channel.flooded')
    const problem = JSON.stringify(describeProblem('channel.flooded'))
    channel.sayAndClose(problem, CHANNEL_CLOSES.flooded)
    // Whatever is still coming in is not read.
    channel.removeListener('message', hear)
  }

  /** An honest client is heard within moments: the oldest of the silent ones are strangers. */
  #giveWay(): void {
    if (this.#unheard.size <= this.#limits.mostUnheard) return
    const [oldest] = this.#unheard
    if (oldest === undefined) return
    this.#unheard.delete(oldest)
    oldest.terminate()
  }

  #closeUnheard(): void {
    const before = this.#options.clock() - this.#limits.authenticateWithinMs
    for (const channel of this.#unheard) {
      if (channel.openedAt > before) return
      this.#unheard.delete(channel)
      channel.close(CHANNEL_CLOSES.notAuthenticated)
    }
  }
}

// One of each for all channels; `this` is what they are of.

function hear(this: WebSocket, data: RawData, isBinary: boolean): void {
  // As this server is set up, what comes is one buffer.
  if (isBinary || !Buffer.isBuffer(data)) this.close(CHANNEL_CLOSES.notText)
  else if (this instanceof DeviceChannel) void this.hub?.hear(this, data.toString('utf8'))
}

function notePing(this: WebSocket): void {
  if (this instanceof DeviceChannel) this.hub?.noteControl(this)
}

function notePong(this: WebSocket): void {
  if (!(this instanceof DeviceChannel)) return
  this.missedPings = 0
  this.hub?.noteControl(this)
}

function leave(this: WebSocket): void {
  if (this instanceof DeviceChannel) this.hub?.leave(this)
}

function noteError(this: WebSocket, error: Error): void {
  if (this instanceof DeviceChannel) this.hub?.noteError(error)
}
