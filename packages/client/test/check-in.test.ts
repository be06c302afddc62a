import { describe, expect, it } from 'vitest'
import type { Fault } from '@sanad/simulator/faults'
import type { DeviceState } from '../src/state/device-state.ts'
import { Bench } from './bench.ts'

describe('A check-in', () => {
  it.each<[string, Fault | undefined, string]>([
    ['shows the certificate on record', undefined, 'yes'],
    ['shows another one', { kind: 'cloned-serial' }, 'no'],
    ['does not answer', { kind: 'garbage' }, 'unknown'],
  ])('checks in when the SBI %s, and reports it', async (_, fault, inUse) => {
    await using bench = await Bench.open('face')
    const before = bench.desk.server.certificateInUse.length
    const prepare = async (state: DeviceState) => {
      await bench.device.setFault(fault)
      return { ...state, nextCheckInAt: 0 }
    }
    const { state } = await bench.live(undefined, { prepare })
    expect(bench.desk.server.certificateInUse.slice(before)).toEqual([inUse])
    expect(state.nextCheckInAt).toBeGreaterThan(Date.now())
  })

  it('names the same installation over restarts', async () => {
    await using bench = await Bench.open('face')
    await bench.live()
    await bench.live()
    const { installations } = bench.desk.server
    expect(installations).toHaveLength(3)
    expect(new Set(installations).size).toBe(1)
    expect(installations[0]).toMatch(/^[A-Za-z0-9_-]{22}$/)
  })
})
