import { randomUUID } from 'node:crypto'
import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import {
  addCertificate,
  addDevice,
  keyOf,
  models,
  time,
  officer,
  portal,
} from '../../test/ordered-rotations.ts'
import { approveTestDevice } from '../../test/test-devices.ts'

describe('the key of a device', () => {
  it('shows a device’s key with current certificate, waiting certificate and policy', async () => {
    const device = await addDevice()
    const next = await addCertificate(device.deviceId, {
      status: 'pending',
      replaces: device.thumbprint,
    })
    expect(await keyOf(device.deviceId)).toMatchObject({
      deviceId: device.deviceId,
      active: { serialNumber: device.serialNumber, state: 'active' },
      pending: { serialNumber: next.serialNumber },
      rotation: { reason: 'scheduled' },
      policy: { version: 1, settings: DEFAULT_POLICY_SETTINGS },
      group: null,
      certificateInUse: null,
      recoverableUntil: null,
      purge: null,
    })
  })

  it('shows whether an expired key can still recover', async () => {
    const device = await addDevice()
    const end = time.now + 40 * DAY_MS
    time.now += 41 * DAY_MS
    expect(await keyOf(device.deviceId)).toMatchObject({
      active: { state: 'expired' },
      rotation: null,
      recoverableUntil: new Date(end + 14 * DAY_MS).toISOString(),
    })
    time.now -= 41 * DAY_MS
  })

  it('shows no key of an unregistered device, and 404 for an unknown one', async () => {
    const deviceId = await approveTestDevice(portal.db, models.face.modelId)
    expect(await keyOf(deviceId)).toMatchObject({ active: null, pending: null, rotation: null })
    expect((await officer.ask('GET', `/devices/${randomUUID()}/key`)).statusCode).toBe(404)
  })
})
