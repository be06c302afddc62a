import { expect, it } from 'vitest'
import { checkInHealth, type Presence } from './device-health.ts'

const presence: Presence = {
  lastCheckInAt: '2026-10-09T06:00:00.000Z',
  nextCheckInAt: '2026-10-09T06:01:00.000Z',
  silentFrom: '2026-10-09T06:02:00.000Z',
  tooLongSilentFrom: '2026-10-10T06:00:00.000Z',
  deviceStatus: 'Ready',
  serviceVersion: null,
  firmware: null,
}
const at = (time: string) => checkInHealth(presence, Date.parse(time))

it('judges silence by what the server told the device, and not by a day of its own', () => {
  expect(at('2026-10-09T06:01:30.000Z')).toBe('good')
  expect(at('2026-10-09T06:02:00.000Z')).toBe('attention')
  expect(at('2026-10-10T06:00:00.000Z')).toBe('bad')
})
