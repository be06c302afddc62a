import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encryptTo } from '@sanad/protocol/wire/envelope/encryption'
import { signWith } from '@sanad/protocol/wire/envelope/signing'
import { DeviceUnderTest } from './device-under-test.ts'
import { INFORMATION } from './message-maker.ts'
import { makeKey } from './device-keys.ts'
import type { HttpReply } from './test-door.ts'
import { type TestModel, type TestServer, startTestServer } from './test-server.ts'

/** PN §6, 1: a message takes effect once, however often and from wherever it is sent. */

let server: TestServer
let model: TestModel
beforeAll(async () => {
  server = await startTestServer()
  model = await server.addModel({ level: 'L0', l0Policy: 'enrolment-secret' })
})
afterAll(() => server[Symbol.asyncDispose]())

async function makeRegistered(): Promise<DeviceUnderTest> {
  const enrolmentSecret = 'ABCDE-FGHJK-LMNPQ-RSTUV'
  const device = await DeviceUnderTest.makeL0(server, model, { enrolmentSecret })
  await device.register()
  return device
}

const codeOf = (reply: HttpReply) => (JSON.parse(reply.text) as { code: string }).code

async function refusalsOf(device: DeviceUnderTest): Promise<string[]> {
  return (await server.timelineOf(device.deviceId)).flatMap((event) =>
    event.type === 'device.message-refused' ? [event.data.code] : [],
  )
}

describe('a check-in that arrives again', () => {
  it('gives a repeated check-in the same answer, without a second effect', async () => {
    const device = await makeRegistered()
    const sent = await device.makeCheckIn()
    const first = await server.door.ask(sent)
    const record = await server.recordOf(device.deviceId)
    const events = await server.timelineOf(device.deviceId)

    const second = await server.door.ask(sent)

    expect(second.body).toEqual(first.body)
    expect(await server.recordOf(device.deviceId)).toEqual(record)
    expect(await server.timelineOf(device.deviceId)).toEqual(events)
  })

  it('gives a repeated check-in the same answer after a restart', async () => {
    const device = await makeRegistered()
    const sent = await device.makeCheckIn()
    const first = await server.door.ask(sent)
    const record = await server.recordOf(device.deviceId)

    await server.restart()

    expect((await server.door.ask(sent)).body).toEqual(first.body)
    expect(await server.recordOf(device.deviceId)).toEqual(record)
  })

  it('applies a check-in once when two servers receive it at once', async () => {
    const device = await makeRegistered()
    const other = await server.openDoor()
    for (let round = 0; round < 5; round++) {
      const sent = await device.makeCheckIn({ deviceStatus: round % 2 === 0 ? 'Busy' : 'Ready' })
      const doors = [server.door, other, server.door, other]
      const replies = await Promise.all(doors.map((door) => door.post(sent.text)))
      expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200])
      const bodies = replies.map((reply) => server.door.open(reply, sent).body)
      for (const body of bodies) expect(body).toEqual(bodies[0])
    }
    const events = (await server.timelineOf(device.deviceId)).map(({ type }) => type)
    expect(events.filter((type) => type === 'device.first-check-in')).toHaveLength(1)
    expect(events.filter((type) => type === 'device.status-changed')).toHaveLength(4)
    expect(await refusalsOf(device)).toEqual([])
  })

  it.each([
    ['with padding', (text: string) => `${text}=`],
    ['with a space', (text: string) => `${text} `],
    ['with a line break', (text: string) => `${text}\n`],
    ['with other trailing bits', changeTrailingBits],
    ['with a sixth part', (text: string) => `${text}.AA`],
  ])('%s is not a message', async (_name, malleate) => {
    const device = await makeRegistered()
    const sent = await device.makeCheckIn()
    await server.door.ask(sent)
    const record = await server.recordOf(device.deviceId)

    const reply = await server.door.post(malleate(sent.text))

    expect(reply.status).toBe(401)
    expect(codeOf(reply)).toBe('request.not-authentic')
    expect(await server.recordOf(device.deviceId)).toEqual(record)
  })

  it('recognises a replayed check-in that was encrypted again', async () => {
    const device = await makeRegistered()
    // The recipient's one-time key as the thief: what is inside is the same signed text.
    let jws = ''
    const recipient = await server.door.readEncryptionKey()
    const key = signWith(device.key.privateKey, 'RS256')
    const sent = await device.makeCheckIn(
      {},
      {
        recipient,
        signInput: async (input) => {
          const signature = await key(input)
          jws = `${Buffer.from(input).toString()}.${Buffer.from(signature).toString('base64url')}`
          return signature
        },
      },
    )
    const first = await server.door.ask(sent)
    const record = await server.recordOf(device.deviceId)

    const again = await server.door.post(encryptTo(recipient, jws))

    // Encrypted to the device's own one-time key: the thief cannot read the answer.
    expect(server.door.open(again, sent).body).toEqual(first.body)
    expect(await server.recordOf(device.deviceId)).toEqual(record)
  })
})

function changeTrailingBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  // The tag has 16 bytes: its last character carries four unused bits.
  return text.slice(0, -1) + alphabet[(alphabet.indexOf(text.at(-1) ?? 'A') + 1) % 64]
}

describe('a message out of order', () => {
  it('refuses a message older than the last, and shows it on the timeline', async () => {
    const device = await makeRegistered()
    const older = await device.makeCheckIn({ deviceStatus: 'Not Ready' })
    await device.checkIn()
    const record = await server.recordOf(device.deviceId)

    const reply = await server.door.post(older.text)

    expect(codeOf(reply)).toBe('request.not-authentic')
    expect(await server.recordOf(device.deviceId)).toEqual(record)
    expect(await refusalsOf(device)).toEqual(['message.replayed'])
  })

  it('ignores a forged message with a used sequence number', async () => {
    const device = await makeRegistered()
    await device.checkIn()
    const record = await server.recordOf(device.deviceId)
    device.seq--
    const { privateKey } = await makeKey()

    const forged = await device.makeCheckIn({}, { signInput: signWith(privateKey, 'RS256') })

    expect(codeOf(await server.door.post(forged.text))).toBe('request.not-authentic')
    expect(await server.recordOf(device.deviceId)).toEqual(record)
    expect(await refusalsOf(device)).toEqual(['message.signature-invalid'])
  })

  it('does not move sequence numbers back when a registration answer is repeated', async () => {
    const device = await makeRegistered()
    for (let i = 0; i < 3; i++) await device.checkIn()
    const captured = await device.makeCheckIn({ deviceStatus: 'Busy' })
    await device.checkIn()
    const { presence } = await server.recordOf(device.deviceId)
    // The client's state was set back: it registers with small numbers.
    device.seq = 0

    await device.register()

    const after = await server.recordOf(device.deviceId)
    expect(after.presence?.last_seq).toBe(presence?.last_seq)
    expect((await server.door.post(captured.text)).status).toBe(401)
    expect(await server.recordOf(device.deviceId)).toEqual(after)
  })

  it('writes one timeline entry per hour and reason for repeated refusals', async () => {
    const device = await makeRegistered()
    const older = await device.makeCheckIn()
    await device.checkIn()
    for (let i = 0; i < 5; i++) await server.door.post(older.text)
    await server.timelineOf(device.deviceId)
    await server.door.post(older.text)

    expect(await refusalsOf(device)).toEqual(['message.replayed'])
    const { rows } = await server.db.pool.query<{ occurrences: number }>(
      'select occurrences from message_refusal where device_id = $1',
      [device.deviceId],
    )
    expect(rows.reduce((sum, row) => sum + row.occurrences, 0)).toBe(6)
  })
})

describe('a registration message that arrives again', () => {
  it('gives a repeated registration the same answer, without a second certificate', async () => {
    const device = await makeRegistered()
    const fresh = await DeviceUnderTest.makeL0(server, model, {
      enrolmentSecret: 'ABCDE-FGHJK-LMNPQ-RSTUV',
    })
    const sent = await fresh.makeRegistration(await fresh.fetchChallenge())
    const first = await server.door.ask(sent)
    fresh.takeAnswer(first)
    await fresh.checkIn()
    const record = await server.recordOf(fresh.deviceId)

    expect((await server.door.ask(sent)).body).toEqual(first.body)
    await server.restart()
    expect((await server.door.ask(sent)).body).toEqual(first.body)

    expect(await server.recordOf(fresh.deviceId)).toEqual(record)
    expect(device.certificate).toBeDefined()
  })

  it('makes one certificate of one registration sent ten times to two servers', async () => {
    const device = await DeviceUnderTest.makeL0(server, model, {
      enrolmentSecret: 'ABCDE-FGHJK-LMNPQ-RSTUV',
    })
    const other = await server.openDoor()
    const sent = await device.makeRegistration(await device.fetchChallenge())

    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? server.door : other).post(sent.text)),
    )

    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200))
    const bodies = replies.map((reply) => JSON.stringify(server.door.open(reply, sent).body))
    expect(new Set(bodies).size).toBe(1)
    const { certificates, intents } = await server.recordOf(device.deviceId)
    expect([certificates.length, intents.length]).toEqual([1, 1])
    const events = (await server.timelineOf(device.deviceId)).map(({ type }) => type)
    expect(events.filter((type) => type === 'device.registered')).toHaveLength(1)
  })

  it('gives a repeated challenge request the same challenge', async () => {
    const device = await makeRegistered()
    const sent = await device.makeChallengeRequest()
    const [first, second] = [await server.door.ask(sent), await server.door.ask(sent)]
    expect(second.body).toEqual(first.body)
  })

  it('refuses another message under a used name', async () => {
    const device = await makeRegistered()
    const mid = 'AAAAAAAAAAAAAAAAAAAAAA'
    const { sign, chain } = device.registrant
    const x5c = chain.map((der) => Buffer.from(der).toString('base64'))
    const header = { alg: 'RS256', typ: 'sanad-registration+jws', x5c }
    const claim = () =>
      device.craft(
        (envelope) => ({ ...envelope, mid, type: 'registration-challenge', body: {} }),
        header,
        sign,
      )
    expect((await server.door.post(await claim())).status).toBe(200)
    expect((await server.door.post(await claim())).status).toBe(401)
  })
})

describe('status', () => {
  it('that changes goes on record once; that stays does not', async () => {
    const device = await makeRegistered()
    for (const deviceStatus of ['Ready', 'Busy', 'Busy', 'Ready'] as const)
      await device.checkIn({ deviceStatus })
    const changes = (await server.timelineOf(device.deviceId)).filter(
      ({ type }) => type === 'device.first-check-in' || type === 'device.status-changed',
    )
    expect(changes.map(({ data }) => data)).toEqual([
      { deviceStatus: 'Ready', serviceVersion: INFORMATION.serviceVersion, firmware: '7.1.0' },
      { from: 'Ready', to: 'Busy' },
      { from: 'Busy', to: 'Ready' },
    ])
  })
})
