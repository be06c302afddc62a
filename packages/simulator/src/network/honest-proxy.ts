import { type IncomingMessage, type Server, createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, type Socket, connect } from 'node:net'
import type { Duplex } from 'node:stream'

/** An HTTP proxy that does what it should: CONNECT, with an account if it is given one. */

export interface HonestProxyOptions {
  /** Where it listens; 127.0.0.1 when left out. */
  readonly host?: string
  /** `user:password` */
  readonly account?: string
  /** The names of its sign-in methods in a 407; Basic when left out. */
  readonly methods?: readonly string[]
  /** PEM: the proxy itself speaks TLS. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Names that only the proxy knows. */
  readonly hosts?: Readonly<Record<string, string>>
  /** Each tunnel is cut after so many milliseconds. */
  readonly cutAfterMs?: number
}

export class HonestProxy implements AsyncDisposable {
  /** `host:port` of each tunnel that was opened. */
  readonly tunnels: string[] = []
  /** What came in `Proxy-Authorization`, decoded, also of those that were refused. */
  readonly accounts: string[] = []
  /** Status lines of CONNECTs that were not opened. */
  readonly refusals: number[] = []
  readonly #options: HonestProxyOptions
  readonly #server: Server
  readonly #open = new Set<Duplex>()

  private constructor(options: HonestProxyOptions) {
    this.#options = options
    this.#server = options.tls === undefined ? createServer() : createTlsServer(options.tls)
    this.#server.on('connect', (request, socket, head) => this.#connect(request, socket, head))
    this.#server.on('connection', (socket: Socket) => this.#keep(socket))
  }

  static async start(options: HonestProxyOptions = {}): Promise<HonestProxy> {
    const proxy = new HonestProxy(options)
    await new Promise<void>((resolve) => {
      proxy.#server.listen(0, options.host ?? '127.0.0.1', resolve)
    })
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get address(): string {
    const { host = '127.0.0.1', tls } = this.#options
    const shown = host.includes(':') ? `[${host}]` : host
    return `${tls === undefined ? 'http' : 'https'}://${shown}:${this.port}`
  }

  /** Cuts every connection; new ones are taken. */
  cut(): void {
    for (const socket of this.#open) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut()
    await new Promise((resolve) => {
      this.#server.close(resolve)
    })
  }

  #keep(socket: Duplex): void {
    this.#open.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#open.delete(socket))
  }

  #connect(request: IncomingMessage, inside: Duplex, head: Buffer): void {
    const target = request.url ?? ''
    if (!this.#isAdmitted(request)) return this.#refuse(inside, 407)
    const { hostname, port } = new URL(`http://${target}`)
    const name = hostname.replace(/^\[|\]$/g, '')
    const outside = connect({ host: this.#options.hosts?.[name] ?? name, port: Number(port) })
    this.#keep(outside)
    outside.once('error', () => this.#refuse(inside, 502))
    outside.once('connect', () => {
      this.tunnels.push(target)
      inside.write('HTTP/1.1 200 Connection established\r\n\r\n')
      outside.write(head)
      this.#join(inside, outside)
    })
  }

  #join(inside: Duplex, outside: Duplex): void {
    inside.pipe(outside).pipe(inside)
    inside.once('close', () => outside.destroy())
    outside.once('close', () => inside.destroy())
    const { cutAfterMs } = this.#options
    if (cutAfterMs !== undefined) setTimeout(() => inside.destroy(), cutAfterMs).unref()
  }

  #isAdmitted({ headers }: IncomingMessage): boolean {
    const { account } = this.#options
    const [, encoded] = /^Basic (.+)$/.exec(headers['proxy-authorization'] ?? '') ?? []
    const given = encoded && Buffer.from(encoded, 'base64').toString('utf8')
    if (given !== undefined) this.accounts.push(given)
    return account === undefined || given === account
  }

  #refuse(socket: Duplex, status: number): void {
    this.refusals.push(status)
    const methods = this.#options.methods ?? ['Basic realm="proxy"']
    const asks = methods.map((method) => `Proxy-Authenticate: ${method}\r\n`).join('')
    const page = '<html>Access to this network needs an account.</html>'
    socket.end(
      `HTTP/1.1 ${status} No\r\n${status === 407 ? asks : ''}Content-Type: text/html\r\nContent-Length: ${page.length}\r\n\r\n${page}`,
    )
  }
}
