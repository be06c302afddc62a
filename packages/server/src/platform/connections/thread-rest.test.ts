import { describe, expect, it } from 'vitest'
import { ThreadRest } from './thread-rest.ts'

/** A thread that works and rests as the test says; milliseconds. */
function makeThread() {
  let [active, idle] = [0, 0]
  const thread = {
    now: () => active + idle,
    eventLoopUtilization: (since = { active: 0, idle: 0, utilization: 0 }) => ({
      active: active - since.active,
      idle: idle - since.idle,
      utilization: 0,
    }),
  }
  const work = (milliseconds: number): void => void (active += milliseconds)
  const rest = (milliseconds: number): void => void (idle += milliseconds)
  return { thread, work, rest }
}

describe('the rest of the thread', () => {
  it('lets unproven work begin at once while no proven device is heard', () => {
    const { thread, work } = makeThread()
    const turn = new ThreadRest(() => false, thread)
    turn.noteBegun()
    work(5)
    expect(turn.isOver()).toBe(true)
  })

  it('makes unproven work wait until the thread was idle for half as long as it worked', () => {
    const { thread, work, rest } = makeThread()
    const turn = new ThreadRest(() => true, thread)
    expect(turn.isOver()).toBe(true)
    turn.noteBegun()
    work(10)
    expect(turn.isOver()).toBe(false)
    rest(4)
    expect(turn.isOver()).toBe(false)
    rest(1)
    expect(turn.isOver()).toBe(true)
  })

  it('ends after 40 ms although proven devices leave the thread no rest', () => {
    const { thread, work } = makeThread()
    const turn = new ThreadRest(() => true, thread)
    turn.noteBegun()
    work(39)
    expect(turn.isOver()).toBe(false)
    work(1)
    expect(turn.isOver()).toBe(true)
  })

  it('comes to an end by the clock of the real thread', async () => {
    const turn = new ThreadRest(() => true)
    turn.noteBegun()
    await expect.poll(() => turn.isOver(), { timeout: 10_000 }).toBe(true)
  })
})
