import { type TLSSocket, connect } from 'node:tls'

/** HTTP/1.1 over one kept-alive TLS connection, with as little work for this side as can be. */
export class Connection {
  readonly #socket: TLSSocket
  #received: Buffer = Buffer.alloc(0)
  #waiting: PromiseWithResolvers<HttpAnswer> | undefined

  private constructor(socket: TLSSocket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('error', (error) => this.#waiting?.reject(error))
    socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')))
  }

  /** From the loopback address with this number: the server counts claims by address. */
  static open(port: number, ca: string, address = 0): Promise<Connection> {
    const localAddress = `127.0.${Math.floor(address / 254)}.${(address % 254) + 1}`
    return new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, servername: 'localhost', ca, localAddress }
      const socket = connect(options, () => resolve(new Connection(socket)))
      socket.once('error', reject)
    })
  }

  get isOpen(): boolean {
    return this.#socket.writable
  }

  send(request: Buffer): Promise<HttpAnswer> {
    if (!this.isOpen) return Promise.reject(new Error('the server closed the connection'))
    this.#waiting = Promise.withResolvers<HttpAnswer>()
    this.#socket.write(request)
    return this.#waiting.promise
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    const end = this.#received.indexOf('\r\n\r\n')
    if (end === -1) return
    const head = this.#received.toString('latin1', 0, end)
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
    const bytes = end + 4 + length
    if (this.#received.length < bytes) return
    const body = this.#received.toString('latin1', end + 4, bytes)
    this.#received = this.#received.subarray(bytes)
    this.#waiting?.resolve({ status: Number(head.slice(9, 12)), head, body, bytes })
  }
}

export interface HttpAnswer {
  readonly status: number
  /** Status line and headers. */
  readonly head: string
  readonly body: string
  /** With its head. */
  readonly bytes: number
}

export const writePost = (path: string, mediaType: string, body: string): Buffer =>
  Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${mediaType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    'latin1',
  )
