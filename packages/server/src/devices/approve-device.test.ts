import { randomUUID } from 'node:crypto'
import type { DeviceList, DeviceView } from '@sanad/protocol/operator-api/devices'
import type { RowErrorPage } from '@sanad/protocol/operator-api/imports'
import { describe, expect, it } from 'vitest'
import { head, models, operator, portal } from '../../test/fleet-portal.ts'
import { approveTestDevice, drawSerialNo, FACE_MODEL } from '../../test/test-devices.ts'
import { ModelRegistry } from '../models/model-registry.ts'

describe('POST /devices', () => {
  it('approves a device and records it', async () => {
    const serialNo = drawSerialNo()
    const reply = await operator.ask('POST', '/devices', {
      payload: { modelId: models.slap.modelId, serialNo, ftmCertificateSha256: 'ab'.repeat(32) },
    })
    expect(reply.statusCode).toBe(201)
    const device = reply.json<DeviceView>()
    expect(device).toMatchObject({
      serialNo,
      state: 'approved',
      presence: null,
      registeredAt: null,
    })
    const timeline = await operator.ask('GET', `/devices/${device.deviceId}/timeline`)
    expect(timeline.json()).toMatchObject({
      items: [
        {
          type: 'device.approved',
          actor: `operator:${operator.operatorId}`,
          actorName: operator.name,
          data: { serialNo, source: 'operator', ftmCertificateSha256: 'ab'.repeat(32) },
        },
      ],
      next: null,
    })
  })

  it.each([
    ['the same serial number of the same model', 'device.duplicate', 409],
    ['a model that is not there', 'model.not-found', 404],
    ['an enrolment secret for L1', 'device.proof-refused', 400],
    ['an FTM certificate for L0', 'device.proof-refused', 400],
    ['an L0 device without the secret that its model asks for', 'device.proof-refused', 400],
    ['a serial number that a spreadsheet has rewritten', 'device.serial-no-refused', 400],
    ['a serial number with a control character', 'device.serial-no-refused', 400],
    ['a serial number that is too short, unconfirmed', 'device.serial-no-doubtful', 409],
    ['a twin, unconfirmed', 'device.serial-no-doubtful', 409],
  ])('refuses to approve %s, and records nothing', async (what, code, status) => {
    const serialNo = drawSerialNo()
    await approveTestDevice(portal.db, models.slap.modelId, serialNo)
    const payload: Record<string, object> = {
      'the same serial number of the same model': { modelId: models.slap.modelId, serialNo },
      'a model that is not there': { modelId: operator.operatorId, serialNo },
      'an enrolment secret for L1': {
        modelId: models.slap.modelId,
        serialNo: drawSerialNo(),
        enrolmentSecretSha256: 'cd'.repeat(32),
      },
      'an FTM certificate for L0': {
        modelId: models.face.modelId,
        serialNo: drawSerialNo(),
        ftmCertificateSha256: 'cd'.repeat(32),
      },
      'an L0 device without the secret that its model asks for': {
        modelId: await modelBySecret(),
        serialNo: drawSerialNo(),
      },
      'a serial number that a spreadsheet has rewritten': {
        modelId: models.slap.modelId,
        serialNo: '8.90123E+14',
      },
      'a serial number with a control character': {
        modelId: models.slap.modelId,
        serialNo: `${drawSerialNo()}\u0000`,
      },
      'a serial number that is too short, unconfirmed': {
        modelId: models.slap.modelId,
        serialNo: 'EX-7',
      },
      'a twin, unconfirmed': { modelId: models.slap.modelId, serialNo: serialNo.toLowerCase() },
    }
    const before = await head()
    const reply = await operator.ask('POST', '/devices', { payload: payload[what]! })
    expect(reply.statusCode).toBe(status)
    expect(reply.json()).toMatchObject({ code })
    expect(await head()).toBe(before)
  })

  async function modelBySecret(): Promise<string> {
    const { modelId } = await new ModelRegistry(portal.db.database, Date.now).create(
      {
        ...FACE_MODEL,
        make: 'Secretive',
        model: `Secret ${drawSerialNo()}`,
        l0Policy: 'enrolment-secret',
      },
      'command-line',
    )
    return modelId
  }

  it('approves a doubtful serial number that is confirmed, and records the doubts', async () => {
    const serialNo = drawSerialNo()
    await approveTestDevice(portal.db, models.slap.modelId, serialNo)
    const payload = { modelId: models.slap.modelId, serialNo: serialNo.toLowerCase() }
    const doubtful = await operator.ask('POST', '/devices', { payload })
    expect(doubtful.json<{ detail: string }>().detail).toBe(
      `‘${payload.serialNo}’ differs from ‘${serialNo}’ of an approved device in capital and small letters only.`,
    )
    const confirmed = { ...payload, confirmWarnings: true }
    const reply = await operator.ask('POST', '/devices', { payload: confirmed })
    expect(reply.statusCode).toBe(201)
    const events = await operator.ask('GET', '/events?limit=1')
    expect(events.json()).toMatchObject({
      items: [{ type: 'device.approved', data: { confirmedWarnings: ['row.serial-no-twin'] } }],
    })
  })

  it.each(['8.90123E+14', 'N.A.', '=A2', 'EXS442 C080002', 'ЕXS442C080002', 'A'.repeat(65)])(
    'refuses %s with the same code as an import',
    async (serialNo) => {
      const { modelId, make, model } = {
        ...FACE_MODEL,
        modelId: models.slap.modelId,
        model: 'Slap 442',
      }
      const one = await operator.ask('POST', '/devices', { payload: { modelId, serialNo } })
      const importId = randomUUID()
      await operator.ask('POST', `/imports/${importId}`, {
        payload: `serialNo,make,model\n${serialNo},${make},${model}`,
        headers: { 'content-type': 'text/csv' },
      })
      const errors = await operator.ask('GET', `/imports/${importId}/errors`)
      const { items } = errors.json<RowErrorPage>()
      expect(items).toHaveLength(1)
      expect(one.json()).toMatchObject({
        code: 'device.serial-no-refused',
        detail: items[0]?.reason,
      })
    },
  )

  it('lists only the devices of one import', async () => {
    const [importId, serialNo] = [randomUUID(), drawSerialNo()]
    const headers = { 'content-type': 'text/csv' }
    const payload = `serialNo,make,model\n${serialNo},Example,Slap 442`
    await operator.ask('POST', `/imports/${importId}`, { payload, headers })
    await operator.ask('POST', `/imports/${importId}/confirm`, { payload: { choice: 'all' } })
    const list = async () =>
      (await operator.ask('GET', `/devices?importId=${importId}`)).json<DeviceList>().items
    await expect.poll(list, { timeout: 20_000 }).toMatchObject([{ serialNo }])
  })

  it('refuses one chip for two devices', async () => {
    const approve = () =>
      operator.ask('POST', '/devices', {
        payload: {
          modelId: models.slap.modelId,
          serialNo: drawSerialNo(),
          ftmCertificateSha256: 'ef'.repeat(32),
        },
      })
    expect((await approve()).statusCode).toBe(201)
    expect((await approve()).json()).toMatchObject({ code: 'device.duplicate' })
  })
})
