import { sign } from 'node:crypto'
import fc from 'fast-check'
import { compactDecrypt, CompactEncrypt, CompactSign, compactVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  device,
  expectCode,
  findKey,
  makeCheckIn,
  NOW,
  open,
  otherServer,
  server,
} from '../../../test/envelope-parties.ts'
import { decodeBase64url, encodeBase64url } from '../../text/base64url.ts'
import { SanadError } from '../../text/problems.ts'
import { parseStrictJson } from '../../text/strict-json.ts'
import { parseTimestamp } from '../../text/timestamps.ts'
import { parseCompactJws } from './compact.ts'
import { type AgreementKey, decryptWith, encryptTo } from './encryption.ts'
import { verifyJws } from './signing.ts'

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
