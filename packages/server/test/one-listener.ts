import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { afterEach, beforeAll } from 'vitest'
import type { ConnectionLimits } from '../src/platform/connections/open-connections.ts'
import { type HttpApp, makeHttpApp } from '../src/platform/http.ts'
import { makeLogger } from '../src/platform/log.ts'
import { sendBytes } from '../src/platform/send-bytes.ts'

/** What the tests of the listener share: one that is started as a test wants it, and sockets to it. */

/** An RSA key and one of an elliptic curve: neither kind of suite fails only for want of a key. */
interface Keys {
  readonly key: string[]
  readonly cert: string[]
}

let keys: Keys
beforeAll(() => {
  const directory = mkdtempSync(join(tmpdir(), 'sanad-tls-'))
  const kinds = [['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], ['rsa:2048']]
  const made = kinds.map(([kind = '', ...options], at) => {
    const [key, cert] = [join(directory, `${at}.key`), join(directory, `${at}.pem`)]
    const wanted = ['-newkey', kind, ...options, '-nodes', '-subj', '/CN=localhost', '-days', '2']
    execFileSync('openssl', ['req', '-x509', ...wanted, '-keyout', key, '-out', cert], {
      stdio: 'ignore',
    })
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  })
  keys = { key: made.map(({ key }) => key), cert: made.map(({ cert }) => cert) }
  rmSync(directory, { recursive: true })
})

export const LARGE = Buffer.alloc(8 * 1024 * 1024, 'x')

/** On a machine that does much else. */
export const IN_TIME = { timeout: 20_000 }

export let app: HttpApp
export const lines: string[] = []
export const open: TLSSocket[] = []
export let inWork = 0

export async function start(limits: Partial<ConnectionLimits> = {}): Promise<number> {
  const log = makeLogger('info', { write: (line) => void lines.push(line) })
  app = makeHttpApp({ tls: keys, log, limits })
  app.get('/quick', () => ({ well: true }))
  app.get('/named/:name', () => ({ well: true }))
  app.get('/never', async () => {
    inWork++
    await new Promise(() => undefined)
  })
  app.get('/large', (_request, reply) => sendBytes(reply, LARGE))
  app.post('/body', () => ({ well: true }))
  await app.listen({ host: '127.0.0.1', port: 0 })
  return portOf(app)
}

const portOf = ({ server }: HttpApp): number => (server.address() as AddressInfo).port

afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy()
  app.server.closeAllConnections()
  await app.close()
  lines.length = 0
  inWork = 0
})

export async function dial(port: number, localAddress = '127.0.0.1'): Promise<TLSSocket> {
  const options = { host: '127.0.0.1', port, rejectUnauthorized: false, localAddress }
  const socket = connect(options)
  socket.on('error', () => undefined)
  open.push(socket)
  await once(socket, 'secureConnect')
  return socket
}

/** What the server says until it closes, or until `end` is seen. */
export function hear(socket: TLSSocket, end = ''): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk
      if (end !== '' && text.includes(end)) resolve(text)
    })
    socket.once('close', () => resolve(text))
  })
}

export async function say(port: number, text: string): Promise<string> {
  const socket = await dial(port)
  const heard = hear(socket)
  socket.write(text)
  return heard
}

export const GET = (path: string, ...headers: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n')

export const LAST = 'Connection: close'
