import { readFile, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseCertificate } from '@sanad/protocol/asn1/x509'
import { OID, identifierIn } from '@sanad/protocol/asn1/object-identifiers'
import { type TestAuthority, makeAuthority } from '../../test/test-pki.ts'
import { SERVER_ID, TestServer } from '../../test/test-server.ts'
import { makeSigner } from '../../test/server-answers.ts'
import { TimeFloor } from '../trusted-time/time-floor.ts'
import { HttpsLink } from './https-link.ts'
import { ManagementServer } from './management-server.ts'
import { TrustedClock } from '../trusted-time/trusted-clock.ts'

const root = makeAuthority('Management root')
/** The right name, and another key. */
const impostor = makeAuthority('Management root')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sanad-link-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function connectTo(
  server: TestServer,
  { pinned = root, url = server.url, earliest = 0, serverId = SERVER_ID } = {},
) {
  const roots = [parseCertificate((pinned satisfies TestAuthority).der)]
  const clock = new TrustedClock(await TimeFloor.open(join(folder, 'floor'), earliest))
  const link = new HttpsLink({ url: new URL(url), roots, clock, timeoutMs: 3000 })
  return new ManagementServer({ link, serverId, roots, clock })
}

const readFloor = () => readFile(join(folder, 'floor'), 'utf8').catch(() => 'none')

async function expectRefusal(server: TestServer, code: string, options = {}): Promise<void> {
  const management = await connectTo(server, options)
  await expect(management.recipient()).rejects.toMatchObject({ code })
  expect(management.clock.isSet).toBe(false)
  expect(await readFloor()).toBe('none')
}

describe('The link to the management server', () => {
  it('learns key and time from the pinned server with one question', async () => {
    await using server = await TestServer.start({ root })
    const management = await connectTo(server)
    const [first] = await Promise.all([management.recipient(), management.recipient()])
    expect(await management.recipient()).toEqual(first)
    expect(server.statements).toBe(1)
    expect(Math.abs(management.clock.now() - Date.now())).toBeLessThan(1000)
  })

  it('asks for the statement again when in doubt, but not for every message', async () => {
    await using server = await TestServer.start({ root })
    const management = await connectTo(server)
    await management.recipient()
    management.doubt()
    await management.recipient()
    expect(server.statements).toBe(1)
  })

  it('refuses another TLS certificate in the middle, and sends it nothing', async () => {
    await using server = await TestServer.start({ root, tlsRoot: impostor })
    await expectRefusal(server, 'client.wrong-server')
    expect(server.statements).toBe(0)
  })

  it('refuses a TLS certificate for another host', async () => {
    await using server = await TestServer.start({ root, names: ['10.9.8.7', 'other.example'] })
    await expectRefusal(server, 'client.wrong-server')
    expect(server.statements).toBe(0)
  })

  it('accepts a host name as well as an address', async () => {
    await using server = await TestServer.start({ root })
    const url = `https://localhost:${server.port}`
    await (await connectTo(server, { url })).recipient()
    expect(server.statements).toBe(1)
  })

  it('refuses a TLS certificate that ended before the floor, even if the machine’s clock is earlier', async () => {
    await using server = await TestServer.start({ root })
    const earliest = Date.now() + 400 * 86_400_000
    await expectRefusal(server, 'client.server-certificate-outside-dates', { earliest })
  })

  it('refuses a statement under another root of the same name', async () => {
    await using server = await TestServer.start({ root })
    server.mischief.statementSigner = makeSigner(impostor)
    await expectRefusal(server, 'client.wrong-server')
  })

  it('refuses a statement by a key of the right root that is certified for something else', async () => {
    await using server = await TestServer.start({ root })
    server.mischief.statementSigner = makeSigner(root, OID.serverAuthentication)
    await expectRefusal(server, 'client.wrong-server')
  })

  it('accepts the statement of a server from before docs/adr/0010, under the same pinned root', async () => {
    await using server = await TestServer.start({ root })
    const usage = identifierIn('former', OID.managementResponse)
    server.mischief.statementSigner = makeSigner(root, usage)
    await (await connectTo(server)).recipient()
  })

  it('refuses a statement by a command key of before docs/adr/0010', async () => {
    await using server = await TestServer.start({ root })
    const usage = identifierIn('former', OID.managementCommand)
    server.mischief.statementSigner = makeSigner(root, usage)
    await expectRefusal(server, 'client.wrong-server')
  })

  it('refuses a statement to another nonce', async () => {
    await using server = await TestServer.start({ root })
    server.mischief.alterStatement = (statement) => ({ ...statement, nonce: 'A'.repeat(43) })
    await expectRefusal(server, 'message.not-an-answer-to-this')
  })

  it('refuses the statement of another server of the same operator', async () => {
    await using server = await TestServer.start({ root })
    await expectRefusal(server, 'client.wrong-server', { serverId: 'another.test' })
  })

  it('refuses a statement with a time before the floor', async () => {
    await using server = await TestServer.start({ root })
    const old = Date.now() - 60_000
    server.mischief.alterStatement = (statement) => ({
      ...statement,
      time: { midpoint: old, radius: 50 },
    })
    await expectRefusal(server, 'message.time-outside-window', { earliest: Date.now() - 30_000 })
  })

  it('stops reading an answer that is too large', async () => {
    await using server = await TestServer.start({ root })
    const management = await connectTo(server)
    await management.recipient()
    server.mischief.status = { code: 200, body: 'x'.repeat(70_000) }
    const { privateKey } = await import('node:crypto').then(({ generateKeyPairSync }) =>
      generateKeyPairSync('x25519'),
    )
    const pending = {
      type: 'check-in' as const,
      text: 'x',
      mid: 'm',
      subject: 's',
      signedDigitalId: 'd',
      replyKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
      madeAt: 0,
    }
    await expect(management.deliver(pending)).rejects.toMatchObject({
      code: 'client.answer-too-large',
    })
    server.mischief.status = { code: 503, retryAfter: '7' }
    expect(await management.deliver(pending)).toEqual({ kind: 'postponed', retryAfterSeconds: 7 })
    server.mischief.status = { code: 503, retryAfter: '99999999' }
    expect(await management.deliver(pending)).toEqual({
      kind: 'postponed',
      retryAfterSeconds: 3600,
    })
    server.mischief.status = { code: 401 }
    expect(await management.deliver(pending)).toEqual({ kind: 'not-recognised' })
  })

  it('times out on a server that never answers', async () => {
    await using server = await TestServer.start({ root })
    server.mischief.delayMs = 10_000
    await expectRefusal(server, 'client.server-unreachable')
  })

  it('times out on a server that accepts and never completes the handshake', async () => {
    await using server = await TestServer.start({ root })
    const mute = createServer()
    await new Promise<void>((resolve) => {
      mute.listen(0, '127.0.0.1', resolve)
    })
    const { port } = mute.address() as { port: number }
    const url = `https://127.0.0.1:${port}`
    await expectRefusal(server, 'client.server-unreachable', { url })
    mute.close()
  })
})
