import { X509Certificate } from 'node:crypto'
import { thumbprintOf } from '@sanad/protocol/wire/envelope/certificates'
import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import { describe, expect, it } from 'vitest'
import { makeKey } from './device-keys.ts'
import { readRotated } from './device-under-test.ts'
import { eventsOf, makeDue, server, statesOf } from './rotating-devices.ts'

/**
 * MDS 0.9.5 › Management Client, 5: keys rotate when the server says so. Whatever happens on the way, a device has
 * one key that counts.
 */

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
