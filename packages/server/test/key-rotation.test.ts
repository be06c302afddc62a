import { X509Certificate } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { thumbprintOf } from '@sanad/protocol/wire/envelope/certificates'
import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { Interrupted, LosingSignatures, NeverSigning } from './crashes.ts'
import { type DeviceMakers, addDeviceMakers } from './device-makers.ts'
import { type DeviceUnderTest, type KeyPair, makeKey, readRotated } from './device-under-test.ts'
import {
  type Door,
  type HttpReply,
  type IssuerParts,
  type TestServer,
  startTestServer,
} from './test-server.ts'

/**
 * MDS 0.9.5 › Management Client, 5: keys rotate when the server says so. Whatever happens on the way, a device has
 * one key that counts.
 */

let server: TestServer
let make: DeviceMakers
beforeAll(async () => {
  const limits = { callMs: 2500, deadlineMs: 3000, faults: 1, backoffMs: [300, 600] as const }
  server = await startTestServer({ hsm: { limits } })
  make = await addDeviceMakers(server)
})
afterAll(() => server[Symbol.asyncDispose]())

/** Registered 30 days ago: its rotation is due. The clock of these tests never goes back. */
async function makeDue(level: 'L0' | 'L1' = 'L0'): Promise<DeviceUnderTest> {
  const device = await make[level]()
  await device.register()
  await device.checkIn()
  await makePast(device, 30 * DAY_MS)
  return device
}

/** As if it had been registered earlier: whole days pass for this device alone. */
async function makePast(device: DeviceUnderTest, by: number): Promise<void> {
  await server.db.pool.query(
    `update device_certificate set issued_at = issued_at - make_interval(secs => $2),
      not_after = not_after - make_interval(secs => $2) where device_id = $1`,
    [device.deviceId, by / 1000],
  )
}

const statesOf = async (device: DeviceUnderTest) =>
  Object.fromEntries(
    (await server.recordOf(device.deviceId)).certificates.map(({ thumbprint, status }) => [
      thumbprint,
      status,
    ]),
  )

const eventsOf = async (device: DeviceUnderTest) =>
  (await server.timelineOf(device.deviceId)).map(({ type }) => type)

const withoutSequence = ({
  presence: _presence,
  ...rest
}: Awaited<ReturnType<TestServer['recordOf']>>) => rest

/** A signed no: told under the server's signature, its number is used up, and nothing else has changed. */
async function expectRefused(
  device: DeviceUnderTest,
  sent: SentRequest,
  code: string,
): Promise<void> {
  const before = withoutSequence(await server.recordOf(device.deviceId))
  const issued = await server.countIssued()

  const answer = await server.door.ask(sent)

  expect(answer).toMatchObject({ type: 'refusal', body: { code } })
  expect(withoutSequence(await server.recordOf(device.deviceId))).toEqual(before)
  expect(await server.countIssued()).toEqual(issued)
  const { body } = await server.door.ask(sent)
  expect(body).toEqual(answer.body)
  expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
}

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

describe('a key that is due', () => {
  it.each(['L0', 'L1'] as const)(
    'of an %s device takes the place of the old one',
    async (level) => {
      const device = await makeDue(level)
      const old = {
        key: device.key,
        certificate: device.certificate!,
        thumbprint: device.thumbprint,
      }
      const next = await makeKey()

      const certificate = await device.rotate(next)
      expect(await statesOf(device)).toEqual({
        [old.thumbprint]: 'active',
        [thumbprintOf(certificate)]: 'pending',
      })

      expect(await device.confirm(next, certificate)).toMatchObject({
        type: 'check-in-answer',
        body: { rotation: { reason: 'scheduled' } },
      })
      expect(await statesOf(device)).toEqual({
        [old.thumbprint]: 'superseded',
        [thumbprintOf(certificate)]: 'active',
      })
      expect(await eventsOf(device)).toEqual([
        'device.approved',
        'certificate.issued',
        'device.registered',
        'device.first-check-in',
        'certificate.issued',
        'key.rotated',
      ])

      device.install(old.key, old.certificate)
      const reply = await server.door.post((await device.makeCheckIn()).text)
      expect(reply.status).toBe(401)
    },
  )

  it('issues a certificate that differs and begins no earlier (Compliance Toolkit, KeyRotationValidator)', async () => {
    const device = await makeDue()
    const before = new X509Certificate(device.certificate!)
    const after = new X509Certificate(await device.rotate(await makeKey()))
    expect(after.fingerprint256).not.toBe(before.fingerprint256)
    expect(after.serialNumber).not.toBe(before.serialNumber)
    expect(after.subject).toBe(before.subject)
    expect(Date.parse(after.validFrom)).toBeGreaterThanOrEqual(Date.parse(before.validFrom))
    expect(after.publicKey.equals(before.publicKey)).toBe(false)
  })

  it('accepts the old key until the device uses the new one', async () => {
    const device = await makeDue()
    await device.rotate(await makeKey())
    expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
    expect(Object.values(await statesOf(device)).toSorted()).toEqual(['active', 'pending'])
  })

  it('lets a device rotate again with its unused new key', async () => {
    const device = await makeDue()
    const [second, third] = [await makeKey(), await makeKey()]
    device.install(second, await device.rotate(second))

    const answer = await server.door.ask(await device.makeRotation(third))

    // Its first message confirms the second key; the third one's time has not come.
    expect(answer.body).toMatchObject({ outcome: 'postponed' })
    expect(await statesOf(device)).toMatchObject({ [device.thumbprint]: 'active' })
    expect(await eventsOf(device)).toContain('key.rotated')
  })

  it('rotates the keys of many devices in groups, each independently', async () => {
    const devices = await Promise.all(Array.from({ length: 12 }, () => makeDue()))
    const keys = await Promise.all(devices.map(() => makeKey()))
    const certificates: Buffer[] = []
    const sent = await Promise.all(devices.map((device, i) => device.makeRotation(keys[i]!)))
    for (const answer of await Promise.all(sent.map((one) => server.door.ask(one))))
      certificates.push(readRotated(answer))
    const checkIns: SentRequest[] = []
    for (const [i, device] of devices.entries()) {
      device.install(keys[i]!, certificates[i]!)
      checkIns.push(await device.makeCheckIn())
    }
    await Promise.all(checkIns.map((one) => server.door.ask(one)))
    for (const device of devices)
      expect(await statesOf(device)).toMatchObject({ [device.thumbprint]: 'active' })
  })
})

describe('a request to rotate is refused, and nothing changes,', () => {
  it('refuses to rotate to the key in use', async () => {
    const device = await makeDue()
    await expectRefused(device, await device.makeRotation(device.key), 'rotation.key-not-new')
  })

  it('refuses to rotate to a superseded key', async () => {
    const device = await makeDue()
    const { key: first } = device
    const next = await makeKey()
    await device.confirm(next, await device.rotate(next))
    await makePast(device, 30 * DAY_MS)
    await expectRefused(device, await device.makeRotation(first), 'rotation.key-not-new')
  })

  it('refuses to rotate to another device’s key', async () => {
    const [device, other] = [await makeDue(), await makeDue()]
    await expectRefused(device, await device.makeRotation(other.key), 'rotation.key-not-new')
  })

  it('refuses to rotate to a key that another device is about to use', async () => {
    const [device, other] = [await makeDue(), await makeDue()]
    const next = await makeKey()
    await other.rotate(next)
    await expectRefused(device, await device.makeRotation(next), 'rotation.key-not-new')
  })

  it('refuses to rotate to a weak key', async () => {
    const device = await makeDue()
    await expectRefused(
      device,
      await device.makeRotation(await makeKey(1024)),
      'registration.key-weak',
    )
  })

  it('refuses to rotate with a request that the new key did not sign', async () => {
    const device = await makeDue()
    const [next, thief] = [await makeKey(), await makeKey()]
    const csr = await device.makeCsr(device.thumbprint, {
      spki: next.spki,
      privateKey: thief.privateKey,
    })
    const sent = await device.makeRotation(next, { csr })
    await expectRefused(device, sent, 'registration.possession-not-proven')
  })

  it('refuses to rotate with a request made for another certificate', async () => {
    const [device, other] = [await makeDue(), await makeDue()]
    const next = await makeKey()
    const sent = await device.makeRotation(next, {
      csr: await device.makeCsr(other.thumbprint, next),
    })
    await expectRefused(device, sent, 'registration.possession-not-proven')
  })

  it('refuses to rotate without a certificate request', async () => {
    const device = await makeDue()
    const sent = await device.makeRotation(device.key, { csr: 'AAAA' })
    await expectRefused(device, sent, 'certificate.request-invalid')
  })

  it('refuses to rotate a certificate other than the one that signs', async () => {
    const [device, other] = [await makeDue(), await makeDue()]
    const sent = await device.makeRotation(await makeKey(), { replaces: other.thumbprint })
    await expectRefused(device, sent, 'rotation.replaces-another')
  })

  it('refuses to rotate to a key shorter than the policy demands', async () => {
    const device = await makeDue()
    await withSettings({ minimumKeyBits: 3072 }, async (door) => {
      const answer = await door.ask(await device.makeRotation(await makeKey(), {}, { door }))
      expect(answer.body).toMatchObject({ code: 'registration.key-weak' })
    })
    expect(Object.values(await statesOf(device))).toEqual(['active'])
  })

  it.each([
    ['suspend', 'registration.device-suspended'],
    ['block', 'registration.device-blocked'],
    ['deregister', 'registration.device-deregistered'],
  ] as const)('after %s', async (act, code) => {
    const device = await makeDue()
    await server.act(device.deviceId, act)
    const before = withoutSequence(await server.recordOf(device.deviceId))
    const answer = await server.door.ask(await device.makeRotation(await makeKey()))
    expect(answer).toMatchObject({ type: 'refusal', body: { code } })
    expect(withoutSequence(await server.recordOf(device.deviceId))).toEqual(before)
  })

  it('shows on the device’s timeline why a rotation was refused', async () => {
    const device = await makeDue()
    await server.door.ask(await device.makeRotation(device.key))
    expect(await server.timelineOf(device.deviceId)).toContainEqual(
      expect.objectContaining({
        type: 'device.message-refused',
        data: { code: 'rotation.key-not-new', occurrences: 1 },
      }),
    )
  })
})

describe('a request to rotate that is early', () => {
  it('answers an early rotation request with its window', async () => {
    const device = await make.L0()
    await device.register()
    const { body: checkIn } = await device.checkIn()
    const before = withoutSequence(await server.recordOf(device.deviceId))

    const { body } = await server.door.ask(await device.makeRotation(await makeKey()))

    const { rotation } = checkIn as { rotation: object }
    expect(body).toEqual({ outcome: 'postponed', rotation })
    expect(withoutSequence(await server.recordOf(device.deviceId))).toEqual(before)
  })

  it('issues the certificate once the rotation window has begun', async () => {
    const device = await make.L0()
    await device.register()
    await makePast(device, 28 * DAY_MS + 60_000)
    expect(await device.rotate(await makeKey())).toBeInstanceOf(Buffer)
  })
})

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

describe('the policy in force', () => {
  it('limits the life of a rotated certificate by the policy in force', async () => {
    const device = await makeDue()
    const settings = { rotationDays: 20, overlapDays: 20, maximumCertificateDays: 25 }
    await withSettings(settings, async (door) => {
      const certificate = new X509Certificate(await device.rotate(await makeKey(), door))
      const days = (Date.parse(certificate.validTo) - server.now()) / DAY_MS
      expect(Math.round(days)).toBe(25)
    })
  })
})

/** A door under other settings of the fleet’s policy, which are then those of before again. */
async function withSettings(settings: object, work: (door: Door) => Promise<void>): Promise<void> {
  const change = (changes: object) =>
    server.db.pool.query(
      `insert into policy_version (policy_id, version, settings)
        select policy_id, max(version) + 1,
          (array_agg(settings order by version desc))[1] || $1::jsonb
        from policy_version group by policy_id`,
      [JSON.stringify(changes)],
    )
  const { rows } = await server.db.pool.query<{ settings: object }>(
    'select settings from policy_version order by version desc limit 1',
  )
  await change(settings)
  const door = await server.openDoor()
  try {
    await work(door)
  } finally {
    await change(rows[0]!.settings)
    await door.close()
  }
}
