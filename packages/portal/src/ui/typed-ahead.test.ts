import { describe, expect, it } from 'vitest'
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
