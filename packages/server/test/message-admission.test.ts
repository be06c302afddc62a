import { generateKeyPairSync } from 'node:crypto'
import { signDigitalId } from '@sanad/protocol/wire/envelope/digital-id'
import { type SignInput, signWith } from '@sanad/protocol/wire/envelope/signing'
import { describe, expect, it } from 'vitest'
import { PublicKey, X509CertificateGenerator } from '../../simulator/src/x509.ts'
import { INFORMATION } from './message-maker.ts'
import { makeKey } from './device-keys.ts'
import { device, expectOneFace, makeL1, server } from './messages-of-a-device.ts'

describe('a claim is refused', () => {
  const claimWith = async (key: { sign: SignInput; x5c: string[] }, alter = {}) =>
    device.craft(
      (envelope) => ({ ...envelope, type: 'registration-challenge', body: {}, ...alter }),
      { alg: 'RS256', typ: 'sanad-registration+jws', x5c: key.x5c },
      key.sign,
    )

  it.each(['ed25519', 'P-256'] as const)(
    'when its key is %s and calls itself RS256',
    async (kind) => {
      const pair =
        kind === 'ed25519'
          ? generateKeyPairSync('ed25519')
          : generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const text = await claimWith({
        x5c: [await certifyForeignKey(pair.publicKey.export({ type: 'spki', format: 'der' }))],
        sign: signWith(pair.privateKey, kind === 'ed25519' ? 'EdDSA' : 'RS256'),
      })
      const logged = server.log.length
      expectOneFace(await server.door.post(text))
      expect(server.log.slice(logged).join('')).toContain('message.header-refused')
    },
  )

  it.each([
    ['too short', { modulusLength: 1024 }],
    ['too long', { modulusLength: 4608 }],
    [
      'RSA with another exponent than 65537',
      { modulusLength: 2048, publicExponent: 0xff_ff_ff_ff },
    ],
  ])('before its signature is verified, when its key is %s', async (_name, options) => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', options)
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    const x5c = [await certifyForeignKey(spki)]
    const logged = server.log.length
    expectOneFace(
      await server.door.post(await claimWith({ sign: signWith(privateKey, 'RS256'), x5c })),
    )
    expect(server.log.slice(logged).join('')).toContain('message.header-refused')
  })

  it.each([
    ['a NUL character', 'Exa\0mple'],
    ['half a character', 'Exa\ud800mple'],
  ])('when its digital ID has %s in it', async (_name, make) => {
    const { sign, chain } = device.registrant
    const digitalId = await signDigitalId({ ...device.digitalId, make }, chain, sign)
    const x5c = chain.map((der) => Buffer.from(der).toString('base64'))
    const parts = [make.replace('\ud800', ''), device.identity.model, device.identity.serialNo]
    const sub = parts.map(encodeURIComponent).join('/')
    expectOneFace(await server.door.post(await claimWith({ sign, x5c }, { digitalId, sub })))
  })

  it('refuses a check-in that comes as a claim', async () => {
    const { sign, chain } = device.registrant
    const x5c = chain.map((der) => Buffer.from(der).toString('base64'))
    const deviceInformation = { ...INFORMATION }
    const text = await claimWith(
      { sign, x5c },
      {
        type: 'check-in',
        body: { deviceInformation, installation: device.installation, certificateInUse: 'yes' },
      },
    )
    expectOneFace(await server.door.post(text))
  })

  it('refuses a claim without a certificate', async () => {
    const { sign } = device.registrant
    for (const x5c of [[], ['AAAA'], ['not base64 !'], Array.from({ length: 5 }, () => 'AAAA')])
      expectOneFace(await server.door.post(await claimWith({ sign, x5c })))
  })
})

describe('what must not reach the server', () => {
  const SECRET_VALUE = 'bm90LXJlYWxseS1hLWZpbmdlcnByaW50'

  it.each([
    [
      'in the body',
      (e: Record<string, unknown>) => ({
        ...e,
        body: { ...(e['body'] as object), bioValue: SECRET_VALUE },
      }),
    ],
    ['beside the body', (e: Record<string, unknown>) => ({ ...e, bioValue: SECRET_VALUE })],
    [
      'in the device information',
      (e: Record<string, unknown>) => ({
        ...e,
        body: { deviceInformation: { ...INFORMATION, biometrics: [{ data: SECRET_VALUE }] } },
      }),
    ],
    ['as a type', (e: Record<string, unknown>) => ({ ...e, type: SECRET_VALUE })],
  ])('is refused %s, and stands nowhere afterwards', async (_name, alter) => {
    const before = await server.recordOf(device.deviceId)
    const reply = await server.door.post(await device.craft(alter))

    expectOneFace(reply)
    expect(await server.recordOf(device.deviceId)).toEqual(before)
    await server.timelineOf(device.deviceId)
    expect(server.log.join('')).not.toContain(SECRET_VALUE)
    expect(await dumpDatabase()).not.toContain(SECRET_VALUE)
    expect(reply.text).not.toContain(SECRET_VALUE)
  })

  it('refuses a message that is too large before reading it', async () => {
    const reply = await server.door.post('A'.repeat(64 * 1024 + 1))
    expect(reply.status).toBe(413)
    expect(JSON.parse(reply.text)).toMatchObject({ code: 'request.too-large' })
  })

  it('refuses a message of another content type', async () => {
    const reply = await server.door.post('{}', 'application/json')
    expect(reply.status).toBe(415)
  })
})

describe('text that no database keeps', () => {
  it.each([
    ['a NUL character', 'Debian\0'],
    ['half a character', 'Debian\ud800'],
  ])('%s in one device’s message does not spoil the messages beside it', async (_name, text) => {
    const neighbours = [await makeL1(), await makeL1()]
    const bad = await device.craft((envelope) => ({
      ...envelope,
      body: { deviceInformation: { ...INFORMATION, operatingSystem: text } },
    }))
    const good = await Promise.all(neighbours.map((neighbour) => neighbour.makeCheckIn()))

    const [first, ...rest] = await Promise.all([
      server.door.post(bad),
      ...good.map((sent) => server.door.post(sent.text)),
    ])

    expectOneFace(first!)
    expect(rest.map(({ status }) => status)).toEqual([200, 200])
  })
})

describe('too many claims from one address', () => {
  it('limits claims from one address, and still serves registered devices', async () => {
    const sent = await device.makeChallengeRequest()
    const checkIn = await device.makeCheckIn()
    server.advance(60_000)

    const replies = await Promise.all(Array.from({ length: 80 }, () => server.door.post(sent.text)))

    const refused = replies.filter(({ status }) => status === 429)
    expect(refused.length).toBeGreaterThan(0)
    expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThan(0)
    expect(await server.door.ask(checkIn)).toMatchObject({ type: 'check-in-answer' })
    server.advance(60_000)
  })
})

describe('a device that may not act', () => {
  it('tells a refused device why under signature, in words for its technician', async () => {
    const suspended = await makeL1()
    await server.act(suspended.deviceId, 'suspend')

    const answer = await suspended.checkIn()

    expect(answer).toMatchObject({
      type: 'refusal',
      body: {
        code: 'registration.device-suspended',
        sentence: expect.stringContaining('suspended') as string,
        retryAfterSeconds: 3600,
      },
    })
    await server.act(suspended.deviceId, 'resume')
    expect(await suspended.checkIn()).toMatchObject({ type: 'check-in-answer' })
  })

  it('repeats the same refusal for a repeated message', async () => {
    const suspended = await makeL1()
    await server.act(suspended.deviceId, 'suspend')
    const sent = await suspended.makeCheckIn()
    const first = await server.door.ask(sent)
    expect((await server.door.ask(sent)).body).toEqual(first.body)
  })
})

describe('the answer', () => {
  it('binds an answer to its request', async () => {
    const [one, two] = [await device.makeCheckIn(), await device.makeCheckIn()]
    const reply = await server.door.post(one.text)
    const foreign = { ...two, replyKey: one.replyKey }
    expect(() => server.door.open(reply, foreign)).toThrow()
    expect(() => server.door.open(reply, two)).toThrow()
    expect(server.door.open(reply, one)).toMatchObject({ type: 'check-in-answer' })
  })
})

/** Every table, as text. */
async function dumpDatabase(): Promise<string> {
  const tables = await server.db.pool.query<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public'",
  )
  const texts: string[] = []
  for (const { name } of tables.rows) {
    const { rows } = await server.db.pool.query<{ text: string }>(
      `select t::text as text from ${name} t`,
    )
    texts.push(...rows.map(({ text }) => text))
  }
  return texts.join('\n')
}

/** A certificate around any key: what it is signed with does not matter to its reader. */
async function certifyForeignKey(spki: Buffer): Promise<string> {
  const { privateKey } = await makeKey()
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const certificate = await X509CertificateGenerator.create({
    subject: 'CN=any',
    issuer: 'CN=any',
    publicKey: new PublicKey(spki),
    signingKey: privateKey.toCryptoKey(algorithm, false, ['sign']),
    signingAlgorithm: algorithm,
  })
  return Buffer.from(certificate.rawData).toString('base64')
}
