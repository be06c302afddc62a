import { type AddressInfo, type Socket, createServer } from 'node:net'

/** A program that answers any connection with what a test tells it, byte for byte. */
export class RawPeer implements AsyncDisposable {
  connections = 0
  readonly received: string[] = []
  readonly #server = createServer()
  readonly #sockets = new Set<Socket>()

  private constructor(serve: (socket: Socket, heard: string) => void) {
    this.#server.on('connection', (socket) => {
      this.connections++
      this.#sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => this.#sockets.delete(socket))
      socket.once('data', (data) => {
        this.received.push(data.toString('latin1'))
        serve(socket, data.toString('latin1'))
      })
    })
  }

  static async start(
    serve: (socket: Socket, heard: string) => void,
    host = '127.0.0.1',
  ): Promise<RawPeer> {
    const peer = new RawPeer(serve)
    await new Promise<void>((resolve) => {
      peer.#server.listen(0, host, resolve)
    })
    return peer
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => {
      this.#server.close(resolve)
    })
  }
}
