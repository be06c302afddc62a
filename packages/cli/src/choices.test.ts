import { UsageError } from '@sanad/command-line/program'
import { REASONS } from '@sanad/protocol/domain/reasons'
import { describe, expect, it } from 'vitest'
import { given, readChoice } from './choices.ts'

describe('a value of a closed list', () => {
  it('is read where it is one of them', () => {
    expect(readChoice('--reason', 'stolen', REASONS)).toBe('stolen')
  })

  it('is refused before anything is sent, with what can be chosen and what was likely meant', () => {
    const read = () => readChoice('--reason', 'stolne', REASONS)
    expect(read).toThrow(UsageError)
    expect(read).toThrow('--reason cannot be “stolne”. Did you mean “stolen”?')
    expect(read).toThrow(/Choose one of: lost, stolen, .*, other$/)
  })

  it('is not guessed where nothing is near', () => {
    expect(() => readChoice('--level', 'high', ['L0', 'L1'])).toThrow(
      '--level cannot be “high”. Choose one of: L0, L1',
    )
  })
})

it('what was not said is left out', () => {
  expect(given({ note: undefined, limit: 0, isAll: false })).toEqual({ limit: 0, isAll: false })
})
