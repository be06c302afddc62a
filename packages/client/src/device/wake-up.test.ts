import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { WakeGate } from '../channel/wake-gate.ts'
import { WakeUp } from './wake-up.ts'

const never = new AbortController().signal

describe('A wake-up', () => {
  it('ends the rest of a device, which may ask once', async () => {
    const wakeUp = new WakeUp()
    const rest = wakeUp.wait(HOUR_MS, never)
    wakeUp.call(false, false)
    await rest
    expect(wakeUp.isDue).toBe(true)
    wakeUp.take()
    expect(wakeUp.isDue).toBe(false)
    expect(wakeUp.isDueInMs).toBeUndefined()
  })

  it('does not shorten the wait after a failure, unless the server has just come back', async () => {
    const wakeUp = new WakeUp()
    let hasEnded = false
    const retry = wakeUp.wait(HOUR_MS, never).then(() => (hasEnded = true))
    wakeUp.call(false, true)
    await setImmediate()
    expect(hasEnded).toBe(false)
    wakeUp.call(true, true)
    await retry
  })

  it('lets a device ask three times in a row, then makes it wait', () => {
    const wakeUp = new WakeUp(new WakeGate(() => 0))
    for (const _ of [1, 2, 3]) {
      wakeUp.call(false, false)
      expect(wakeUp.isDue).toBe(true)
      wakeUp.take()
    }
    wakeUp.call(false, false)
    expect(wakeUp.isDueInMs).toBeGreaterThan(0)
    expect(wakeUp.isDue).toBe(false)
  })
})
