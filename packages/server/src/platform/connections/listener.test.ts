import { execFile, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type TLSSocket, connect } from 'node:tls'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type HttpApp, makeHttpApp } from '../http.ts'
import { makeLogger } from '../log.ts'
import { sendBytes } from '../send-bytes.ts'
import type { ConnectionLimits } from './open-connections.ts'
import { ANSWER_GRACE_MS, BODY_GRACE_MS } from './pace.ts'
import { MOST_HEADER_LINES } from './request-form.ts'
import { MOST_WAITING } from './requests-in-turn.ts'

/** The listener over real TLS, asked by sockets that say what no client library would. */

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

const LARGE = Buffer.alloc(8 * 1024 * 1024, 'x')

/** On a machine that does much else. */
const IN_TIME = { timeout: 20_000 }

let app: HttpApp
const lines: string[] = []
const open: TLSSocket[] = []
let inWork = 0

async function start(limits: Partial<ConnectionLimits> = {}): Promise<number> {
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

async function dial(port: number, localAddress = '127.0.0.1'): Promise<TLSSocket> {
  const options = { host: '127.0.0.1', port, rejectUnauthorized: false, localAddress }
  const socket = connect(options)
  socket.on('error', () => undefined)
  open.push(socket)
  await once(socket, 'secureConnect')
  return socket
}

/** What the server says until it closes, or until `end` is seen. */
function hear(socket: TLSSocket, end = ''): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk
      if (end !== '' && text.includes(end)) resolve(text)
    })
    socket.once('close', () => resolve(text))
  })
}

async function say(port: number, text: string): Promise<string> {
  const socket = await dial(port)
  const heard = hear(socket)
  socket.write(text)
  return heard
}

const GET = (path: string, ...headers: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n')

const LAST = 'Connection: close'

describe('TLS at the one port', () => {
  const offer = async (port: number, ...options: string[]): Promise<string> => {
    const client = promisify(execFile)('openssl', [
      's_client',
      '-connect',
      `127.0.0.1:${port}`,
      ...options,
    ])
    client.child.stdin?.end()
    return client.then(
      ({ stdout }) => /Cipher is (\S+)/.exec(stdout)?.[1] ?? '',
      () => '(NONE)',
    )
  }
  const GOOD = ['ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-CHACHA20-POLY1305']

  it.each([
    ['a static RSA exchange', 'AES256-GCM-SHA384'],
    ['a static RSA exchange with CBC and SHA-1', 'AES128-SHA'],
    ['CBC with SHA-1', 'ECDHE-RSA-AES256-SHA'],
    ['CBC with SHA-1 and an elliptic curve', 'ECDHE-ECDSA-AES128-SHA'],
    ['CBC with SHA-2', 'ECDHE-RSA-AES256-SHA384'],
    ['CCM with a short tag', 'ECDHE-ECDSA-AES128-CCM8'],
    ['a finite field exchange', 'DHE-RSA-AES256-GCM-SHA384'],
    ['an anonymous exchange', 'AECDH-AES256-SHA'],
    ['no encryption', 'ECDHE-RSA-NULL-SHA'],
    ['everything that is not on the list', `ALL:COMPLEMENTOFALL:!AESGCM:!CHACHA20`],
    ['everything with a static exchange', 'kRSA:kDHE:kPSK:kECDHEPSK'],
  ])('refuses TLS 1.2 with %s', async (_what, suites) => {
    const port = await start()
    expect(await offer(port, '-tls1_2', '-cipher', `${suites}:@SECLEVEL=0`)).toBe('(NONE)')
  })

  it('refuses versions before 1.2', async () => {
    const port = await start()
    for (const version of ['-tls1', '-tls1_1'])
      expect(await offer(port, version, '-cipher', 'ALL:@SECLEVEL=0')).toBe('(NONE)')
  })

  it('takes TLS 1.2 with an ephemeral exchange and authenticated encryption', async () => {
    const port = await start()
    for (const suite of GOOD) expect(await offer(port, '-tls1_2', '-cipher', suite)).toBe(suite)
  })

  it('takes TLS 1.3, and the exchange that a quantum computer does not open', async () => {
    const port = await start()
    const socket = connect({
      port,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
      ecdhCurve: 'X25519MLKEM768',
    })
    open.push(socket)
    await once(socket, 'secureConnect')
    expect(socket.getProtocol()).toBe('TLSv1.3')
  })

  it('does not begin a handshake again for a client of TLS 1.2 that asks for it', async () => {
    const port = await start()
    const socket = connect({ port, rejectUnauthorized: false, maxVersion: 'TLSv1.2' })
    open.push(socket)
    await once(socket, 'secureConnect')
    const error = await new Promise((resolve) => {
      socket.on('error', resolve)
      socket.renegotiate({ rejectUnauthorized: false }, resolve)
    })
    expect(String(error)).toMatch(/renegotiation/i)
  })
})

describe('one connection', () => {
  it('that asks without end is closed, and delays nobody', async () => {
    const port = await start()
    const stranger = await dial(port)
    stranger.write(GET('/never').repeat(2_000))
    await expect.poll(() => stranger.closed, IN_TIME).toBe(true)
    expect(inWork).toBeLessThanOrEqual(1)
    expect(await say(port, GET('/quick', LAST))).toContain('{"well":true}')
  })

  it('that never reads a large answer holds one piece of it', async () => {
    const port = await start()
    const before = process.memoryUsage().rss
    const strangers = await Promise.all(Array.from({ length: 12 }, () => dial(port)))
    for (const stranger of strangers) stranger.pause().write(GET('/large').repeat(MOST_WAITING))
    // The kernel takes what it has room for; the rest stays where it is.
    await expect.poll(() => app.connections.counts.connections, IN_TIME).toBe(12)
    expect(await say(port, GET('/quick', LAST))).toContain('{"well":true}')
    expect(process.memoryUsage().rss - before).toBeLessThan(LARGE.length * 6)
  })
})

describe('a client that is too slow', () => {
  it('with its body is told so when its time is over, and not before', async () => {
    const port = await start()
    const stranger = await dial(port)
    const heard = hear(stranger)
    stranger.write(
      'POST /body HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{',
    )
    const now = performance.now()
    await expect.poll(() => sweepUntilAsking(now), IN_TIME).toBe(1)
    app.connections.sweep(now + BODY_GRACE_MS)
    expect(stranger.closed).toBe(false)
    app.connections.sweep(now + BODY_GRACE_MS + 60_000)
    expect(await heard).toContain('request.too-slow')
  })

  it('with reading is closed when its time is over', async () => {
    const port = await start()
    const stranger = (await dial(port)).pause()
    stranger.write(GET('/large'))
    const now = performance.now()
    await expect.poll(() => sweepUntilAsking(now), IN_TIME).toBe(1)
    app.connections.sweep(now + BODY_GRACE_MS * 2)
    expect(app.connections.counts.closed).toBe(0)
    app.connections.sweep(now + ANSWER_GRACE_MS + 3_600_000)
    expect(app.connections.counts.closed).toBe(1)
    await expect.poll(() => app.connections.counts.sockets, IN_TIME).toBe(0)
  })

  /** The wait begins with the first look that finds it. */
  function sweepUntilAsking(now: number): number {
    app.connections.sweep(now)
    return app.connections.counts.waiting
  }
})

describe('where a bound of connections is reached', () => {
  it('the oldest idle one of that network makes room, so that a crowd behind one address is never refused', async () => {
    const port = await start({ mostPerNetwork: 3 })
    const [first, ...others] = [await dial(port), await dial(port), await dial(port)]
    expect(await say(port, GET('/quick', LAST))).toContain('{"well":true}')
    expect(first?.closed).toBe(true)
    expect(others.map(({ closed }) => closed)).toEqual([false, false])
    expect(app.connections.counts).toMatchObject({ refused: 0, closed: 1 })
  })

  it('one that the server is working for stays', async () => {
    const port = await start({ mostPerNetwork: 2 })
    const busy = await dial(port)
    busy.write(GET('/never'))
    await expect.poll(() => inWork, IN_TIME).toBe(1)
    await dial(port)
    expect(await say(port, GET('/quick', LAST))).toContain('{"well":true}')
    expect(busy.closed).toBe(false)
  })

  it('the network that has the most makes room for all others', async () => {
    const port = await start({ mostConnections: 8 })
    for (let count = 0; count < 7; count++) await dial(port, '127.0.0.2')
    const honest = await dial(port, '127.0.0.3')
    await dial(port, '127.0.0.4')
    await dial(port, '127.0.0.4')
    expect(honest.closed).toBe(false)
    expect(app.connections.counts.refused).toBe(0)
    expect(open.filter(({ closed }) => closed)).toHaveLength(2)
    expect(open.slice(0, 2).every(({ closed }) => closed)).toBe(true)
  })

  it('a new one is refused only while the server works for every other', async () => {
    const port = await start({ mostConnections: 1 })
    const busy = await dial(port)
    busy.write(GET('/never'))
    await expect.poll(() => inWork, IN_TIME).toBe(1)
    await expect(dial(port)).rejects.toThrow()
    expect(app.connections.counts.refused).toBe(1)
    busy.destroy()
    await expect.poll(() => app.connections.counts.sockets, IN_TIME).toBe(0)
    expect(await say(port, GET('/quick', LAST))).toContain('{"well":true}')
  })
})

describe('what is no request of ours', () => {
  const refused = async (text: string): Promise<{ status: number; code: string }> => {
    const answer = await say(await start(), text)
    const { code = '' } = JSON.parse(answer.slice(answer.indexOf('{'))) as { code?: string }
    return { status: Number(answer.slice(9, 12)), code }
  }
  const HOST = 'Host: localhost'
  const write = (...head: string[]): string => [...head, LAST, '', ''].join('\r\n')

  it.each([
    ['two Host lines', write('GET /quick HTTP/1.1', HOST, HOST), 400, 'request.malformed'],
    [
      'two Host lines that differ',
      write('GET /quick HTTP/1.1', HOST, 'host: b'),
      400,
      'request.malformed',
    ],
    ['no Host line', write('GET /quick HTTP/1.1'), 400, 'request.malformed'],
    ['a Host that is a page', write('GET /quick HTTP/1.1', 'Host: a/b'), 400, 'request.malformed'],
    ['a list of hosts', write('GET /quick HTTP/1.1', 'Host: a, b'), 400, 'request.malformed'],
    ['QUERY', write('QUERY /quick HTTP/1.1', HOST), 405, 'request.method-not-supported'],
    ['TRACE', write('TRACE /quick HTTP/1.1', HOST), 405, 'request.method-not-supported'],
    ['PROPFIND', write('PROPFIND /quick HTTP/1.1', HOST), 405, 'request.method-not-supported'],
    [
      'a method that does not exist',
      write('TEAPOT /quick HTTP/1.1', HOST),
      400,
      'request.malformed',
    ],
    ['what is not HTTP', 'hello, is anybody there?\r\n\r\n', 400, 'request.malformed'],
    [
      'a length and chunks at once',
      write('POST /body HTTP/1.1', HOST, 'Content-Length: 3', 'Transfer-Encoding: chunked'),
      400,
      'request.malformed',
    ],
    ['a broken escape', write('GET /%E0%A4%A HTTP/1.1', HOST), 400, 'request.malformed'],
    [
      'an address longer than any of ours',
      write(`GET /named/${'a'.repeat(400)} HTTP/1.1`, HOST),
      414,
      'request.address-too-long',
    ],
    [
      'more header lines than anybody has',
      write(
        'GET /quick HTTP/1.1',
        HOST,
        ...Array.from({ length: MOST_HEADER_LINES }, (_, at) => `x-${at}: 1`),
      ),
      431,
      'request.headers-too-large',
    ],
    [
      'larger headers than anybody has',
      write('GET /quick HTTP/1.1', HOST, `x: ${'a'.repeat(20_000)}`),
      431,
      'request.headers-too-large',
    ],
    [
      'a media type that nobody reads',
      write('POST /body HTTP/1.1', HOST, 'Content-Type: image/png', 'Content-Length: 0'),
      415,
      'request.unsupported-media-type',
    ],
  ])(
    '%s is refused as the sender’s own fault, without a line in the log',
    async (_what, text, status, code) => {
      expect(await refused(text)).toEqual({ status, code })
      expect(lines.filter((line) => !line.includes('istening'))).toEqual([])
    },
  )
})
