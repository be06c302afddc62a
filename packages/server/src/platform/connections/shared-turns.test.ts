import { describe, expect, it, vi } from 'vitest'
import { SharedTurns } from './shared-turns.ts'

const MOST = 16

interface Asked {
  readonly from: string
  readonly isGone?: boolean
}

function begin(all: readonly Asked[]): { readonly begun: string[] } {
  const begun: string[] = []
  const turns = new SharedTurns(MOST)
  for (const { from, isGone = false } of all)
    turns.do(from, { isGone: () => isGone, begin: () => void begun.push(from) })
  return { begun }
}

const of = (from: string, count: number): Asked[] => Array.from({ length: count }, () => ({ from }))
const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

describe('a turn of the event loop', () => {
  it('begins a few requests at once, and the others in the turns that follow', async () => {
    const { begun } = begin(of('192.0.2.1', 100))
    expect(begun).toHaveLength(MOST)
    await nextTurn()
    expect(begun).toHaveLength(2 * MOST)
    for (let turn = 0; turn < 10; turn++) await nextTurn()
    expect(begun).toHaveLength(100)
  })

  it('takes one request of each network after the other: nobody waits for all of a stranger’s', async () => {
    const { begun } = begin([
      ...of('192.0.2.1', 1000),
      ...of('192.0.2.2', 1000),
      { from: '192.0.2.9' },
    ])
    await nextTurn()
    expect(begun.slice(MOST, MOST + 3)).toEqual(['192.0.2.1', '192.0.2.2', '192.0.2.9'])
  })

  it('counts a whole IPv6 /64 as one', async () => {
    const many = Array.from({ length: 500 }, (_, n) => ({ from: `2001:db8::${n.toString(16)}` }))
    const { begun } = begin([...many, { from: '192.0.2.9' }])
    await nextTurn()
    expect(begun.indexOf('192.0.2.9')).toBe(MOST + 1)
  })

  it('begins nothing for a connection that is gone', async () => {
    const { begun } = begin([...of('192.0.2.1', MOST), { from: '192.0.2.9', isGone: true }])
    await nextTurn()
    await nextTurn()
    expect(begun).not.toContain('192.0.2.9')
  })

  it('begins the next ones only after the rest, and then as many as in any turn', async () => {
    let isOver = true
    const begun: number[] = []
    const turns = new SharedTurns(MOST, {
      noteBegun: () => void (isOver = false),
      isOver: () => isOver,
    })
    for (let at = 0; at < 3 * MOST; at++)
      turns.do('192.0.2.1', { isGone: () => false, begin: () => void begun.push(at) })
    for (let turn = 0; turn < 20; turn++) await nextTurn()
    expect(begun).toHaveLength(MOST)
    isOver = true
    await vi.waitFor(() => expect(begun).toHaveLength(2 * MOST))
    isOver = true
    await vi.waitFor(() => expect(begun).toHaveLength(3 * MOST))
  })
})
