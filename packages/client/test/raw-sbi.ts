import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'

/** An SBI that answers what a test tells it to, verb by verb, on a port of its own. */
export class RawSbi implements AsyncDisposable {
  readonly verbs: string[] = []
  /** The body for a verb, or the bytes of the whole answer; undefined for 405, null for silence. */
  answer: (verb: string) => string | Uint8Array | null | undefined = () => undefined
  readonly port: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.once('data', (chunk) => {
        const [verb = ''] = String(chunk).split(' ')
        this.verbs.push(verb)
        const body = this.answer(verb)
        if (body === null) return
        if (body instanceof Uint8Array) socket.end(body)
        else if (body === undefined) socket.end('HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n')
        else
          socket.end(
            `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: Closed\r\n\r\n${body}`,
          )
      })
    })
  }

  /** @param port any free one without it; another program must not have it */
  static async open({ port = 0, host = '127.0.0.1' } = {}): Promise<RawSbi> {
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
    return new RawSbi(server)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => {
      this.#server.close(resolve)
    })
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export const DIGITAL_ID = {
  serialNo: 'EXS000000000001',
  make: 'Example',
  model: 'Slap 442',
  type: 'Finger',
  deviceSubType: 'Slap',
  deviceProvider: 'Example Biometrics',
  deviceProviderId: 'EXAMPLE.BIOMETRICS',
  dateTime: '2026-11-24T10:00:00Z',
}

export const unregistered = (changes: object = {}) => ({
  deviceStatus: 'Not Registered',
  certification: 'L0',
  serviceVersion: '1.0.0',
  digitalId: encode({ ...DIGITAL_ID, ...changes }),
  specVersion: ['0.9.5'],
  purpose: '',
  deviceSubId: ['1'],
  callbackId: 'http://127.0.0.1:4501/',
  error: { errorCode: '100', errorInfo: 'Device not registered' },
})

/** A well-behaved, unregistered device of the edition whose verbs are given. */
export function behaveAs(
  discover: string,
  inform: string,
  device: () => object,
): (verb: string) => string | undefined {
  return (verb) => {
    if (verb === discover) return JSON.stringify([device()])
    if (verb === inform)
      return JSON.stringify([{ deviceInfo: encode({ ...device(), firmware: '1', env: 'None' }) }])
    return undefined
  }
}
