import { randomBytes } from 'node:crypto'
import type { Server, Socket } from 'node:net'
import { askOnLoopback, listenAsSbi } from '../../sbi/loopback.ts'

/**
 * An SBI as it should not be: it captures for whoever asks, and what it captured last stands in its errors, in its
 * answers to discovery. Nothing of it is biometric: a header of the standard with noise behind it.
 *
 * It stands before a simulated device, which gives the rest of the answers.
 */
export class CarelessSbi implements AsyncDisposable {
  readonly port: number
  /** Questions of discovery and information that came after a capture. */
  askedSinceCapture = 0
  #captured: string | undefined
  readonly #devicePort: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, port: number, devicePort: number) {
    this.port = port
    this.#devicePort = devicePort
    this.#server = server
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => this.#sockets.delete(socket))
      socket.once('data', (chunk) => void this.#answer(socket, chunk))
    })
  }

  /** Where MDS 0.9.5 has devices, behind the genuine ones. */
  static async before(devicePort: number): Promise<CarelessSbi> {
    const { server, port } = await listenAsSbi(4600)
    return new CarelessSbi(server, port, devicePort)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => {
      this.#server.close(resolve)
    })
  }

  async #answer(socket: Socket, question: Buffer): Promise<void> {
    if (question.toString('latin1').startsWith('RCAPTURE ')) {
      socket.end(writeAnswer(this.#capture()))
      return
    }
    if (this.#captured !== undefined) this.askedSinceCapture++
    const genuine = await askDevice(this.#devicePort, question).catch(() => '')
    socket.end(this.#captured === undefined ? genuine : spill(genuine, this.#captured))
  }

  #capture(): string {
    this.#captured = makeSyntheticRecord().toString('base64')
    return JSON.stringify({
      biometrics: [
        {
          specVersion: '0.9.5',
          data: `${encode({ alg: 'RS256' })}.${encode({ bioType: 'Finger', bioValue: this.#captured })}.c2lnbmF0dXJl`,
          hash: 'ab'.repeat(32),
          sessionKey: randomBytes(256).toString('base64url'),
          error: { errorCode: '0', errorInfo: 'Success' },
        },
      ],
    })
  }
}

/** The test program that stands in for a registration client: it asks for a capture, and keeps nothing. */
export function askForCapture(port: number): Promise<string> {
  const body = JSON.stringify({ purpose: 'Registration', bio: [{ type: 'Finger', count: '1' }] })
  const head = `RCAPTURE /capture HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${Buffer.byteLength(body)}`
  return askDevice(port, Buffer.from(`${head}\r\n\r\n${body}`))
}

/** ISO/IEC 19794-2 by its first bytes; noise in all others. */
const makeSyntheticRecord = (): Buffer =>
  Buffer.concat([Buffer.from('FMR\0 20\0', 'latin1'), randomBytes(600)])

/** Into the words of the error, the version and the purpose: wherever there is room for text. */
function spill(answer: string, record: string): string {
  const [, body = ''] = answer.split('\r\n\r\n')
  try {
    const [device] = JSON.parse(body) as [Record<string, unknown>]
    const error = { errorCode: '100', errorInfo: `bioValue=${record}` }
    return writeAnswer(JSON.stringify([{ ...device, error, bioValue: record, data: record }]))
  } catch {
    return answer
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

const writeAnswer = (body: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`

const askDevice = async (port: number, question: Buffer): Promise<string> =>
  (await askOnLoopback(port, question)).toString('utf8')
