import { PassThrough } from 'node:stream'
import type { LiveMessage } from '@sanad/protocol/operator-api/live'
import { SanadError } from '@sanad/protocol/text/problems'
import { operatorOf } from '../operators/operator-door.ts'
import type { OperatorSessions } from '../operators/operator-sessions.ts'
import type { HttpApp } from '../platform/http.ts'
import { serve } from '../platform/serve.ts'
import type { DeviceWatch } from './device-watch.ts'

export interface LiveRoutesOptions {
  readonly watch: DeviceWatch
  readonly sessions: OperatorSessions
}

/** A tab of the portal holds one; nobody reads more at a time, and each costs memory and a timer. */
const MOST_OF_A_SESSION = 12
/** Shorter than the patience of any proxy between. */
const HEARTBEAT_MS = 15_000
const BEATS_PER_SESSION_CHECK = 4
/** A reader that lags further behind is told to read again, instead of being sent everything late. */
const BUFFER_BYTES = 16 * 1024

export function liveRoutes({ watch, sessions }: LiveRoutesOptions) {
  /** Each with its session. */
  const open = new Map<LiveStream, string>()

  return async (app: HttpApp): Promise<void> => {
    app.addHook('preClose', async () => {
      for (const stream of open.keys()) stream.end()
    })

    await app.register(
      serve({
        watchDevices: (_, { request, reply }) => {
          const { sessionId } = operatorOf(request)
          const ofSession = [...open.values()].filter((owner) => owner === sessionId).length
          if (ofSession >= MOST_OF_A_SESSION) throw new SanadError('live.too-many-streams')
          const stream = new LiveStream(() => sessions.lasts(sessionId))
          const unsubscribe = watch.subscribe((message) => stream.send(message))
          open.set(stream, sessionId)
          stream.whenClosed(() => {
            unsubscribe()
            open.delete(stream)
          })
          reply.header('x-accel-buffering', 'no')
          // A connection kept for another request would hold up the server’s end.
          reply.header('connection', 'close')
          return stream.output
        },
      }),
    )
  }
}

/** One reader’s Server-Sent Events (WHATWG HTML §9.2). */
class LiveStream {
  readonly output = new PassThrough({ highWaterMark: BUFFER_BYTES })
  readonly #heart: NodeJS.Timeout
  #beats = 0
  #missed = false

  constructor(isAllowed: () => Promise<boolean>) {
    this.output.write('retry: 2000\n\n')
    this.output.on('drain', () => this.#catchUp())
    this.#heart = setInterval(() => void this.#beat(isAllowed), HEARTBEAT_MS)
    this.whenClosed(() => clearInterval(this.#heart))
  }

  send(message: LiveMessage): void {
    if (this.output.writableNeedDrain) this.#missed = true
    else this.#write(message)
  }

  #write({ event, data }: LiveMessage): void {
    this.output.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  #catchUp(): void {
    if (!this.#missed) return
    this.#missed = false
    this.#write({ event: 'resync', data: {} })
  }

  async #beat(isAllowed: () => Promise<boolean>): Promise<void> {
    this.#beats++
    if (this.#beats % BEATS_PER_SESSION_CHECK === 0) {
      // A stream outlives neither its session nor the role that opened it; with the database away it waits.
      const lasts = await isAllowed().catch(() => true)
      if (!lasts) return this.end()
    }
    if (!this.output.writableNeedDrain) this.output.write(': still here\n\n')
  }

  end(): void {
    this.output.end()
  }

  whenClosed(done: () => void): void {
    this.output.once('close', done)
  }
}
