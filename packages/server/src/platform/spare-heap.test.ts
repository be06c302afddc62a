import { describe, expect, it } from 'vitest'
import { type HeapSight, SpareHeap } from './spare-heap.ts'

const MB = 1024 * 1024
const MINUTE_MS = 60_000
const sight = (totalMb: number, others: Partial<HeapSight> = {}): HeapSight => ({
  total: totalMb * MB,
  used: 60 * MB,
  busy: 0.02,
  ...others,
})

function afterCrowd(): SpareHeap {
  const spare = new SpareHeap()
  spare.look(sight(100), 0)
  spare.look(sight(240, { busy: 0.9 }), MINUTE_MS / 2)
  return spare
}

describe('the spare heap', () => {
  it('is given back when the crowd has gone and the server rests', () => {
    const spare = new SpareHeap()
    expect(spare.look(sight(120), 0)).toBe(false)
    expect(spare.look(sight(240, { busy: 0.9 }), MINUTE_MS)).toBe(false)
    expect(spare.look(sight(240), 2 * MINUTE_MS)).toBe(true)
  })

  it('is left alone where little would be won', () => {
    const spare = afterCrowd()
    expect(spare.look(sight(140), MINUTE_MS)).toBe(false)
  })

  it('is left alone where the pause would be long', () => {
    const spare = afterCrowd()
    expect(spare.look(sight(900, { used: 600 * MB }), MINUTE_MS)).toBe(false)
  })

  it('is left alone when the server takes it again without a crowd: then it is needed', () => {
    const spare = afterCrowd()
    expect(spare.look(sight(240), MINUTE_MS)).toBe(true)
    spare.noteCollected(100 * MB)
    expect(spare.look(sight(240), 9 * MINUTE_MS)).toBe(false)
    spare.look(sight(300, { busy: 0.9 }), 10 * MINUTE_MS)
    expect(spare.look(sight(300), 11 * MINUTE_MS)).toBe(true)
  })

  it('is not given back again at once, however crowds come and go', () => {
    const spare = afterCrowd()
    expect(spare.look(sight(240), MINUTE_MS)).toBe(true)
    spare.look(sight(300, { busy: 0.9 }), MINUTE_MS + 15_000)
    expect(spare.look(sight(300), MINUTE_MS + 30_000)).toBe(false)
    expect(spare.look(sight(300), MINUTE_MS + 45_000)).toBe(true)
  })
})
