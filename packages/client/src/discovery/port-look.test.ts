import { describe, expect, it } from 'vitest'
import { openFieldSbi, readField } from '../../test/field-sbi.ts'
import { lookAtPort } from './port-look.ts'
import type { PortReading } from './reading.ts'

async function look(answers: object): Promise<PortReading> {
  await using sbi = await openFieldSbi(answers)
  return await lookAtPort(sbi.port, { timeoutMs: 2000 })
}

const models = ({ entries }: PortReading) =>
  entries.flatMap((entry) => (entry.outcome === 'understood' ? [entry.device.digitalId.model] : []))
const serials = ({ entries }: PortReading) =>
  entries.flatMap((entry) =>
    entry.outcome === 'understood' ? [entry.device.digitalId.serialNo] : [],
  )
const oddities = ({ entries }: PortReading) =>
  entries.flatMap((entry) =>
    entry.tolerated.map(({ answer, field, kind }) => `${answer} ${field} ${kind}`),
  )
const refusals = ({ entries }: PortReading) =>
  entries.flatMap((entry) =>
    entry.outcome === 'understood'
      ? []
      : entry.refused.map(({ answer, field, code }) => `${answer} ${field} ${code}`),
  )

describe('The answers of an SBI met in the field', () => {
  it('are one device without a remark when they are as the specification has them', async () => {
    const reading = await look(readField('sbi/reference'))
    expect(serials(reading)).toEqual(['FLD000000000001'])
    expect(oddities(reading)).toEqual([])
    expect(reading.kind).toBe('sbi')
  })

  it('may end an unsigned text in “=”', async () => {
    const reading = await look(readField('sbi/F03-padded-base64url'))
    expect(serials(reading)).toEqual(['FLD000000000001'])
    expect(oddities(reading)).toEqual(['information deviceInfo padding'])
  })

  it('may have null wherever a member may be absent', async () => {
    const reading = await look(readField('sbi/F07-nulls'))
    expect(serials(reading)).toEqual(['FLD000000000001'])
    expect(oddities(reading)).toEqual([])
  })

  it('may write a status in capitals, which is named with its field', async () => {
    const reading = await look(readField('sbi/F08-one-odd-neighbour'))
    expect(serials(reading)).toEqual(['FLD000000000001', 'FLD000000000002'])
    expect(oddities(reading)).toEqual([
      'discovery deviceStatus case',
      'information deviceStatus case',
    ])
  })

  it('may write a version as a number, which is named with its field', async () => {
    const reading = await look(readField('sbi/F10-discovery-well-info-not'))
    expect(serials(reading)).toEqual(['FLD000000000001'])
    expect(oddities(reading)).toEqual(['information firmware json-type'])
  })

  it('may be of edition 1.0, wrapped as MOSIP’s registration client reads it', async () => {
    const reading = await look(readField('sbi/F61-edition-1.0-wrapped'))
    expect(reading.entries).toMatchObject([
      {
        outcome: 'understood',
        device: { level: 'L1', deviceStatus: 'Ready', specVersions: ['1.0'] },
      },
    ])
  })

  it('may leave an L0 device that has no key yet out of the device information', async () => {
    const reading = await look(readField('mock/info-lacks-a-device-of-discovery'))
    expect(models(reading)).toEqual(['SLAP-A', 'IRIS-C', 'FACE-B'])
    expect(oddities(reading)).toEqual(['information deviceInfo not-described'])
  })

  it('may write milliseconds into a digital ID, which are left out', async () => {
    const reading = await look(readField('mock/milliseconds-in-digital-id'))
    expect(models(reading)).toEqual(['SLAP-A', 'FACE-B'])
    expect(oddities(reading)).toEqual([
      'discovery digitalId.dateTime time-form',
      'information digitalId.dateTime time-form',
    ])
    expect(reading.entries[0]).toMatchObject({
      device: { digitalId: { dateTime: '2026-11-30T12:00:00Z' } },
    })
  })

  it('name the one device that cannot be read, with its field, and serve its neighbours', async () => {
    const reading = await look(readField('mock/one-bad-digital-id'))
    expect(models(reading)).toEqual(['SLAP-A', 'FACE-B'])
    expect(refusals(reading)).toContain(
      'information digitalId.deviceProviderId client.sbi-field-refused',
    )
    expect(reading.entries).toContainEqual(
      expect.objectContaining({
        outcome: 'not-understood',
        name: { serialNo: '1000000003', make: 'Example', model: 'IRIS-C' },
      }),
    )
  })
})
