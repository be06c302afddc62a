import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  device,
  expectCode,
  expected,
  findKey,
  makeCheckIn,
  NOW,
  open,
  otherServer,
  server,
} from '../../../test/envelope-parties.ts'
import { encodeBase64url } from '../../text/base64url.ts'
import { parseCompactJws } from './compact.ts'
import { decryptWith, encryptTo } from './encryption.ts'
import { receiveRequest, verifyRequest } from './request.ts'

/** Signs any payload as the device would, and seals it for the server. */
function sealPayload(
  payload: string,
  header: object = {
    alg: 'RS256',
    typ: 'sanad-request+jws',
    'x5t#S256': encodeBase64url(randomBytes(32)),
  },
): string {
  const input = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`
  return encryptTo(
    server.public,
    `${input}.${sign('sha256', Buffer.from(input), device.privateKey).toString('base64url')}`,
  )
}

describe('a request', () => {
  it('opens a request at the server it was encrypted to', async () => {
    const { text, mid } = await makeCheckIn()
    const { envelope, type, at } = open(text)
    expect({ mid: envelope.mid, type, at }).toEqual({ mid, type: 'check-in', at: NOW })
    expect(envelope.ts).toBe('2026-11-24T10:00:00.000Z')
  })

  it('refuses a request that a thief encrypted again to another server', async () => {
    const { text } = await makeCheckIn()
    expectCode(
      () =>
        receiveRequest(text, (kid) => (kid === otherServer.public.kid ? otherServer : undefined)),
      'message.not-decryptable',
    )
    const jws = decryptWith(findKey, text)
    const forwarded = encryptTo(otherServer.public, jws)
    const received = receiveRequest(forwarded, (kid) =>
      kid === otherServer.public.kid ? otherServer : undefined,
    )
    expectCode(
      () => verifyRequest(received, { ...expected, audience: 'other.example' }),
      'message.wrong-audience',
    )
  })

  it('refuses a request that comes too late or too early', async () => {
    const { text } = await makeCheckIn()
    expectCode(() => open(text, { now: NOW + 300_001 }), 'message.time-outside-window')
    expectCode(() => open(text, { now: NOW - 300_001 }), 'message.time-outside-window')
    expect(open(text, { now: NOW + 300_000 }).type).toBe('check-in')
  })

  it('refuses a request under another key', async () => {
    const { text } = await makeCheckIn()
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
    expectCode(() => open(text, { key: other.publicKey }), 'message.signature-invalid')
  })

  it.each([
    [
      'alg none',
      { alg: 'none', typ: 'sanad-request+jws', 'x5t#S256': 'A'.repeat(43) },
      'message.algorithm-refused',
    ],
    [
      'HS256 with the public key as secret',
      { alg: 'HS256', typ: 'sanad-request+jws', 'x5t#S256': 'A'.repeat(43) },
      'message.algorithm-refused',
    ],
    ['another typ', { alg: 'RS256', typ: 'JWT', 'x5t#S256': 'A'.repeat(43) }, 'message.wrong-type'],
    [
      'the typ of an answer',
      { alg: 'RS256', typ: 'sanad-answer+jws', x5c: [] },
      'message.wrong-type',
    ],
    [
      'a jwk',
      { alg: 'RS256', typ: 'sanad-request+jws', 'x5t#S256': 'A'.repeat(43), jwk: {} },
      'message.header-refused',
    ],
    [
      'a jku',
      {
        alg: 'RS256',
        typ: 'sanad-request+jws',
        'x5t#S256': 'A'.repeat(43),
        jku: 'https://evil.example',
      },
      'message.header-refused',
    ],
    [
      'an x5u',
      {
        alg: 'RS256',
        typ: 'sanad-request+jws',
        'x5t#S256': 'A'.repeat(43),
        x5u: 'https://evil.example',
      },
      'message.header-refused',
    ],
    [
      'crit',
      { alg: 'RS256', typ: 'sanad-request+jws', 'x5t#S256': 'A'.repeat(43), crit: ['b64'] },
      'message.header-refused',
    ],
    [
      'b64 false',
      { alg: 'RS256', typ: 'sanad-request+jws', 'x5t#S256': 'A'.repeat(43), b64: false },
      'message.header-refused',
    ],
    [
      'a kid that is a path',
      { alg: 'RS256', typ: 'sanad-request+jws', 'x5t#S256': '../../etc/passwd' },
      'message.header-refused',
    ],
    [
      'a kid that is SQL',
      { alg: 'RS256', typ: 'sanad-request+jws', 'x5t#S256': "' or 1=1 --" },
      'message.header-refused',
    ],
    [
      'both kinds of sender',
      { alg: 'RS256', typ: 'sanad-request+jws', 'x5t#S256': 'A'.repeat(43), x5c: ['AAAA'] },
      'message.header-refused',
    ],
  ])('is refused with %s', (_what, header, code) => {
    expectCode(() => open(sealPayload('{}', header)), code)
  })

  it('refuses undocumented members of a request without naming their values', async () => {
    const { text } = await makeCheckIn()
    const payload = JSON.parse(
      Buffer.from(parseCompactJws(decryptWith(findKey, text)).payload).toString(),
    ) as Record<string, unknown>
    const sealed = sealPayload(JSON.stringify({ ...payload, bioValue: 'SECRET-BIOMETRIC' }))
    let message = ''
    try {
      open(sealed)
    } catch (error) {
      message = JSON.stringify([(error as Error).message, String((error as Error).cause)])
    }
    expect(message).toContain('message.body-refused')
    expect(message).not.toContain('SECRET')
  })

  it.each([
    ['a member twice', '{"v":1,"v":1}'],
    ['a member twice, once escaped', '{"v":1,"\\u0076":1}'],
    ['deep nesting', `${'['.repeat(20)}${']'.repeat(20)}`],
    ['__proto__', '{"__proto__":{"v":1}}'],
    ['a huge integer', '{"seq":9007199254740993}'],
    ['bytes after the end', '{} {}'],
    ['a byte order mark', '\uFEFF{}'],
  ])('is refused with %s in its JSON', (_what, json) => {
    expectCode(() => open(sealPayload(json)), 'request.malformed')
  })
})

it('names a message by what was signed', async () => {
  const { text } = await makeCheckIn()
  const again = encryptTo(server.public, decryptWith(findKey, text))
  const digest = (sealed: string) =>
    createHash('sha256').update(open(sealed).signedPayload).digest('hex')
  expect(digest(again)).toBe(digest(text))
})
