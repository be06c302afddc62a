import { describe, expect, it } from 'vitest'
import { commandToOpen, isSupportCode } from './palette-choice.ts'
import { type Typed, withKey } from './typed-ahead.ts'

const type = (keys: readonly string[]): Typed =>
  keys.reduce<Typed>(withKey, { text: '', isEntered: false })

describe('what is typed before the search is here', () => {
  it('is kept character by character', () => {
    expect(type('FS80H 20/7'.split(''))).toEqual({ text: 'FS80H 20/7', isEntered: false })
  })

  it('ends with Enter, as a scanner ends it', () => {
    expect(type(['A', 'B', 'C', 'Enter', 'D'])).toEqual({ text: 'ABC', isEntered: true })
  })

  it('takes a Backspace for what it is, and no other key for a text', () => {
    expect(type(['a', 'b', 'Backspace', 'Shift', 'F5', 'ArrowDown', 'ü']).text).toBe('aü')
  })

  it('has a bound', () => {
    expect(type(Array.from({ length: 5_000 }, () => 'a')).text.length).toBe(256)
  })
})

describe('Enter before the answer', () => {
  const found = [{ label: 'SN-10' }, { label: 'SN-1' }]

  it('opens the device that is spelled out', () => {
    expect(commandToOpen(found, ' sn-1 ', 'search')).toBe(found[1])
  })

  it('opens the only match', () => {
    expect(commandToOpen([found[0]!], '10', 'search')).toBe(found[0])
  })

  it('chooses none of several devices, and nothing of nothing', () => {
    expect(commandToOpen(found, 'sn', 'search')).toBeUndefined()
    expect(commandToOpen([], 'sn', 'search')).toBeUndefined()
  })
})

it('knows a support code by its form, in either case', () => {
  expect(['7KQ2-M4XH', '7kq2-m4xh'].every(isSupportCode)).toBe(true)
  expect(['7KQ2M4XH', '7KQ2-M4X', '0KQ2-M4XH', 'IKQ2-M4XH'].some(isSupportCode)).toBe(false)
})
