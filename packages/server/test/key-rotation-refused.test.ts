import { X509Certificate } from 'node:crypto'
import { DAY_MS } from '@sanad/protocol/text/durations'
import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import { describe, expect, it } from 'vitest'
import type { DeviceUnderTest } from './device-under-test.ts'
import { makeKey } from './device-keys.ts'
import { make, makeDue, makePast, server, statesOf } from './rotating-devices.ts'
import type { Door } from './test-door.ts'
import type { TestServer } from './test-server.ts'

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
