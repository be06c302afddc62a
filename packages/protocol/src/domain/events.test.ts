import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EVENTS, type NewEvent, operatorActor } from './events.ts'
import { assertEvent, canonicalEvent, parseRecordedEvent } from './recorded-events.ts'

const OPERATOR = operatorActor('7f9c24e8-3b12-4fef-91e0-2a2a9a0c6f01')
const DEVICE = '0b7f4a52-9a0d-4a58-8f0b-5b7a1d1c0001'
const AT = '2026-01-02T03:04:05.678Z'

const suspended: NewEvent = {
  type: 'device.suspended',
  actor: OPERATOR,
  deviceId: DEVICE,
  data: { reason: 'lost' },
}

const refusal: unknown = expect.objectContaining({ code: 'server.internal' })
/** Past the types, as a mistake elsewhere in the program would be. */
const mistaken = (change: object) => ({ ...suspended, ...change }) as unknown as NewEvent

describe('the canonical bytes of an event', () => {
  it('writes an event as one exact text', () => {
    expect(new TextDecoder().decode(canonicalEvent(suspended, 7, AT))).toBe(
      `{"actor":"${OPERATOR}","at":"${AT}","data":{"reason":"lost"},"deviceId":"${DEVICE}","seq":7,"type":"device.suspended","v":1}`,
    )
  })

  it('reads an event back from its canonical bytes', () => {
    expect(parseRecordedEvent(canonicalEvent(suspended, 7, AT))).toEqual({
      v: 1,
      seq: 7,
      at: AT,
      ...suspended,
    })
  })
})

describe('the catalogue refuses', () => {
  it.each([
    ['a field it does not know', { data: { reason: 'lost', fingerprint: 'AAAA' } }],
    ['a free text as reason', { data: { reason: 'Mr Example lost it' } }],
    ['an event about a device without one', { deviceId: undefined }],
    ['an actor by name', { actor: 'operator:alice' }],
    ['a device id that is no id', { deviceId: 'FS80-0001' }],
  ])('%s', (_what, change) => {
    expect(() => assertEvent(mistaken(change))).toThrow(refusal)
  })

  it('refuses a device in an event that concerns none', () => {
    const event = mistaken({ type: 'operator.created' })
    expect(() => assertEvent(event)).toThrow(refusal)
  })

  it('refuses an event time without milliseconds', () => {
    expect(() => canonicalEvent(suspended, 7, '2026-01-02T03:04:05Z')).toThrow(refusal)
  })
})

interface Shape {
  readonly additionalProperties?: boolean
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

it('has no field where a biometric sample or a long free text would fit', () => {
  for (const [type, row] of Object.entries(EVENTS)) {
    const data = row.data as unknown as Shape
    expect(data.additionalProperties, type).toBe(false)
    for (const [name, declared] of Object.entries(data.properties)) {
      // A list is as bounded as its items, where their number is.
      const isShortList = declared['type'] === 'array' && Number(declared['maxItems']) <= 16
      const field = isShortList ? (declared['items'] as typeof declared) : declared
      const isBounded =
        'enum' in field ||
        field['type'] === 'integer' ||
        field['type'] === 'boolean' ||
        Number(field['maxLength']) <= 128 ||
        /\{\d+(,\d+)?\}/.test(String(field['pattern']))
      expect(isBounded, `${type} ${name}`).toBe(true)
    }
  }
})

describe('the catalogue of events', async () => {
  const areas = join(import.meta.dirname, 'events')
  const files = readdirSync(areas).filter((file) => file !== 'row.ts')
  const tables = await Promise.all(
    files.map(async (file) => (await import(join(areas, file))) as Record<string, object>),
  )
  const types = tables.flatMap((module) =>
    Object.values(module).flatMap((table) => Object.keys(table)),
  )

  it('declares each event in one area only, and has those of every area', () => {
    expect(Object.keys(EVENTS).toSorted()).toEqual(types.toSorted())
  })
})
