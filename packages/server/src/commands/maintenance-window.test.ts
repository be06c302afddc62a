import { describe, expect, it } from 'vitest'
import { isInWindow, nextOpening } from './maintenance-window.ts'

const at = (text: string): number => Date.parse(text)
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6]

describe('a maintenance window', () => {
  it('reads a maintenance window in the local time of the device', () => {
    const window = { days: EVERY_DAY, from: '02:00', to: '04:00' }
    // 02:30 in Addis Ababa is 23:30 of the day before in UTC.
    expect(isInWindow(window, 'Africa/Addis_Ababa', at('2027-06-01T23:30:00Z'))).toBe(true)
    expect(isInWindow(window, 'Asia/Manila', at('2027-06-01T23:30:00Z'))).toBe(false)
  })

  it('opens a maintenance window with its first minute, and closes it before its last', () => {
    const window = { days: EVERY_DAY, from: '02:00', to: '04:00' }
    const isIn = (time: string) => isInWindow(window, 'UTC', at(`2027-06-01T${time}Z`))
    expect(['01:59:59', '02:00:00', '03:59:59', '04:00:00'].map(isIn)).toEqual([
      false,
      true,
      true,
      false,
    ])
  })

  it('counts a maintenance window past midnight to the day on which it began', () => {
    // 5 June 2027 is a Saturday.
    const saturday = { days: [6], from: '22:00', to: '03:00' }
    const isIn = (time: string) => isInWindow(saturday, 'UTC', at(`${time}Z`))
    expect(isIn('2027-06-05T23:00:00')).toBe(true)
    expect(isIn('2027-06-06T02:59:00')).toBe(true)
    expect(isIn('2027-06-06T03:00:00')).toBe(false)
    expect(isIn('2027-06-05T02:00:00')).toBe(false)
    expect(isIn('2027-06-06T23:00:00')).toBe(false)
  })

  it('moves a maintenance window with summer time', () => {
    const window = { days: EVERY_DAY, from: '02:00', to: '03:00' }
    expect(isInWindow(window, 'Europe/Paris', at('2027-06-15T00:30:00Z'))).toBe(true)
    expect(isInWindow(window, 'Europe/Paris', at('2027-12-15T01:30:00Z'))).toBe(true)
    expect(isInWindow(window, 'Europe/Paris', at('2027-12-15T00:30:00Z'))).toBe(false)
  })

  it('ignores a maintenance window in an unknown time zone', () => {
    const window = { days: [1], from: '02:00', to: '03:00' }
    expect(isInWindow(window, 'Not/A_Zone', at('2027-06-05T12:00:00Z'))).toBe(true)
  })

  it('finds the next opening of a maintenance window, even after a week', () => {
    const monday = { days: [1], from: '02:00', to: '03:00' }
    const after = at('2027-06-07T03:00:00Z')
    expect(nextOpening(monday, 'UTC', after)).toBe(at('2027-06-14T02:00:00Z'))
    expect(nextOpening(monday, 'Asia/Kolkata', after)).toBe(at('2027-06-13T20:30:00Z'))
  })
})
