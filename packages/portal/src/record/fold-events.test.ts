import type { EventView } from '@sanad/protocol/operator-api/events'
import { describe, expect, it } from 'vitest'
import { foldEvents } from './fold-events.ts'

function event(seq: number, more: Partial<EventView> = {}): EventView {
  return {
    seq,
    at: '2026-10-09T06:00:12.000Z',
    type: 'device.approved',
    actor: 'server',
    actorName: null,
    deviceId: `device ${seq}`,
    device: null,
    names: {},
    data: {},
    note: null,
    leafHash: '00',
    ...more,
  }
}

const sentenceOf = ({ type, data }: EventView): string => `${type} ${JSON.stringify(data)}`
const fold = (events: EventView[], hasMore = false) => foldEvents(events, sentenceOf, hasMore)

describe('events that say the same', () => {
  it('are one line with a count of devices, after an import of 493', () => {
    const events = Array.from({ length: 493 }, (_, index) => event(493 - index))
    expect(fold(events)).toEqual([{ events, devices: 493, isCutOff: false }])
  })

  it('about one device are one line, too', () => {
    const events = [event(2, { deviceId: 'one' }), event(1, { deviceId: 'one' })]
    expect(fold(events)).toEqual([{ events, devices: 1, isCutOff: false }])
  })

  it('stay apart when another stands between them, or another day, or a note', () => {
    const other = event(3, { type: 'device.blocked' })
    const later = event(4, { at: '2026-10-10T06:00:12.000Z' })
    const noted = event(5, { note: 'by telephone' })
    expect(fold([noted, later, event(2), other, event(1)]).length).toBe(5)
  })

  it('of two devices stay two lines', () => {
    expect(fold([event(2), event(1)]).length).toBe(2)
  })

  it('say that there may be more of them, where reading stopped among them', () => {
    const events = [event(3), event(2), event(1)]
    expect(fold(events, true)[0]?.isCutOff).toBe(true)
    expect(fold([...events, event(0, { data: { a: 1 } })], true)[0]?.isCutOff).toBe(false)
  })
})
