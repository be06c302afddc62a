import { describe, expect, it } from 'vitest'
import { countErrors, findNearest } from '../src/nearest.ts'

describe('the nearest word', () => {
  it.each([
    ['lst', 'list', 1],
    ['hsow', 'show', 1],
    ['list', 'list', 0],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['rotaet-key', 'rotate-key', 1],
  ])('counts the typing errors between “%s” and “%s”', (a, b, errors) => {
    expect(countErrors(a, b)).toBe(errors)
    expect(countErrors(b, a)).toBe(errors)
  })

  it('suggests the closest word, and none when all are far', () => {
    const words = ['list', 'show', 'suspend', 'resume']
    expect(findNearest('lits', words)).toBe('list')
    expect(findNearest('supsend', words)).toBe('suspend')
    expect(findNearest('frobnicate', words)).toBeUndefined()
    // Of a word of two letters, two errors leave nothing.
    expect(findNearest('xy', ['ab'])).toBeUndefined()
  })
})
