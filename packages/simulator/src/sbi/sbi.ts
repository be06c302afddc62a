import type { Server, Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { DeviceType } from '../digital-id.ts'
import { HOST, listenAsSbi } from './loopback.ts'
import { readRequest, UnreadableRequest, writeAnswer } from './loopback-http.ts'
import type { HttpAnswer, HttpRequest } from './loopback-http.ts'
import { answerDeviceInfo, answerDiscovery } from './sbi-answers.ts'
import type { SbiSubject, SpecEdition } from './sbi-answers.ts'

const MOST_RECORDS = 10_000

export interface RecordedVerb {
  readonly verb: string
  readonly path: string
  readonly at: Date
}

/** Ways in which the transport itself can fail; the device's own faults are in what `subject` returns. */
export interface Disturbance {
  readonly delayMs?: number
  readonly garbage?: 'json' | 'http'
}

interface SbiOptions {
  /** Asked on every request. */
  readonly subject: () => SbiSubject
  readonly disturbance?: () => Disturbance
  /** Tried first; any other of the range is taken if it is not free. */
  readonly port?: number
  readonly now?: () => Date
}

/** The secure biometric interface of one simulated device. It has no sensor: it answers, and captures nothing. */
export class Sbi {
  readonly port: number
  /** Every verb that arrived, in order. Never the body of a request. */
  readonly verbs: RecordedVerb[] = []
  readonly #options: SbiOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #closing = new AbortController()

  private constructor(options: SbiOptions, server: Server, port: number) {
    this.#options = options
    this.#server = server
    this.port = port
    server.on('connection', (socket) => this.#accept(socket))
  }

  static async open(options: SbiOptions): Promise<Sbi> {
    const { server, port } = await listenAsSbi(options.port)
    return new Sbi(options, server, port)
  }

  get base(): string {
    return `http://${HOST}:${this.port}`
  }

  async close(): Promise<void> {
    this.#closing.abort()
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    void this.#converse(socket)
  }

  async #converse(socket: Socket): Promise<void> {
    try {
      const answer = await this.#answerOrRefuse(socket)
      const { delayMs, garbage } = this.#options.disturbance?.() ?? {}
      if (delayMs !== undefined) await wait(delayMs, undefined, { signal: this.#closing.signal })
      socket.end(spoil(writeAnswer(spoilBody(answer, garbage), this.base), garbage))
    } catch {
      // The client went away or the device was unplugged; there is nobody to answer.
      socket.destroy()
    }
  }

  async #answerOrRefuse(socket: Socket): Promise<HttpAnswer> {
    try {
      const request = await readRequest(socket)
      this.#record(request)
      return this.#answer(request)
    } catch (error) {
      if (error instanceof UnreadableRequest) return { status: error.status, body: '[]' }
      throw error
    }
  }

  #record({ verb, path }: HttpRequest): void {
    if (this.verbs.length < MOST_RECORDS) this.verbs.push({ verb, path, at: this.#now() })
  }

  #answer({ verb, path, body }: HttpRequest): HttpAnswer {
    const route = Object.hasOwn(ROUTES, verb) ? ROUTES[verb] : undefined
    if (route === undefined) return { status: 405, body: '[]' }
    if (path !== route.path) return { status: 404, body: '[]' }
    return {
      status: 200,
      body: JSON.stringify(route.answer(this.#options.subject(), this.base, this.#now(), body)),
    }
  }

  #now(): Date {
    return this.#options.now?.() ?? new Date()
  }
}

interface Route {
  readonly path: string
  readonly answer: (subject: SbiSubject, base: string, now: Date, body: string) => object
}

const discovery = (edition: SpecEdition): Route => ({
  path: '/device',
  answer: (subject, base, now, body) => {
    const asked = readAskedType(body)
    if (asked === undefined) return [{ error: INVALID_DISCOVERY }]
    // MDS 0.9.5 › Device Discovery Response: respond only if the type is that of the device, or any.
    const isMeant = asked === 'Biometric Device' || asked === subject.profile.type
    return isMeant ? [answerDiscovery(subject, edition, base, now)] : []
  },
})

const deviceInfo = (edition: SpecEdition): Route => ({
  path: '/info',
  answer: (subject, base, now) => [answerDeviceInfo(subject, edition, base, now)],
})

const NO_SENSOR = { errorCode: '500', errorInfo: 'This simulated device has no sensor' }
const INVALID_DISCOVERY = { errorCode: '101', errorInfo: 'Invalid JSON Value Type For Discovery' }

const capture: Route = {
  path: '/capture',
  answer: () => ({ biometrics: [{ specVersion: '0.9.5', data: '', hash: '', error: NO_SENSOR }] }),
}

const ROUTES: Readonly<Record<string, Route | undefined>> = {
  MOSIPDISC: discovery('0.9.5'),
  SBIDISC: discovery('1.0'),
  MOSIPDINFO: deviceInfo('0.9.5'),
  SBIINFO: deviceInfo('1.0'),
  CAPTURE: capture,
  RCAPTURE: capture,
  STREAM: { path: '/stream', answer: () => ({ error: NO_SENSOR }) },
}

const ASKABLE: ReadonlySet<string> = new Set<DeviceType | 'Biometric Device'>([
  'Biometric Device',
  'Finger',
  'Face',
  'Iris',
])

function readAskedType(body: string): string | undefined {
  try {
    const { type } = JSON.parse(body) as { type?: unknown }
    return typeof type === 'string' && ASKABLE.has(type) ? type : undefined
  } catch {
    return undefined
  }
}

const spoilBody = (answer: HttpAnswer, garbage: Disturbance['garbage']): HttpAnswer =>
  garbage === 'json' ? { ...answer, body: `[{"deviceInfo":"\u{fffd}..","error":` } : answer

const spoil = (text: string, garbage: Disturbance['garbage']): string | Buffer =>
  garbage === 'http'
    ? Buffer.from([0x00, 0xff, 0x13, 0x37, ...Buffer.from('not a protocol\r\n\r\n')])
    : text
