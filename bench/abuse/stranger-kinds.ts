import { readFile } from 'node:fs/promises'
import { type ConnectionOptions, connect } from 'node:tls'

/** What strangers do on one connection, again and again. They have no key that the server knows, and no session. */

/** What is sent, written beforehand: making it is not what is measured. */
export interface Ammunition {
  readonly port: number
  /** File of the pinned root, PEM. */
  readonly ca: string
  /** Sealed to the server's real key; inside is nothing. */
  readonly garbage: readonly string[]
  /** Claims with RSA of 4096 bits, whole and signed: as dear as a claim gets. */
  readonly claims: readonly string[]
}

export interface Shots {
  /** Bytes that are written at once, in turn. */
  readonly bursts: readonly Buffer[]
  /** Answers that are waited for before the next burst; 0 for those who only hold what they have. */
  readonly answers: number
}

const MOST_PIPELINED = 16

const get = (path: string): Buffer =>
  Buffer.from(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`, 'latin1')

const post = (path: string, type: string, body: string, more = ''): Buffer =>
  Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\n${more}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    'latin1',
  )

const message = (text: string): Buffer => post('/device/v1/messages', 'application/jose', text)

const times = (burst: Buffer, count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, () => burst))

const guess = (at: number): Buffer =>
  post(
    '/api/v1/session',
    'application/json',
    JSON.stringify({ name: 'admin', password: `guess number ${at}` }),
    'x-sanad-portal: 1\r\n',
  )

const UPGRADE = [
  'GET /device/v1/channel HTTP/1.1',
  'host: localhost',
  'connection: Upgrade',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  `sec-websocket-key: ${Buffer.alloc(16, 7).toString('base64')}`,
  '\r\n',
].join('\r\n')

/** RFC 6455 §5.2: a masked text frame of 60,000 bytes, of which only the first half comes. */
const HALF_FRAME = Buffer.concat([
  Buffer.from([0x81, 0xfe, 0xea, 0x60, 1, 2, 3, 4]),
  Buffer.alloc(30_000, 0x61),
])

export function shotsOf({ garbage, claims }: Ammunition): Readonly<Record<string, Shots>> {
  const messages = garbage.map(message)
  return {
    'pipelined questions': {
      bursts: [times(get('/'), MOST_PIPELINED), times(get('/health'), MOST_PIPELINED)],
      answers: MOST_PIPELINED,
    },
    'dear claims': { bursts: claims.map(message), answers: 1 },
    'garbage messages': { bursts: messages, answers: 1 },
    'pipelined garbage': {
      bursts: messages.map((one) => times(one, MOST_PIPELINED)),
      answers: MOST_PIPELINED,
    },
    'password guesses': { bursts: Array.from({ length: 50 }, (_, at) => guess(at)), answers: 1 },
    'silent connections': { bursts: [Buffer.from('GET / HTTP/1.1\r\nhost: loc')], answers: 0 },
    'half frames': { bursts: [Buffer.concat([Buffer.from(UPGRADE), HALF_FRAME])], answers: 0 },
  }
}

/** Statuses and ends of connections, counted. */
export type Received = Record<string, number>

export interface Stranger {
  readonly shots: Shots
  readonly localAddress: string
  readonly port: number
  readonly ca: string
  readonly received: Received
}

const AGAIN_AFTER_MS = 100
const STATUS = /HTTP\/1\.1 (\d{3})/g

/** Until the signal: one connection after the other. */
export async function run(stranger: Stranger, signal: AbortSignal): Promise<void> {
  for (let at = 0; !signal.aborted; at++) {
    await attack(stranger, at, signal)
    await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS))
  }
}

/** @returns when the connection has ended */
function attack(
  { shots, localAddress, port, ca, received }: Stranger,
  first: number,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let [at, awaited] = [first, 0]
  const options: ConnectionOptions & { localAddress: string } = {
    host: '127.0.0.1',
    servername: 'localhost',
    port,
    ca,
    localAddress,
  }
  const socket = connect(options)
  const shoot = (): void => {
    const burst = shots.bursts[at++ % shots.bursts.length]
    awaited = shots.answers
    if (burst !== undefined && !signal.aborted) socket.write(burst)
  }
  const stop = (): void => void socket.destroy()
  signal.addEventListener('abort', stop, { once: true })
  socket.on('secureConnect', shoot)
  socket.on('data', (chunk: Buffer) => {
    for (const [, status = ''] of chunk.toString('latin1').matchAll(STATUS)) {
      received[status] = (received[status] ?? 0) + 1
      if (--awaited === 0 && shots.answers > 0) shoot()
    }
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    signal.removeEventListener('abort', stop)
    if (!signal.aborted) received['closed'] = (received['closed'] ?? 0) + 1
    resolve()
  })
  return promise
}

export const readAmmunition = async (file: string): Promise<Ammunition> =>
  JSON.parse(await readFile(file, 'utf8')) as Ammunition
