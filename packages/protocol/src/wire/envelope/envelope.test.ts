import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { CompactEncrypt, CompactSign, compactDecrypt, compactVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { decodeBase64url, encodeBase64url } from '../../text/base64url.ts'
import type { DigitalId } from '../../domain/digital-id.ts'
import type { DeviceInformation } from '../messages/device-information.ts'
import { SanadError } from '../../text/problems.ts'
import { parseStrictJson } from '../../text/strict-json.ts'
import { parseTimestamp } from '../../text/timestamps.ts'
import { type AgreementKey, decryptWith, encryptTo, generateAgreementKey } from './encryption.ts'
import { parseCompactJws } from './compact.ts'
import { type NewRequest, makeRequest, receiveRequest, verifyRequest } from './request.ts'
import { signDigitalId } from './digital-id.ts'
import { signWith, verifyJws } from './signing.ts'

const NOW = Date.UTC(2026, 10, 24, 10, 0, 0)
const device = generateKeyPairSync('rsa', { modulusLength: 2048 })
const server = generateAgreementKey()
const otherServer = generateAgreementKey()
const findKey = (kid: string) => (kid === server.public.kid ? server : undefined)

const digitalId: DigitalId = {
  serialNo: 'FS80H2600001',
  make: 'Acme',
  model: 'FS-80H',
  type: 'Finger',
  deviceSubType: 'Slap',
  deviceProvider: 'Acme Biometrics',
  deviceProviderId: 'ACME',
  dateTime: '2026-11-24T09:59:00Z',
}
const deviceInformation = {
  deviceStatus: 'Ready',
  certification: 'L1',
  firmware: '1.0.0',
  serviceVersion: '1.0.0',
  specVersions: ['0.9.5'],
  purpose: 'Registration',
  env: 'Staging',
  clientVersion: '0.1.0',
  operatingSystem: 'Linux',
} satisfies DeviceInformation

async function makeCheckIn(change: Partial<NewRequest<'check-in'>> = {}) {
  const request: NewRequest<'check-in'> = {
    type: 'check-in',
    body: {
      deviceInformation,
      installation: encodeBase64url(randomBytes(16)),
      certificateInUse: 'yes',
    },
    seq: 1,
    at: NOW,
    audience: 'management.acme.example',
    digitalId,
    signedDigitalId: await signDigitalId(digitalId, [], signWith(device.privateKey, 'RS256')),
    sender: { thumbprint: encodeBase64url(randomBytes(32)) },
    signInput: signWith(device.privateKey, 'RS256'),
    recipient: server.public,
    ...change,
  }
  return makeRequest(request)
}

const expected = {
  key: device.publicKey,
  audience: 'management.acme.example',
  now: NOW,
  window: 300_000,
}
const open = (text: string, change: Partial<typeof expected> = {}) =>
  verifyRequest(receiveRequest(text, findKey), { ...expected, ...change })

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

function expectCode(work: () => unknown, code: string): void {
  let thrown: unknown
  try {
    work()
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(SanadError)
  expect((thrown as SanadError).code).toBe(code)
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

describe('the encryption', () => {
  const zipped = (key: AgreementKey) => {
    const [header = '', ...rest] = encryptTo(key.public, 'x').split('.')
    const parsed = JSON.parse(Buffer.from(header, 'base64url').toString()) as object
    return [
      Buffer.from(JSON.stringify({ ...parsed, zip: 'DEF' })).toString('base64url'),
      ...rest,
    ].join('.')
  }
  const withHeader = (change: object) => {
    const [header = '', ...rest] = encryptTo(server.public, 'x').split('.')
    const parsed = JSON.parse(Buffer.from(header, 'base64url').toString()) as object
    return [
      Buffer.from(JSON.stringify({ ...parsed, ...change })).toString('base64url'),
      ...rest,
    ].join('.')
  }

  it('refuses compression before it decrypts', () =>
    expectCode(() => decryptWith(findKey, zipped(server)), 'message.header-refused'))
  it.each([
    ['RSA1_5', { alg: 'RSA1_5' }],
    ['PBES2', { alg: 'PBES2-HS256+A128KW' }],
    ['dir', { alg: 'dir' }],
    ['CBC', { enc: 'A128CBC-HS256' }],
    ['another curve', { epk: { kty: 'EC', crv: 'P-256', x: 'AA' } }],
  ])('refuses %s', (_name, change) =>
    expectCode(() => decryptWith(findKey, withHeader(change)), 'message.header-refused'),
  )

  it.each([
    ['zero', Buffer.alloc(32)],
    ['one', Buffer.from([1, ...Buffer.alloc(31)])],
    [
      'a point of order eight',
      Buffer.from('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800', 'hex'),
    ],
  ])('refuses a low-order point: %s', (_name, point) => {
    const epk = { kty: 'OKP', crv: 'X25519', x: point.toString('base64url') }
    expectCode(() => decryptWith(findKey, withHeader({ epk })), 'message.not-decryptable')
  })

  it('fails in one way, whether tag, text or key is wrong', () => {
    const [header, key, iv, text = '', tag = ''] = encryptTo(server.public, 'hello').split('.')
    const flip = (part: string) => (part.startsWith('A') ? 'B' : 'A') + part.slice(1)
    expectCode(
      () => decryptWith(findKey, [header, key, iv, flip(text), tag].join('.')),
      'message.not-decryptable',
    )
    expectCode(
      () => decryptWith(findKey, [header, key, iv, text, flip(tag)].join('.')),
      'message.not-decryptable',
    )
    expectCode(
      () =>
        decryptWith(findKey, encryptTo({ ...otherServer.public, kid: server.public.kid }, 'hello')),
      'message.not-decryptable',
    )
  })
})

describe('a signed text', () => {
  it('has one spelling: whatever is changed on the wire is refused', async () => {
    const jws = decryptWith(findKey, (await makeCheckIn()).text)
    const last = jws.at(-1) ?? ''
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const sameBytes = alphabet[(alphabet.indexOf(last) ^ 1) % 64] ?? ''
    for (const malleated of [
      `${jws}=`,
      `${jws}==`,
      `${jws} `,
      `${jws}\n`,
      ` ${jws}`,
      jws.slice(0, -1) + sameBytes,
      jws.replace('.', '..'),
      `${jws}.`,
    ]) {
      const text = encryptTo(server.public, malleated)
      expect(() => open(text), malleated.slice(-8)).toThrow(SanadError)
    }
  })

  it('refuses signatures by RSA-PSS or another algorithm', () => {
    const payload = Buffer.from('{}').toString('base64url')
    const header = Buffer.from(JSON.stringify({ alg: 'PS256' })).toString('base64url')
    const input = `${header}.${payload}`
    const jws = parseCompactJws(
      `${input}.${sign('sha256', Buffer.from(input), { key: device.privateKey, padding: 6 }).toString('base64url')}`,
    )
    expectCode(() => verifyJws(jws, device.publicKey, 'RS256'), 'message.algorithm-refused')
  })
})

describe('beside an independent implementation', () => {
  it('jose opens what we seal', async () => {
    const sealed = encryptTo(server.public, 'a.b.c')
    const { plaintext, protectedHeader } = await compactDecrypt(sealed, server.privateKey)
    expect(new TextDecoder().decode(plaintext)).toBe('a.b.c')
    expect(protectedHeader).toMatchObject({ alg: 'ECDH-ES', enc: 'A256GCM' })
  })

  it('we open what jose seals', async () => {
    const { kid, x } = server.public
    const { importJWK } = await import('jose')
    const recipient = await importJWK({ kty: 'OKP', crv: 'X25519', x }, 'ECDH-ES')
    const sealed = await new CompactEncrypt(new TextEncoder().encode('a.b.c'))
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', cty: 'JWT', kid })
      .encrypt(recipient)
    expect(decryptWith(findKey, sealed)).toBe('a.b.c')
  })

  it('jose verifies what we sign, and we verify what jose signs', async () => {
    const ours = decryptWith(findKey, (await makeCheckIn()).text)
    await expect(compactVerify(ours, device.publicKey)).resolves.toBeDefined()
    const theirs = await new CompactSign(new TextEncoder().encode('{}'))
      .setProtectedHeader({ alg: 'RS256' })
      .sign(device.privateKey)
    expect(() => verifyJws(parseCompactJws(theirs), device.publicKey, 'RS256')).not.toThrow()
  })
})

describe('strict readers', () => {
  it('reads only the one base64url text of each byte string', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const text = encodeBase64url(bytes)
        expect(text).toBe(Buffer.from(bytes).toString('base64url'))
        expect(Buffer.from(decodeBase64url(text))).toEqual(Buffer.from(bytes))
      }),
    )
    fc.assert(
      fc.property(fc.string({ maxLength: 24 }), (text) => {
        const isCanonical = Buffer.from(text, 'base64url').toString('base64url') === text
        expect(attempt(() => decodeBase64url(text))).toBe(isCanonical)
      }),
    )
  })

  it('reads what JSON.stringify writes, and refuses duplicate members', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = JSON.stringify(value)
        const hasHuge = /\d{16,}|\de\+/.test(text)
        const hasEscapedName = /"(?:[^"\\]|\\.)*\\.(?:[^"\\]|\\.)*":/.test(text)
        if (!hasHuge && !hasEscapedName && !text.includes('"__proto__"'))
          expect(parseStrictJson(text)).toEqual(JSON.parse(text))
      }),
    )
    fc.assert(
      fc.property(fc.string({ maxLength: 8 }), (name) => {
        const member = `${JSON.stringify(name)}:1`
        expect(attempt(() => parseStrictJson(`{${member},${member}}`))).toBe(false)
      }),
    )
  })

  it('reads times in one spelling, and only days that exist', () => {
    expect(parseTimestamp('2026-11-24T10:00:00.000Z')).toBe(NOW)
    for (const text of [
      '2026-11-24T10:00:00Z',
      '2026-11-24T10:00:00.000z',
      '2026-11-24T10:00:00.0000Z',
      '2026-11-24T10:00:00.000+00:00',
      '2026-02-30T10:00:00.000Z',
      '2026-11-24T24:00:00.000Z',
      '2026-11-24T10:00:60.000Z',
      '2026-11-24 10:00:00.000Z',
    ]) {
      expect(
        attempt(() => parseTimestamp(text)),
        text,
      ).toBe(false)
    }
  })
})

function attempt(work: () => unknown): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}

it('names a message by what was signed', async () => {
  const { text } = await makeCheckIn()
  const again = encryptTo(server.public, decryptWith(findKey, text))
  const digest = (sealed: string) =>
    createHash('sha256').update(open(sealed).signedPayload).digest('hex')
  expect(digest(again)).toBe(digest(text))
})
