import { DAY_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import {
  type Added,
  NOW,
  add,
  db,
  fleet,
  inputOf,
  kindOf,
  models,
  providerId,
  radiusOf,
} from '../../../test/radius-fleet.ts'

/** What a second person is shown of operations on devices, counted on a real database. */

describe('revoking a certificate', () => {
  const revoke = ({ deviceId, serialNumber }: Omit<Added, 'serialNo'>) =>
    radiusOf('revokeCertificate', inputOf({ deviceId, serialNumber }, { reason: 'stolen' }))

  it('stops the one device that uses it, and says whether it is connected', async () => {
    const device = await add({ isConnected: true })
    await add()
    expect(await revoke(device)).toEqual({
      devices: 1,
      connected: 1,
      subject: device.serialNo,
      effects: [
        { effect: 'certificate-revoked', devices: 1, when: 'at-once' },
        { effect: 'devices-stop', devices: 1, when: 'at-once' },
      ],
      changes: [{ member: device.serialNumber, from: 'active', to: 'revoked' }],
    })
  })

  it('stops no device where the certificate is no longer in use', async () => {
    const { deviceId } = await add()
    const issuedAt = NOW - 20 * DAY_MS
    const serialNumber = await fleet.addCertificate({
      deviceId,
      providerId,
      issuedAt,
      notAfter: NOW + 20 * DAY_MS,
      status: 'superseded',
    })
    const { effects, changes } = await revoke({ deviceId, serialNumber })
    expect(effects.map(({ effect }) => effect)).toEqual(['certificate-revoked'])
    expect(changes).toEqual([{ member: serialNumber, from: 'superseded', to: 'revoked' }])
  })

  it('is refused for a certificate of another device, and for one that is revoked', async () => {
    const [device, other] = [await add(), await add()]
    await expect(revoke({ ...device, serialNumber: other.serialNumber })).rejects.toThrow(
      'certificate.not-found',
    )
    await db.pool.query(
      `update device_certificate set status = 'revoked', revoked_at = now(), revocation_reason = 'keyCompromise'
       where serial_number = $1`,
      [device.serialNumber],
    )
    await expect(revoke(device)).rejects.toThrow('key.transition-refused')
  })
})

describe('setting clocks back', () => {
  it('touches the one device, and says to which time', async () => {
    const device = await add({ isConnected: true })
    const floor = '2027-03-01T00:00:00.000Z'
    const input = inputOf({ deviceId: device.deviceId }, { reason: 'repaired', floor })
    expect(await radiusOf('orderClockReset', input)).toEqual({
      devices: 1,
      connected: 1,
      subject: device.serialNo,
      effects: [{ effect: 'clock-set-back', devices: 1, when: 'next-contact' }],
      changes: [{ member: 'floor', from: null, to: floor }],
    })
  })

  it('is refused for a device that is not in use', async () => {
    const { deviceId } = await add({ state: 'deregistered' })
    await expect(radiusOf('orderClockReset', inputOf({ deviceId }, {}))).rejects.toThrow(
      'device.transition-refused',
    )
  })

  it('by a campaign counts every device that it finds, and those connected', async () => {
    await add({ isConnected: true })
    await add()
    await add({ modelId: models.slap.modelId })
    const command = { type: 'synchronise-time', body: { mode: 'reset' } }
    const filter = { state: ['registered'], modelId: models.face.modelId }
    const input = inputOf({}, { name: 'Clocks', filter, command })
    expect(await kindOf('createCampaign', input)).toBe('clock-reset')
    expect(await radiusOf('createCampaign', input)).toMatchObject({
      devices: 2,
      connected: 1,
      subject: 'Clocks',
      effects: [{ effect: 'clock-set-back', devices: 2, when: 'next-contact' }],
    })
  })
})

describe('a campaign that ends trust', () => {
  const command = { type: 'deregister', body: { reason: 'end-of-life' } }
  const campaign = (more: object) => inputOf({}, { name: 'Old ones', command, ...more })

  it('counts the devices that stop and those that are left as they are', async () => {
    await add({ isConnected: true })
    await add({ state: 'suspended' })
    await add({ state: 'deregistered' })
    const input = campaign({ filter: {} })
    expect(await kindOf('createCampaign', input)).toBe('bulk-end-of-trust')
    expect(await radiusOf('createCampaign', input)).toMatchObject({
      devices: 3,
      connected: 1,
      effects: [
        { effect: 'devices-stop', devices: 2 },
        { effect: 'devices-left', devices: 1 },
      ],
      changes: [],
    })
  })

  it('says that it continues for devices that match later', async () => {
    await add()
    const { changes } = await radiusOf(
      'createCampaign',
      campaign({ filter: {}, isContinuing: true }),
    )
    expect(changes).toEqual([{ member: 'isContinuing', from: null, to: 'true' }])
  })

  it('needs no second person for one device, nor to rotate keys', async () => {
    const { deviceId } = await add()
    expect(await kindOf('createCampaign', campaign({ deviceIds: [deviceId] }))).toBeUndefined()
    const rotation = { name: 'Keys', filter: {}, rotation: { reason: 'policy' } }
    expect(await kindOf('createCampaign', inputOf({}, rotation))).toBeUndefined()
  })
})
