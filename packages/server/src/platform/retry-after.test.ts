import { describe, expect, it } from 'vitest'
import { RetrySpread } from './retry-after.ts'

/** Draws the latest moment. */
const latest = (): number => 0.999_999

describe('the wait of those who are refused', () => {
  it('is within fifteen seconds while few are', () => {
    const spread = new RetrySpread(latest)
    for (let at = 0; at < 100; at++) spread.noteAnswered()
    expect(spread.refuse(0)).toBe(14)
  })

  it('grows with how many are refused for each that is answered, up to five minutes', () => {
    const spread = new RetrySpread(latest)
    const waits = [0, 5_000, 10_000].map((now) => {
      for (let at = 0; at < 100; at++) spread.noteAnswered()
      for (let at = 0; at < 400; at++) spread.refuse(now)
      return spread.refuse(now)
    })
    expect(waits[1]).toBeGreaterThan(2 * (waits[0] ?? 0))
    for (let at = 0; at < 100_000; at++) spread.refuse(15_000)
    expect(spread.refuse(20_000)).toBe(304)
  })

  it('is short again when the crowd was gone for a while', () => {
    const spread = new RetrySpread(latest)
    for (let at = 0; at < 10_000; at++) spread.refuse(5_000)
    expect(spread.refuse(60_000)).toBe(14)
  })
})
