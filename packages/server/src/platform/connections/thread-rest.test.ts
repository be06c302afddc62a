import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ThreadRest } from './thread-rest.ts'

const work = (milliseconds: number): void => {
  const end = performance.now() + milliseconds
  while (performance.now() < end) continue
}

async function rested(rest: ThreadRest, most: number): Promise<number> {
  const start = performance.now()
  while (!rest.isOver() && performance.now() - start < most) await pause(1)
  return performance.now() - start
}

describe('the rest of the thread', () => {
  it('lets unproven work begin at once while no proven device is heard', () => {
    const rest = new ThreadRest(() => false)
    rest.noteBegun()
    work(5)
    expect(rest.isOver()).toBe(true)
  })

  it('makes unproven work wait until the thread was idle, while proven devices are heard', async () => {
    const rest = new ThreadRest(() => true)
    expect(rest.isOver()).toBe(true)
    rest.noteBegun()
    work(10)
    expect(rest.isOver()).toBe(false)
    expect(await rested(rest, 5_000)).toBeGreaterThan(3)
    expect(rest.isOver()).toBe(true)
  })

  it('ends after 40 ms although proven devices leave the thread no rest', () => {
    const rest = new ThreadRest(() => true)
    rest.noteBegun()
    work(41)
    expect(rest.isOver()).toBe(true)
  })
})
