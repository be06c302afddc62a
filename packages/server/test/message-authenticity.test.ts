import { randomBytes } from 'node:crypto'
import type { ProblemCode } from '@sanad/protocol/text/problems'
import { signDigitalId } from '@sanad/protocol/wire/envelope/digital-id'
import { generateAgreementKey } from '@sanad/protocol/wire/envelope/encryption'
import { signWith } from '@sanad/protocol/wire/envelope/signing'
import { describe, expect, it } from 'vitest'
import { revokeDeviceCertificates } from '../src/certificates/device-certificate-store.ts'
import type { DeviceUnderTest } from './device-under-test.ts'
import { makeKey } from './device-keys.ts'
import { device, expectOneFace, makeL0, makeL1, server } from './messages-of-a-device.ts'

/** PN §6, 2, 17 to 22: whatever is wrong with a message, its sender sees one face; the operator the reason. */

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
