import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as createWeb } from 'node:https'
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HonestProxy } from '@sanad/simulator/network/honest-proxy'
import { HttpProxy } from '@sanad/outbound/http-proxy'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { parseCertificate } from '@sanad/protocol/asn1/x509'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { issue, makeAuthority, makeRsaKey, spkiOf, toPem } from '../../test/test-pki.ts'
import { SERVER_ID, TestServer } from '../../test/test-server.ts'
import { TimeFloor } from '../trusted-time/time-floor.ts'
import { TrustedClock } from '../trusted-time/trusted-clock.ts'
import { HttpsLink } from './https-link.ts'
import { LinkHealth } from './link-health.ts'
import { ManagementServer } from './management-server.ts'

/** Trouble on the way to the server is told by its kind. */

const root = makeAuthority('Management root')
const inspection = makeAuthority('Ministry Inspection CA')
let folder: string
const peers: Server[] = []

/** A web server with a certificate under the pinned root. */
async function startWeb() {
  const { privateKey, publicKey } = makeRsaKey()
  const names = ['127.0.0.1']
  const usage = OID.serverAuthentication
  const leaf = issue(root, { spki: spkiOf(publicKey), commonName: 'web', usage, names })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
  const web = createWeb({ key, cert: toPem(leaf) }, (_, answer) => answer.writeHead(404).end('no'))
  peers.push(web)
  await new Promise<void>((resolve) => {
    web.listen(0, '127.0.0.1', resolve)
  })
  return `https://127.0.0.1:${(web.address() as AddressInfo).port}`
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sanad-kinds-'))
})
afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close()
  await rm(folder, { recursive: true, force: true })
})

async function ask(url: string, proxy?: HttpProxy) {
  const roots = [parseCertificate(root.der)]
  const clock = new TrustedClock(await TimeFloor.open(join(folder, 'floor'), 0))
  const health = new LinkHealth()
  const { note } = health
  const link = new HttpsLink({ url: new URL(url), roots, clock, timeoutMs: 3000, proxy, note })
  const management = new ManagementServer({ link, serverId: SERVER_ID, roots, clock })
  const asked = await management.recipient().then(
    () => undefined,
    (error: unknown) => error,
  )
  link.close()
  return { asked, health }
}

/** Something at the server's address. */
async function listen(serve: (socket: Socket) => void): Promise<number> {
  const peer = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    serve(socket)
  })
  peers.push(peer)
  await new Promise<void>((resolve) => {
    peer.listen(0, '127.0.0.1', resolve)
  })
  return (peer.address() as AddressInfo).port
}

async function expectKind(url: string, code: string, detail: RegExp, proxy?: HttpProxy) {
  const { asked, health } = await ask(url, proxy)
  expect(asked).toMatchObject({ code, detail: expect.stringMatching(detail) as string })
  expect(health.trouble ?? asked).toMatchObject({ code })
}

describe('Trouble on the way to the server', () => {
  it('is a name that DNS does not know', () =>
    expectKind('https://server.invalid', 'connection.name-unknown', /^server\.invalid:443: E/))

  it('is a port that nothing listens on', async () => {
    const port = await listen(() => undefined)
    peers.splice(0).forEach((peer) => peer.close())
    const url = `https://127.0.0.1:${port}`
    await expectKind(url, 'connection.refused', /^127\.0\.0\.1:\d+: ECONNREFUSED$/)
  })

  it('is a page where TLS should be, as a network that wants a sign-in answers', async () => {
    const port = await listen((socket) =>
      socket.once('data', () =>
        socket.end('HTTP/1.1 302 Found\r\nLocation: http://login/\r\n\r\n'),
      ),
    )
    await expectKind(`https://127.0.0.1:${port}`, 'connection.not-tls', /WRONG_VERSION_NUMBER/)
  })

  it('is a connection that is reset during the handshake', async () => {
    const port = await listen((socket) => socket.once('data', () => socket.resetAndDestroy()))
    const url = `https://127.0.0.1:${port}`
    await expectKind(url, 'connection.broken-off', /closed during the TLS handshake/)
  })

  it('is a connection that breaks off in the middle of an answer', async () => {
    await using server = await TestServer.start({ root })
    await using proxy = await HonestProxy.start()
    server.mischief.delayMs = 10_000
    const asked = ask(server.url, new HttpProxy({ url: new URL(proxy.address) }))
    while (server.questions === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    proxy.cut()
    const { asked: error } = await asked
    expect(error).toMatchObject({ code: 'connection.broken-off' })
    expect(error).toMatchObject({
      detail: expect.stringContaining(' through http://127') as string,
    })
  })

  it('is a certificate for the server by another authority: something opens TLS', async () => {
    await using server = await TestServer.start({ root, tlsRoot: inspection })
    await using proxy = await HonestProxy.start()
    for (const through of [undefined, new HttpProxy({ url: new URL(proxy.address) })])
      await expectKind(
        server.url,
        'client.tls-intercepted',
        /^certificate issued by Ministry Inspection CA$/,
        through,
      )
    expect(server.questions).toBe(0)
  })

  it('is another server’s certificate, by another authority and for another host', async () => {
    await using server = await TestServer.start({
      root,
      tlsRoot: inspection,
      names: ['other.test'],
    })
    await expectKind(server.url, 'client.wrong-server', /not under the pinned root/)
    expect(server.questions).toBe(0)
  })

  it('is a server that has a pinned certificate and is none of Sanad’s', async () => {
    await expectKind(await startWeb(), 'client.not-a-management-server', /statement: HTTP 404/)
  })

  it('is forgotten when an exchange reaches the server, and tells each change once', async () => {
    const told: (string | undefined)[] = []
    const health = new LinkHealth()
    health.watch((trouble) => told.push(trouble?.code))
    await using server = await TestServer.start({ root })
    const { asked } = await ask('https://server.invalid')
    for (const trouble of [asked, asked, undefined, undefined]) health.note(trouble as never)
    expect(told).toEqual(['connection.name-unknown', undefined])
    expect((await ask(server.url)).health.trouble).toBeUndefined()
  })
})
