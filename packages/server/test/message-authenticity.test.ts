import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signDigitalId } from '@sanad/protocol/wire/envelope/digital-id'
import { generateAgreementKey } from '@sanad/protocol/wire/envelope/encryption'
import { type SignInput, signWith } from '@sanad/protocol/wire/envelope/signing'
import type { ProblemCode } from '@sanad/protocol/text/problems'
import { PublicKey, X509CertificateGenerator } from '../../simulator/src/x509.ts'
import { revokeDeviceCertificates } from '../src/certificates/device-certificate-store.ts'
import { DeviceUnderTest, INFORMATION, makeKey } from './device-under-test.ts'
import {
  type HttpReply,
  type TestFtmProvider,
  type TestModel,
  type TestServer,
  startTestServer,
} from './test-server.ts'

/** PN §6, 2, 17 to 22: whatever is wrong with a message, its sender sees one face; the operator the reason. */

let server: TestServer
let ftm: TestFtmProvider
let l1: TestModel
let l0: TestModel
let device: DeviceUnderTest
beforeAll(async () => {
  server = await startTestServer()
  ftm = await server.addFtmProvider()
  l1 = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
  l0 = await server.addModel({ level: 'L0', l0Policy: 'enrolment-secret' })
  device = await makeL1()
})
afterAll(() => server[Symbol.asyncDispose]())

async function makeL1(): Promise<DeviceUnderTest> {
  const made = await DeviceUnderTest.makeL1(server, l1, ftm)
  await made.register()
  return made
}

async function makeL0(): Promise<DeviceUnderTest> {
  const enrolmentSecret = 'ABCDE-FGHJK-LMNPQ-RSTUV'
  const made = await DeviceUnderTest.makeL0(server, l0, { enrolmentSecret })
  await made.register()
  return made
}

const withoutRequestId = (text: string): string => text.replace(/[0-9a-f-]{36}/, '')
let face: string | undefined

/** The same bytes every time, apart from the number of the request. */
function expectOneFace(reply: HttpReply): void {
  expect(reply.status).toBe(401)
  expect(reply.headers['content-type']).toBe('application/problem+json; charset=utf-8')
  face ??= withoutRequestId(reply.text)
  expect(withoutRequestId(reply.text)).toBe(face)
}

/** Refused without effect; the reason is in the log, and on the timeline where the device is known. */
async function expectRefused(
  sender: DeviceUnderTest,
  text: string,
  reason: ProblemCode,
  { onTimeline = true } = {},
): Promise<void> {
  const before = await server.recordOf(sender.deviceId)
  const logged = server.log.length

  const reply = await server.door.post(text)

  expectOneFace(reply)
  expect(await server.recordOf(sender.deviceId)).toEqual(before)
  const { requestId } = JSON.parse(reply.text) as { requestId: string }
  const lines = server.log.slice(logged).filter((line) => line.includes(requestId))
  expect(lines.some((line) => (JSON.parse(line) as { code?: string }).code === reason)).toBe(true)
  if (!onTimeline) return
  const refused = (await server.timelineOf(sender.deviceId)).flatMap((event) =>
    event.type === 'device.message-refused' ? [event.data.code] : [],
  )
  expect(refused).toContain(reason)
}

describe('a message of a registered device is refused', () => {
  it('refuses a message for another server', async () => {
    const sent = await device.makeCheckIn({}, { audience: 'other.test' })
    await expectRefused(device, sent.text, 'message.wrong-audience')
  })

  it.each([
    ['behind', -301_000],
    ['ahead', 301_000],
  ])('when its time is too far %s', async (_name, off) => {
    const sent = await device.makeCheckIn({}, { at: server.now() + off })
    await expectRefused(device, sent.text, 'message.time-outside-window')
  })

  it('refuses a message that names an unknown key', async () => {
    const thumbprint = randomBytes(32).toString('base64url')
    const sent = await device.makeCheckIn({}, { sender: { thumbprint } })
    await expectRefused(device, sent.text, 'message.key-unknown', { onTimeline: false })
  })

  it('refuses a message that another key signed', async () => {
    const { privateKey } = await makeKey()
    const sent = await device.makeCheckIn({}, { signInput: signWith(privateKey, 'RS256') })
    await expectRefused(device, sent.text, 'message.signature-invalid')
  })

  it('refuses a message that another registered device signed', async () => {
    const other = await makeL1()
    const sent = await device.makeCheckIn(
      {},
      { ...other.asRegistered(), sender: { thumbprint: device.thumbprint } },
    )
    await expectRefused(device, sent.text, 'message.signature-invalid')
  })

  it('refuses a message that names another device as sender', async () => {
    const other = await makeL1()
    const digitalId = device.digitalId
    const sent = await other.makeCheckIn(
      {},
      { digitalId, signedDigitalId: await device.signDigitalId(digitalId) },
    )
    await expectRefused(other, sent.text, 'message.wrong-sender')
  })

  it('refuses a message with another device’s genuine digital ID', async () => {
    const other = await makeL1()
    const signedDigitalId = await other.signDigitalId()
    const sent = await device.makeCheckIn({}, { signedDigitalId })
    await expectRefused(device, sent.text, 'message.digital-id-invalid')
  })

  it('refuses an L1 message whose digital ID the device key signed', async () => {
    const sign = signWith(device.key.privateKey, 'RS256')
    const chain = [device.certificate!]
    const signedDigitalId = await signDigitalId(device.digitalId, chain, sign)
    const sent = await device.makeCheckIn({}, { signedDigitalId })
    await expectRefused(device, sent.text, 'message.digital-id-invalid')
  })

  it('refuses an L0 message with another L0 device’s digital ID', async () => {
    const [one, other] = [await makeL0(), await makeL0()]
    const sent = await one.makeCheckIn({}, { signedDigitalId: await other.signDigitalId() })
    await expectRefused(one, sent.text, 'message.digital-id-invalid')
  })

  it('refuses a message whose digital ID is from the future', async () => {
    const dateTime = new Date(server.now() + 900_000).toISOString().replace(/\.\d+Z/, 'Z')
    const signedDigitalId = await device.signDigitalId({ ...device.digitalId, dateTime })
    const sent = await device.makeCheckIn({}, { signedDigitalId })
    await expectRefused(device, sent.text, 'message.digital-id-invalid')
  })

  it('refuses a message under a revoked certificate', async () => {
    const revoked = await makeL1()
    const { deviceId } = revoked
    await server.db.database
      .transaction()
      .execute((tx) =>
        revokeDeviceCertificates(tx, { deviceId, reason: 'lost', actor: 'server' }, server.now()),
      )
    const sent = await revoked.makeCheckIn()
    await expectRefused(revoked, sent.text, 'message.certificate-not-valid')
  })

  it('refuses a message type that registered devices do not send', async () => {
    const text = await device.craft((envelope) => ({
      ...envelope,
      type: 'registration-challenge',
      body: {},
    }))
    await expectRefused(device, text, 'message.wrong-type')
  })

  it('refuses a message of an unknown type', async () => {
    const text = await device.craft((envelope) => ({ ...envelope, type: 'capture' }))
    await expectRefused(device, text, 'message.wrong-type')
  })

  it('refuses a message of another envelope version', async () => {
    const text = await device.craft((envelope) => ({ ...envelope, v: 2 }))
    await expectRefused(device, text, 'message.body-refused')
  })

  it.each([
    ['typ', { typ: 'JWT' }, 'message.wrong-type'],
    ['typ of an answer', { typ: 'sanad-answer+jws' }, 'message.wrong-type'],
    ['crit', { crit: ['b64'], b64: false }, 'message.header-refused'],
    ['jwk', { jwk: { kty: 'RSA' } }, 'message.header-refused'],
    ['jku', { jku: 'https://attacker.test/keys' }, 'message.header-refused'],
    ['kid as SQL', { 'x5t#S256': "' or 1=1 --" }, 'message.header-refused'],
  ] as const)('when its header has a wrong %s', async (_name, member, reason) => {
    const header = {
      alg: 'RS256',
      typ: 'sanad-request+jws',
      'x5t#S256': device.thumbprint,
      ...member,
    }
    const text = await device.craft((envelope) => envelope, header)
    await expectRefused(device, text, reason, { onTimeline: false })
  })

  it.each(['none', 'HS256', 'RS512', 'PS256', 'EdDSA'])(
    'when its algorithm is %s instead of the key’s own',
    async (alg) => {
      const header = { alg, typ: 'sanad-request+jws', 'x5t#S256': device.thumbprint }
      const text = await device.craft((envelope) => envelope, header)
      await expectRefused(device, text, 'message.algorithm-refused')
    },
  )

  it('refuses a message encrypted to another server’s key', async () => {
    const sent = await device.makeCheckIn({}, { recipient: generateAgreementKey().public })
    await expectRefused(device, sent.text, 'message.not-decryptable', { onTimeline: false })
  })

  it('refuses a message with an altered byte', async () => {
    const { text } = await device.makeCheckIn()
    const at = text.length - 60
    const changed = text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
    await expectRefused(device, changed, 'message.not-decryptable', { onTimeline: false })
  })

  it.each([
    ['empty', ''],
    ['no JOSE', 'hello'],
    ['a JWS without encryption', 'e30.e30.AA'],
    ['JSON', '{"hello":1}'],
  ])('when it is %s', async (_name, text) => {
    expectOneFace(await server.door.post(text))
  })

  it('refuses a message whose answer cannot be encrypted', async () => {
    const before = (await server.recordOf(device.deviceId)).certificates
    const x = Buffer.alloc(32).toString('base64url') // RFC 7748 §6.1: a point of low order
    const text = await device.craft((envelope) => ({
      ...envelope,
      replyTo: { kty: 'OKP', crv: 'X25519', x },
    }))
    const reply = await server.door.post(text)
    expectOneFace(reply)
    expect((await server.recordOf(device.deviceId)).certificates).toEqual(before)
  })
})

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
