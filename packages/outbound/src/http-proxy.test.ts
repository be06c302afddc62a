import type { LookupFunction, Socket } from 'node:net'
import { HonestProxy } from '@sanad/simulator/network/honest-proxy'
import { describe, expect, it } from 'vitest'
import { RawPeer } from '../test/raw-peer.ts'
import { dial } from './dial.ts'
import { Exceptions } from './exceptions.ts'
import { HttpProxy, type HttpProxyOptions } from './http-proxy.ts'

const MINUTE = 60_000

function proxyAt(address: string, account?: string, more: Partial<HttpProxyOptions> = {}) {
  const [user = '', password = ''] = account?.split(':') ?? []
  const readAccount = account === undefined ? undefined : () => Promise.resolve({ user, password })
  return new HttpProxy({ url: new URL(address), readAccount, ...more })
}

const open = (proxy: HttpProxy, port = 9, host = '127.0.0.1'): Promise<Socket> =>
  proxy.open({ host, port, timeoutMs: 3_000 })

/** Says hello to each client that speaks. */
const aServer = () => RawPeer.start((socket, heard) => socket.end(`heard ${heard}`))

async function exchange(socket: Socket): Promise<string> {
  socket.write('ping')
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('latin1')
}

describe('A tunnel through an HTTP proxy', () => {
  it('carries bytes to the server and back', async () => {
    await using server = await aServer()
    await using proxy = await HonestProxy.start()
    const socket = await open(proxyAt(proxy.address), server.port)
    expect(await exchange(socket)).toBe('heard ping')
    expect(proxy.tunnels).toEqual([`127.0.0.1:${server.port}`])
    expect(proxy.accounts).toEqual([])
  })

  it('leads to a name that only the proxy knows, and to an IPv6 proxy and server', async () => {
    await using server = await RawPeer.start((socket) => socket.end('here'), '::1')
    await using proxy = await HonestProxy.start({ host: '::1', hosts: { 'no.dns.test': '::1' } })
    expect(proxy.address).toMatch(/^http:\/\/\[::1\]:/)
    const named = await open(proxyAt(proxy.address), server.port, 'no.dns.test')
    expect(await exchange(named)).toBe('here')
    expect(await exchange(await open(proxyAt(proxy.address), server.port, '::1'))).toBe('here')
    expect(proxy.tunnels).toEqual([`no.dns.test:${server.port}`, `[::1]:${server.port}`])
  })

  it('is not used for an exception', async () => {
    await using server = await aServer()
    await using proxy = await HonestProxy.start()
    const through = proxyAt(proxy.address, undefined, { exceptions: new Exceptions(['127.0.0.1']) })
    const target = { host: '127.0.0.1', port: server.port, timeoutMs: 3_000 }
    expect(await exchange(await dial({ ...target, proxy: through }))).toBe('heard ping')
    expect(proxy.tunnels).toEqual([])
  })

  it('closes its connection to the proxy when the caller closes', async () => {
    await using server = await RawPeer.start(() => undefined)
    await using proxy = await HonestProxy.start()
    const socket = await open(proxyAt(proxy.address), server.port)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.destroy()
    await closed
    expect(socket.destroyed).toBe(true)
  })
})

describe('A proxy that asks for an account', () => {
  it('gets it with the first CONNECT', async () => {
    await using server = await aServer()
    await using proxy = await HonestProxy.start({ account: 'noor:s3cret' })
    await exchange(await open(proxyAt(proxy.address, 'noor:s3cret'), server.port))
    expect(proxy.accounts).toEqual(['noor:s3cret'])
    expect(proxy.refusals).toEqual([])
  })

  it('tells no account from a wrong one, and from a method that is not Basic', async () => {
    await using proxy = await HonestProxy.start({ account: 'noor:s3cret' })
    await using ntlm = await HonestProxy.start({
      account: 'x:y',
      methods: ['Negotiate', 'NTLM', 'Digest realm="a, Basic", qop="auth", nonce="x"'],
    })
    await expect(open(proxyAt(proxy.address))).rejects.toMatchObject({
      code: 'proxy.account-needed',
      detail: `${proxy.address}: HTTP 407`,
    })
    const wrong = open(proxyAt(proxy.address, 'noor:wrong-password'))
    await expect(wrong).rejects.toMatchObject({ code: 'proxy.account-refused' })
    await expect(wrong).rejects.not.toThrow(/wrong-password|bm9vcj/)
    for (const account of [undefined, 'noor:s3cret'])
      await expect(open(proxyAt(ntlm.address, account))).rejects.toMatchObject({
        code: 'proxy.method-unsupported',
        detail: `${ntlm.address} wants Negotiate, NTLM, Digest`,
      })
  })

  it('takes Basic where Basic is one of several methods', async () => {
    await using proxy = await HonestProxy.start({
      account: 'noor:s3cret',
      methods: ['Negotiate', 'NTLM', 'Basic realm="ministry"'],
    })
    const refused = open(proxyAt(proxy.address, 'noor:wrong'))
    await expect(refused).rejects.toMatchObject({ code: 'proxy.account-refused' })
  })

  it('hears a refused account once in a quarter of an hour, then once in an hour', async () => {
    await using proxy = await HonestProxy.start({ account: 'noor:s3cret' })
    let now = 0
    const through = proxyAt(proxy.address, 'noor:wrong', { now: () => now })
    const tries: number[] = []
    for (; now <= 140 * MINUTE; now += MINUTE) {
      const before = proxy.accounts.length
      await expect(open(through)).rejects.toMatchObject({ code: 'proxy.account-refused' })
      if (proxy.accounts.length > before) tries.push(now / MINUTE)
    }
    expect(tries).toEqual([0, 15, 75, 135])
  })

  it('hears a wrong account once, however many devices begin at the same time', async () => {
    await using proxy = await HonestProxy.start({ account: 'noor:s3cret' })
    const through = proxyAt(proxy.address, 'noor:wrong')
    const all = await Promise.allSettled(Array.from({ length: 20 }, () => open(through)))
    const codes = new Set(all.map((one) => one.status === 'rejected' && codeOf(one.reason)))
    expect([...codes]).toEqual(['proxy.account-refused'])
    expect(proxy.accounts).toHaveLength(1)
  })

  it('hears a corrected account at once', async () => {
    await using server = await aServer()
    await using proxy = await HonestProxy.start({ account: 'noor:s3cret' })
    let password = 'wrong'
    const readAccount = () => Promise.resolve({ user: 'noor', password })
    const through = proxyAt(proxy.address, undefined, { readAccount })
    await expect(open(through, server.port)).rejects.toMatchObject({
      code: 'proxy.account-refused',
    })
    password = 's3cret'
    expect(await exchange(await open(through, server.port))).toBe('heard ping')
  })
})

describe('A proxy that misbehaves', () => {
  const LONG = `X-Long: ${'x'.repeat(20_000)}`
  it.each([
    ['forbids the server', 'HTTP/1.1 403 Forbidden\r\n\r\n', 'proxy.refused'],
    ['cannot reach the server', 'HTTP/1.1 503 No\r\n\r\n', 'proxy.server-unreachable'],
    ['cannot find the server’s name', 'HTTP/1.1 502 No\r\n\r\n', 'proxy.server-unreachable'],
    ['is a web server', 'HTTP/1.1 405 No\r\nAllow: GET\r\n\r\n', 'proxy.not-a-proxy'],
    ['is no HTTP server', 'SSH-2.0-OpenSSH_9.2\r\n', 'proxy.not-a-proxy'],
    ['sends garbage', '\0\x01\x02\x03\x04\xff\r\n\r\n', 'proxy.not-a-proxy'],
    ['sends headers without end', `HTTP/1.1 200 OK\r\n${LONG}\r\n\r\n`, 'proxy.not-a-proxy'],
    ['closes silently', '', 'proxy.broke-off'],
    ['dies in the middle of its answer', 'HTTP/1.1 200 Conn', 'proxy.broke-off'],
    [
      'answers 200 with a page',
      'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Sign in</html>',
      'connection.not-tls',
    ],
  ])('%s: told by its kind', async (_, answer, code) => {
    await using peer = await RawPeer.start((socket) => socket.end(answer, 'latin1'))
    await expect(open(proxyAt(peer.address))).rejects.toMatchObject({ code })
  })

  it('is given up when it does not answer in time, or answers byte by byte without end', async () => {
    await using silent = await RawPeer.start(() => undefined)
    await using slow = await RawPeer.start((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nX-Slow: ')
      const drip = setInterval(() => socket.write('x'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    for (const { address } of [silent, slow]) {
      const asked = proxyAt(address).open({ host: 'a.example', port: 443, timeoutMs: 300 })
      await expect(asked).rejects.toMatchObject({ code: 'proxy.too-slow' })
    }
  })

  it('is not there, or has a name that DNS does not know', async () => {
    const peer = await RawPeer.start(() => undefined)
    const { address } = peer
    await peer[Symbol.asyncDispose]()
    await expect(open(proxyAt(address))).rejects.toMatchObject({
      code: 'proxy.unreachable',
      detail: `${address}: ECONNREFUSED`,
    })
    const unknown = open(proxyAt('http://proxy.invalid:3128'))
    await expect(unknown).rejects.toMatchObject({ code: 'proxy.name-unknown' })
  })

  it('repeats what it was sent in its page, and the log gets none of it', async () => {
    await using peer = await RawPeer.start((socket, heard) =>
      socket.end(`HTTP/1.1 403 ${heard.slice(-40).replaceAll('\r\n', ' ')}\r\n\r\n${heard}`),
    )
    const refused = open(proxyAt(peer.address, 'noor:s3cret'))
    await expect(refused).rejects.toMatchObject({ detail: `${peer.address}: HTTP 403` })
  })
})

describe('A direct connection', () => {
  it('tells a name that DNS does not know from a port that no program listens on', async () => {
    const peer = await RawPeer.start(() => undefined)
    const { port } = peer
    await peer[Symbol.asyncDispose]()
    const at = (host: string) => dial({ host, port, timeoutMs: 3_000 })
    await expect(at('server.invalid')).rejects.toMatchObject({ code: 'connection.name-unknown' })
    await expect(at('127.0.0.1')).rejects.toMatchObject({
      code: 'connection.refused',
      detail: `127.0.0.1:${port}: ECONNREFUSED`,
    })
  })

  it('tells an address without a way to it, and one that says nothing', async () => {
    const lookup: LookupFunction = (_name, _options, done) =>
      done(Object.assign(new Error('no'), { code: 'ENETUNREACH' }), [])
    const target = { host: 'server.example', port: 9, timeoutMs: 3_000 }
    const noRoute = dial({ ...target, lookup })
    await expect(noRoute).rejects.toMatchObject({ code: 'connection.no-route' })
    const never = dial({ ...target, timeoutMs: 100, lookup: () => undefined })
    await expect(never).rejects.toMatchObject({ code: 'connection.timed-out' })
  })
})

const codeOf = (error: unknown): unknown => error instanceof Error && Reflect.get(error, 'code')
