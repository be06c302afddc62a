import { setTimeout as wait } from 'node:timers/promises'
import { thumbprintOf } from '@sanad/protocol/wire/envelope/certificates'
import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import { describe, expect, it } from 'vitest'
import { Interrupted, LosingSignatures, NeverSigning } from './crashes.ts'
import { type KeyPair, makeKey } from './device-keys.ts'
import { readRotated } from './device-under-test.ts'
import { eventsOf, makeDue, server, statesOf } from './rotating-devices.ts'
import type { Door, HttpReply } from './test-door.ts'
import type { IssuerParts } from './test-server.ts'

function expectUnavailable(reply: HttpReply): void {
  expect(reply.status).toBe(503)
  expect(JSON.parse(reply.text)).toMatchObject({ code: 'hsm.unavailable' })
}

async function openDoorWith<I extends IssuerOf>(
  makeIssuer: (parts: IssuerParts) => I,
): Promise<{ door: Door; issuer: I }> {
  const made: I[] = []
  const door = await server.openDoor((parts) => {
    const issuer = makeIssuer(parts)
    made.push(issuer)
    return issuer
  })
  return { door, issuer: made[0]! }
}
type IssuerOf = InstanceType<typeof Interrupted> | InstanceType<typeof LosingSignatures>

describe('the answer to a request to rotate that was lost', () => {
  it('repeats a lost rotation answer to the same message', async () => {
    const device = await makeDue()
    const sent = await device.makeRotation(await makeKey())
    const first = await server.door.ask(sent)
    const issued = await server.countIssued()
    expect((await server.door.ask(sent)).body).toEqual(first.body)
    await server.restart()
    expect((await server.door.ask(sent)).body).toEqual(first.body)
    expect(await server.countIssued()).toEqual(issued)
  })

  it('gives the same certificate to a new message about the same key', async () => {
    const device = await makeDue()
    const next = await makeKey()
    const certificate = await device.rotate(next)
    const issued = await server.countIssued()
    expect((await device.rotate(next)).equals(certificate)).toBe(true)
    expect(await server.countIssued()).toEqual(issued)
  })

  it('revokes the unused certificate when a device that lost its new key asks with another', async () => {
    const device = await makeDue()
    const lost = await device.rotate(await makeKey())
    const next = await makeKey()

    const certificate = await device.rotate(next)

    expect(await statesOf(device)).toEqual({
      [device.thumbprint]: 'active',
      [thumbprintOf(lost)]: 'revoked',
      [thumbprintOf(certificate)]: 'pending',
    })
    expect(await server.timelineOf(device.deviceId)).toContainEqual(
      expect.objectContaining({
        type: 'certificate.revoked',
        data: expect.objectContaining({ reason: 'replaced' }) as unknown,
      }),
    )
    await device.confirm(next, certificate)
    expect(await statesOf(device)).toMatchObject({ [thumbprintOf(certificate)]: 'active' })
  })

  it('refuses messages from a key that gave way to another', async () => {
    const device = await makeDue()
    const [old, oldCertificate] = [device.key, device.certificate!]
    const lostKey = await makeKey()
    const lost = await device.rotate(lostKey)
    await device.rotate(await makeKey())
    device.install(lostKey, lost)
    expect((await server.door.post((await device.makeCheckIn()).text)).status).toBe(401)
    device.install(old, oldCertificate)
    expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
  })
})

describe('while the HSM is away', () => {
  it('answers a rotation with 503 while the HSM is away, and finishes it with the same message', async () => {
    const device = await makeDue()
    const next = await makeKey()
    const away = await server.openDoor((parts) => new NeverSigning(parts))
    const sent = await device.makeRotation(next)
    const { presence } = await server.recordOf(device.deviceId)

    expectUnavailable(await away.post(sent.text))

    const record = await server.recordOf(device.deviceId)
    expect(record.presence).toEqual(presence)
    expect(record.intents).toMatchObject([{ state: 'issued' }, { state: 'planned' }])
    expect(Object.values(await statesOf(device))).toEqual(['active'])
    readRotated(await server.door.ask(sent))
    expect((await server.recordOf(device.deviceId)).intents).toMatchObject([
      { state: 'issued' },
      { state: 'issued' },
    ])
  })

  it('leaves the device its key while the HSM agent stalls, and rotates later', async () => {
    const device = await makeDue()
    const sent = await device.makeRotation(await makeKey())
    process.kill(server.trust.hsm.agentPid!, 'SIGSTOP')
    expectUnavailable(await server.door.post(sent.text))
    expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
    for (let i = 0; server.trust.hsm.health().state !== 'ready'; i++) {
      if (i > 400) throw new Error('the HSM does not come back')
      await wait(25)
    }
    readRotated(await server.door.ask(await device.makeRotation(await makeKey())))
    expect(Object.values(await statesOf(device)).toSorted()).toEqual(['active', 'pending'])
  })

  it('makes the identical signature again after one was lost', async () => {
    const device = await makeDue()
    const { door, issuer } = await openDoorWith((parts) => new LosingSignatures(parts))
    const next = await makeKey()
    expectUnavailable(await door.post((await device.makeRotation(next)).text))
    const certificate = await device.rotate(next)
    expect(certificate.equals(issuer.lost[0]!)).toBe(true)
  })

  it('abandons the planned certificate when the device returns with another key', async () => {
    const device = await makeDue()
    const away = await server.openDoor((parts) => new NeverSigning(parts))
    expectUnavailable(await away.post((await device.makeRotation(await makeKey())).text))
    await device.rotate(await makeKey())
    const { intents } = await server.recordOf(device.deviceId)
    expect(intents.map(({ state }) => state)).toEqual(['issued', 'abandoned', 'issued'])
    expect(await eventsOf(device)).toContain('certificate.issuance-abandoned')
  })
})

describe('while the HSM signs', () => {
  it('issues no certificate to a device that was blocked while the HSM signed', async () => {
    const device = await makeDue()
    const { door, issuer } = await openDoorWith((parts) => new Interrupted(parts))
    issuer.meanwhile = () => server.act(device.deviceId, 'block')
    const answer = await door.ask(await device.makeRotation(await makeKey()))
    expect(answer).toMatchObject({ body: { code: 'registration.device-blocked' } })
    expect(Object.values(await statesOf(device))).toEqual(['revoked'])
  })

  it('gives one certificate to two rotation messages about the same key that race during signing', async () => {
    const device = await makeDue()
    const next = await makeKey()
    const { door, issuer } = await openDoorWith((parts) => new Interrupted(parts))
    const early = await device.makeRotation(next)
    const late = await device.makeRotation(next)
    let first: Buffer | undefined
    issuer.meanwhile = async () => {
      first ??= readRotated(await server.door.ask(early))
    }
    expect(readRotated(await door.ask(late)).equals(first!)).toBe(true)
    expect(Object.values(await statesOf(device)).toSorted()).toEqual(['active', 'pending'])
  })

  it('ignores the slower of two keys that race during signing', async () => {
    const device = await makeDue()
    const [slow, fast] = [await makeKey(), await makeKey()]
    const { door, issuer } = await openDoorWith((parts) => new Interrupted(parts))
    const early = await device.makeRotation(fast)
    const late = await device.makeRotation(slow)
    let certificate: Buffer | undefined
    issuer.meanwhile = async () => {
      certificate ??= readRotated(await server.door.ask(early))
    }
    expect(await door.ask(late)).toMatchObject({ body: { code: 'rotation.key-not-new' } })
    expect(await statesOf(device)).toEqual({
      [device.thumbprint]: 'active',
      [thumbprintOf(certificate!)]: 'pending',
    })
  })

  it('drops a rotation request whose key was superseded during signing', async () => {
    const device = await makeDue()
    const next = await makeKey()
    const pending = await device.rotate(next)
    const { door, issuer } = await openDoorWith((parts) => new Interrupted(parts))
    const sent = await device.makeRotation(await makeKey())
    issuer.meanwhile = () => device.confirm(next, pending)
    expect((await door.post(sent.text)).status).toBe(401)
    expect(await statesOf(device)).toMatchObject({ [thumbprintOf(pending)]: 'active' })
    expect(Object.values(await statesOf(device)).toSorted()).toEqual(['active', 'superseded'])
  })
})

describe('two servers at once', () => {
  it('answers one rotation message alike at two servers, with one certificate', async () => {
    const device = await makeDue()
    const other = await server.openDoor()
    const sent = await device.makeRotation(await makeKey())
    const doors = [server.door, other, server.door, other]
    const answers = await Promise.all(doors.map((door) => door.ask(sent)))
    for (const { body } of answers) expect(body).toEqual(answers[0]!.body)
    expect(Object.values(await statesOf(device)).toSorted()).toEqual(['active', 'pending'])
  })

  it('never leaves two successors when two servers take different keys of one device', async () => {
    const device = await makeDue()
    const other = await server.openDoor()
    const keys: KeyPair[] = await Promise.all(Array.from({ length: 6 }, () => makeKey()))
    const sent: SentRequest[] = []
    for (const key of keys) sent.push(await device.makeRotation(key))
    const replies = await Promise.all(
      sent.map((one, i) => (i % 2 === 0 ? server.door : other).post(one.text)),
    )
    for (const { status } of replies) expect([200, 401]).toContain(status)
    const liveOnes = async () =>
      Object.values(await statesOf(device))
        .filter((status) => status !== 'revoked')
        .toSorted()
    // One, or none where each was overtaken by another before it was signed.
    expect([['active'], ['active', 'pending']]).toContainEqual(await liveOnes())
    await device.rotate(await makeKey())
    expect(await liveOnes()).toEqual(['active', 'pending'])
    expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
  })

  it('confirms a key once at two servers', async () => {
    const device = await makeDue()
    const other = await server.openDoor()
    const next = await makeKey()
    device.install(next, await device.rotate(next))
    const sent = await device.makeCheckIn()
    const answers = await Promise.all([server.door.ask(sent), other.ask(sent)])
    expect(answers[0].body).toEqual(answers[1].body)
    const rotated = (await eventsOf(device)).filter((type) => type === 'key.rotated')
    expect(rotated).toHaveLength(1)
  })
})
