import WebSocket from 'ws'
import { LARGEST_FRAME, messageHash } from '@sanad/protocol/wire/envelope/channel'
import { troubleOf } from '@sanad/outbound/trouble'
import { SanadError } from '@sanad/protocol/text/problems'
import { backoffMs } from '../base/backoff.ts'
import { pause } from '../base/pause.ts'
import type { Connected } from '../server-link/pinned-connection.ts'
import { type ChannelFrame, readFrame } from './channel-frame.ts'

/**
 * The live channel: one WebSocket to the pinned server for all devices of this client, so that the server can
 * wake one of them. It carries the same sealed messages as HTTPS, and the client trusts it as little.
 *
 * Where a proxy forbids it, only speed is lost: messages go by HTTPS, and commands come with the check-in.
 */

export interface LiveChannelOptions {
  /** `wss://…/device/v1/channel` */
  readonly url: URL
  /** Hands over a connection to the pinned server, or fails before anything is sent. */
  readonly connect: (connected: Connected) => void
  /** Whether there is a device to be woken. */
  readonly isWanted: () => boolean
  readonly opened: () => void
  readonly wake: (subjectHash: string) => void
  readonly note?: (event: ChannelEvent) => void
  readonly random?: () => number
  readonly times?: Partial<ChannelTimes>
}

export type ChannelEvent =
  | { readonly kind: 'open' }
  | {
      readonly kind: 'closed'
      readonly retryInMs: number
      /** In a row: not opened, or cut too soon. */
      readonly failures: number
      readonly trouble: SanadError
    }

export interface ChannelTimes {
  readonly handshakeMs: number
  /** Between two pings of the server, until two were heard. */
  readonly pingMs: number
  readonly answerMs: number
  /** Between two looks whether the channel is wanted. */
  readonly idleMs: number
  /** One that was open for less has failed. */
  readonly leastLifeMs: number
}

const TIMES: ChannelTimes = {
  handshakeMs: 15_000,
  pingMs: 240_000,
  answerMs: 30_000,
  idleMs: 1_000,
  // A proxy that cuts long connections after minutes costs one opening each time: the pace slows down to a quarter
  // of an hour, and commands come with the check-ins.
  leastLifeMs: 300_000,
}
/** Two missed pings, and half an interval for the third. */
const PINGS_UNTIL_DEAD = 2.5
const SHORTEST_PING_MS = 1_000
const LONGEST_PING_MS = 600_000

/** The channel cannot carry this message, or broke before its answer: it goes by HTTPS, as the same bytes. */
export type NoAnswer = 'no-channel'

type AnswerFrame = Exclude<ChannelFrame, { kind: 'wake' | 'unreadable' }>

export class LiveChannel {
  readonly #options: LiveChannelOptions
  readonly #times: ChannelTimes
  #socket: WebSocket | undefined
  #turn: Promise<unknown> = Promise.resolve()
  /** Of the one message that is on its way. */
  #answer: ((frame: AnswerFrame | NoAnswer) => void) | undefined
  #messageHash = ''
  #failures = 0

  constructor(options: LiveChannelOptions) {
    this.#options = options
    this.#times = { ...TIMES, ...options.times }
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  /** Keeps the channel open until `signal` ends it. */
  async run(signal: AbortSignal): Promise<void> {
    const { isWanted, note, random } = this.#options
    while (!signal.aborted) {
      if (!isWanted()) {
        await pause(this.#times.idleMs, signal)
        continue
      }
      const { livedMs, trouble } = await this.#live(signal)
      if (signal.aborted) return
      this.#failures = livedMs >= this.#times.leastLifeMs ? 1 : this.#failures + 1
      // Full jitter, at most a quarter of an hour: so that not all clients meet a returning server at once.
      const retryInMs = backoffMs(this.#failures, random)
      note?.({ kind: 'closed', retryInMs, failures: this.#failures, trouble })
      await pause(retryInMs, signal)
    }
  }

  /**
   * One message, one answer; others wait their turn, so a problem is never taken for another message’s.
   *
   * @throws SanadError `client.server-unreachable` when the client stops
   */
  deliver(text: string, signal?: AbortSignal): Promise<AnswerFrame | NoAnswer> {
    const turn = this.#turn.then(() => this.#exchange(text, signal))
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #exchange(text: string, signal?: AbortSignal): Promise<AnswerFrame | NoAnswer> {
    if (signal?.aborted === true) throw new SanadError('client.server-unreachable', 'stopped')
    const socket = this.#socket
    if (socket?.readyState !== WebSocket.OPEN || Buffer.byteLength(text) > LARGEST_FRAME)
      return 'no-channel'
    const { promise, resolve } = Promise.withResolvers<AnswerFrame | NoAnswer>()
    this.#answer = resolve
    this.#messageHash = messageHash(text)
    // An answer that comes later than this would be taken for that of the next message.
    const timer = setTimeout(() => socket.terminate(), this.#times.answerMs)
    const stop = (): void => socket.terminate()
    signal?.addEventListener('abort', stop, { once: true })
    socket.send(text)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
      this.#answer = undefined
    }
  }

  async #live(signal: AbortSignal): Promise<Life> {
    const { url, connect, opened, note } = this.#options
    const socket = new WebSocket(url, {
      createConnection: ((_options: unknown, connected: Connected) => {
        connect(connected)
        return undefined
      }) as unknown as NonNullable<WebSocket.ClientOptions['createConnection']>,
      perMessageDeflate: false,
      followRedirects: false,
      maxPayload: LARGEST_FRAME,
      handshakeTimeout: this.#times.handshakeMs,
    })
    const { promise, resolve } = Promise.withResolvers<void>()
    let openedAt: number | undefined
    const watch = new PingWatch(this.#times.pingMs, () => socket.terminate())
    socket.on('open', () => {
      openedAt = performance.now()
      this.#socket = socket
      watch.start()
      note?.({ kind: 'open' })
      opened()
    })
    socket.on('ping', () => watch.heard())
    socket.on('message', (data, isBinary) => this.#hear(socket, data, isBinary))
    // 'close' follows. Without a listener an error would end the process.
    let trouble = new SanadError('connection.broken-off', 'the live channel was closed')
    socket.on('error', (cause) => {
      trouble = toTrouble(cause)
    })
    socket.on('close', () => resolve())
    const stop = (): void => socket.terminate()
    signal.addEventListener('abort', stop, { once: true })
    await promise
    signal.removeEventListener('abort', stop)
    watch.stop()
    this.#socket = undefined
    this.#answer?.('no-channel')
    return { livedMs: openedAt === undefined ? 0 : performance.now() - openedAt, trouble }
  }

  #hear(socket: WebSocket, data: WebSocket.RawData, isBinary: boolean): void {
    // As ws is set up, a text is one buffer.
    const frame = readFrame(isBinary || !Buffer.isBuffer(data) ? '' : data.toString('utf8'))
    if (frame.kind === 'wake') return this.#options.wake(frame.subjectHash)
    // About another message, or about the channel: the client does not listen to this server any further.
    const isStrange =
      frame.kind === 'unreadable' ||
      this.#answer === undefined ||
      (frame.kind === 'problem' && frame.message !== this.#messageHash)
    if (isStrange) socket.terminate()
    else this.#answer?.(frame)
  }
}

interface Life {
  /** How long it was open, milliseconds. */
  readonly livedMs: number
  readonly trouble: SanadError
}

/** The texts of ws may quote what came; so only what kind of trouble it was. */
function toTrouble(cause: Error): SanadError {
  if (cause instanceof SanadError) return cause
  const found = troubleOf(cause, 'server', 'the live channel')
  return found ?? new SanadError('connection.broken-off', 'the live channel', { cause })
}

/**
 * Detects a dead connection, which sends nothing. The client learns from the first pings of the server how often
 * they come.
 */
class PingWatch {
  #everyMs: number
  #heardAt = 0
  #hasHeard = false
  #timer: NodeJS.Timeout | undefined
  readonly #dead: () => void

  constructor(everyMs: number, dead: () => void) {
    this.#everyMs = everyMs
    this.#dead = dead
  }

  start(): void {
    this.#heardAt = performance.now()
    this.#wind()
  }

  heard(): void {
    const now = performance.now()
    const sinceMs = now - this.#heardAt
    this.#heardAt = now
    // The first ping alone shows no interval; and two pings that arrive together do not shorten it.
    if (this.#hasHeard) {
      const everyMs = Math.max(SHORTEST_PING_MS, this.#everyMs / 2, sinceMs)
      this.#everyMs = Math.min(LONGEST_PING_MS, everyMs)
    }
    this.#hasHeard = true
    this.#wind()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #wind(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#dead, this.#everyMs * PINGS_UNTIL_DEAD)
  }
}
