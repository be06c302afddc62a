import { describe, expect, it } from 'vitest'
import { DEVICE_ACTS, DEVICE_STATES, type DeviceState, deviceLife } from './device-lifecycle.ts'

const cells = DEVICE_STATES.flatMap((state) => DEVICE_ACTS.map((act) => [state, act] as const))

describe('the life of a device', () => {
  it.each(cells)('%s, %s: is either allowed, or refused with a sentence', (state, act) => {
    if (deviceLife.allows(state, act)) {
      expect(DEVICE_STATES).toContain(deviceLife.next(state, act))
      expect(deviceLife.whyRefused(state, act)).toBeUndefined()
    } else {
      expect(() => deviceLife.next(state, act)).toThrow(
        expect.objectContaining({ code: 'device.transition-refused' }),
      )
      expect(deviceLife.whyRefused(state, act)).toMatch(/^[A-Z].*\.$/)
    }
  })

  it('lets only an approved device register', () => {
    expect(DEVICE_STATES.filter((state) => deviceLife.allows(state, 'register'))).toEqual([
      'approved',
    ])
  })

  it('can block a device in every state except blocked', () => {
    for (const state of DEVICE_STATES)
      expect(deviceLife.allows(state, 'block')).toBe(state !== 'blocked')
  })

  it('requires a new approval between de-registered or blocked and registered', () => {
    const reach = (from: DeviceState, seen = new Set<DeviceState>()): Set<DeviceState> => {
      for (const act of DEVICE_ACTS) {
        if (act === 'approve' || !deviceLife.allows(from, act)) continue
        const next = deviceLife.next(from, act)
        if (!seen.has(next)) reach(next, seen.add(next))
      }
      return seen
    }
    expect(reach('deregistered')).not.toContain('registered')
    expect(reach('blocked')).not.toContain('registered')
  })
})
