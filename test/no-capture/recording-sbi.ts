import type { Server, Socket } from 'node:net'
import { askOnLoopback, listenAsSbi } from '../../packages/simulator/src/sbi/loopback.ts'

/**
 * Stands before the SBI of a device and writes down every byte that a client sends to it. It passes them on, or
 * answers with what a test wants answered.
 */
export class RecordingSbi implements AsyncDisposable {
  readonly port: number
  /** All that arrived, one entry for a connection. */
  readonly heard: string[] = []
  /** Bytes to answer with; undefined to let the device answer. */
  answer: (request: string, genuine: Buffer) => Buffer | undefined = () => undefined
  readonly #devicePort: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, port: number, devicePort: number) {
    this.port = port
    this.#devicePort = devicePort
    this.#server = server
    server.on('connection', (socket) => void this.#converse(socket))
  }

  /** In the range that MDS 0.9.5 gives to devices, where nobody listens. */
  static async before(devicePort: number): Promise<RecordingSbi> {
    const { server, port } = await listenAsSbi(4501 + Math.floor(Math.random() * 100))
    return new RecordingSbi(server, port, devicePort)
  }

  /** Verbs, as an HTTP server would read them. */
  get verbs(): string[] {
    return this.heard.map((bytes) => bytes.split(' ', 1)[0] ?? '')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => {
      this.#server.close(resolve)
    })
  }

  async #converse(socket: Socket): Promise<void> {
    this.#sockets.add(socket)
    const connection = this.heard.push('') - 1
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (chunk) => {
      // Also what comes behind a request: a second one, smuggled into the first, would be here.
      this.heard[connection] = (this.heard[connection] ?? '') + chunk.toString('latin1')
    })
    const request = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
    const genuine = await askOnLoopback(this.#devicePort, request).catch(() => Buffer.alloc(0))
    socket.end(this.answer(request.toString('latin1'), genuine) ?? genuine)
  }
}
