import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  app,
  dial,
  GET,
  IN_TIME,
  inWork,
  LARGE,
  LAST,
  open,
  say,
  start,
} from '../../../test/one-listener.ts'
import { MOST_WAITING } from './requests-in-turn.ts'

/** The listener over real TLS, asked by sockets that say what no client library would. */

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
