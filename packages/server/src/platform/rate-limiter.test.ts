import { describe, expect, it } from 'vitest'
import { RateLimiter } from './rate-limiter.ts'

const admitted = (limiter: RateLimiter, key: string, times: number, now: number): number =>
  Array.from({ length: times }, () => limiter.admits(key, now)).filter(Boolean).length

describe('RateLimiter', () => {
  it('admits a burst, and then as many as time brings', () => {
    const limiter = new RateLimiter({ burst: 5, perSecond: 2 })
    expect(admitted(limiter, 'a', 10, 0)).toBe(5)
    expect(admitted(limiter, 'a', 10, 1500)).toBe(3)
  })

  it('saves up no more than a burst', () => {
    const limiter = new RateLimiter({ burst: 5, perSecond: 2 })
    expect(admitted(limiter, 'a', 5, 0)).toBe(5)
    expect(admitted(limiter, 'a', 100, 86_400_000)).toBe(5)
  })

  it('keeps one sender from another’s share', () => {
    const limiter = new RateLimiter({ burst: 2, perSecond: 1 })
    expect(admitted(limiter, 'a', 10, 0)).toBe(2)
    expect(admitted(limiter, 'b', 10, 0)).toBe(2)
  })

  it('gives nothing for a clock that is set back', () => {
    const limiter = new RateLimiter({ burst: 2, perSecond: 1 })
    expect(admitted(limiter, 'a', 2, 10_000)).toBe(2)
    expect(admitted(limiter, 'a', 2, 5_000)).toBe(0)
  })

  it('does not forget a sender that has just been, however many others come', () => {
    const limiter = new RateLimiter({ burst: 2, perSecond: 1 })
    for (let i = 0; i < 20_000; i++) {
      limiter.admits(`other ${i}`, 0)
      if (i % 5_000 === 0) limiter.admits('a', 0)
    }
    expect(limiter.admits('a', 0)).toBe(false)
  })

  it('counts a whole IPv6 network of 64 bits as one, and IPv4 in IPv6 as IPv4', () => {
    const limiter = new RateLimiter({ burst: 2, perSecond: 1 })
    const ofOneNetwork = Array.from({ length: 10 }, (_, host) => `2001:db8::${host + 1}`)
    expect(ofOneNetwork.filter((address) => limiter.admits(address, 0))).toHaveLength(2)
    expect(limiter.admits('2001:db8:0:1::1', 0)).toBe(true)
    expect(admitted(limiter, '192.0.2.1', 2, 0)).toBe(2)
    expect(limiter.admits('::ffff:192.0.2.1', 0)).toBe(false)
  })
})
