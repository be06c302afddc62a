import { describe, expect, it } from 'vitest'
import { FairQueue } from './fair-queue.ts'

const drain = (queue: FairQueue<string>): string[] => {
  const taken: string[] = []
  for (let item = queue.take(); item !== undefined; item = queue.take()) taken.push(item)
  return taken
}

describe('a fair queue', () => {
  it('takes messages of each sender in turn, the oldest first', () => {
    const queue = new FairQueue<string>()
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'c2']) queue.add(item.slice(0, 1), item, 10)
    expect(drain(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'c2', 'a3'])
    expect(queue.size).toBe(0)
  })

  it('gives one sender all room that no other needs', () => {
    const queue = new FairQueue<string>()
    for (let at = 0; at < 10; at++) expect(queue.add('a', `a${at}`, 10)).toBeUndefined()
    expect(queue.add('a', 'a10', 10)).toBe('a10')
  })

  it('drops the newest message of the largest sender to make room for a smaller one', () => {
    const queue = new FairQueue<string>()
    for (let at = 0; at < 10; at++) queue.add('a', `a${at}`, 10)
    expect(queue.hasRoom('b', 10)).toBe(true)
    expect(queue.add('b', 'b0', 10)).toBe('a9')
    expect(queue.size).toBe(10)
    expect(drain(queue).slice(0, 3)).toEqual(['a0', 'b0', 'a1'])
  })

  it('shares the queue evenly among senders, in any order of arrival', () => {
    const queue = new FairQueue<string>()
    for (const sender of ['a', 'b', 'c', 'd'])
      for (let at = 0; at < 100; at++) queue.add(sender, sender, 40)
    const taken = drain(queue)
    for (const sender of ['a', 'b', 'c', 'd'])
      expect(taken.filter((item) => item === sender)).toHaveLength(10)
  })

  it('refuses a newcomer when every sender has equal room', () => {
    const queue = new FairQueue<string>()
    for (let at = 0; at < 10; at++) queue.add(`sender ${at}`, 'one', 10)
    expect(queue.hasRoom('another', 10)).toBe(false)
    expect(queue.add('another', 'late', 10)).toBe('late')
  })

  it('keeps count when the capacity of the queue changes', () => {
    const queue = new FairQueue<string>()
    for (let at = 0; at < 10; at++) queue.add('a', `a${at}`, 10)
    expect(queue.hasRoom('a', 5)).toBe(false)
    expect(queue.add('b', 'b0', 5)).toBe('a9')
    expect(queue.add('a', 'a10', 20)).toBeUndefined()
    expect(drain(queue)).toHaveLength(11)
  })
})
