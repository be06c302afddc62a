import { describe, expect, it } from 'vitest'
import {
  type ClockMeasurement,
  measureClock,
  readChronyTracking,
  readTimex,
  runCommand,
} from './clock-measurement.ts'
import { type ClockPolicy, type ClockReport, ClockWatch } from './clock-watch.ts'

const PRODUCTION: ClockPolicy = {
  mustBeSynchronised: true,
  largestUncertaintyMs: 500,
  assumedUncertaintyMs: 1000,
}
const GOOD: ClockMeasurement = { source: 'chrony', isSynchronised: true, uncertaintyMs: 12 }

/** The machine under the watch: both clocks and what its time service says are the test’s. */
async function watchMachine(policy: ClockPolicy, first: ClockMeasurement = GOOD) {
  const machine = { wall: 1_000_000, monotonic: 0, says: first }
  const changes: ClockReport[] = []
  const watch = await ClockWatch.start({
    policy,
    measure: () => Promise.resolve(machine.says),
    wallClock: () => machine.wall,
    monotonicClock: () => machine.monotonic,
    onChange: (report) => changes.push(report),
  })
  const pass = (ms: number): void => {
    machine.wall += ms
    machine.monotonic += ms
  }
  return { machine, watch, changes, pass }
}

describe('the watch over the server’s clock', () => {
  it('states the measured bound of the clock as the radius', async () => {
    const { watch } = await watchMachine(PRODUCTION)
    expect(watch.radiusMs()).toBe(12)
    expect(watch.report()).toMatchObject({ state: 'trusted', source: 'chrony' })
  })

  it.each<[string, ClockMeasurement]>([
    ['is not synchronised', { ...GOOD, isSynchronised: false }],
    ['may be off by more than the policy allows', { ...GOOD, uncertaintyMs: 501 }],
    ['is kept by nobody', { source: 'none', isSynchronised: false, uncertaintyMs: undefined }],
  ])(
    'signs no time in production while the clock %s, and resumes afterwards',
    async (_what, bad) => {
      const { watch, machine, changes } = await watchMachine(PRODUCTION, bad)
      expect(() => watch.radiusMs()).toThrow('time.not-trusted')
      machine.says = GOOD
      await watch.measure()
      expect(watch.radiusMs()).toBe(12)
      expect(changes.at(-1)?.state).toBe('trusted')
    },
  )

  it('assumes a bound, and says so, where no program keeps the clock and the configuration allows it', async () => {
    const none: ClockMeasurement = {
      source: 'none',
      isSynchronised: false,
      uncertaintyMs: undefined,
    }
    const { watch } = await watchMachine({ ...PRODUCTION, mustBeSynchronised: false }, none)
    expect(watch.radiusMs()).toBe(1000)
    expect(watch.report().state).toBe('assumed')
  })

  it.each([3_600_000, -3_600_000])(
    'stops signing time at once when the clock steps by %i ms',
    async (step) => {
      const { watch, machine, changes, pass } = await watchMachine(PRODUCTION)
      pass(5_000)
      machine.wall += step
      // Before any further measurement.
      expect(() => watch.radiusMs()).toThrow('time.not-trusted')
      expect(changes.at(-1)).toMatchObject({ state: 'untrusted', lastStepMs: step })
      await watch.measure()
      expect(() => watch.radiusMs()).toThrow('time.not-trusted')
      await watch.measure()
      expect(watch.radiusMs()).toBe(12)
    },
  )

  it('keeps signing time while the clock is slewed', async () => {
    const { watch, machine, pass } = await watchMachine(PRODUCTION)
    for (let round = 0; round < 20; round++) {
      pass(16_000)
      machine.wall += 8
      await watch.measure()
      expect(watch.radiusMs()).toBe(12)
    }
  })
})

describe('a measurement', () => {
  const TRACKING =
    'A29FC87B,162.159.200.123,4,1764000000.123456,-0.000123456,0.000045,0.000210,-12.345,0.001,0.120,0.010500,0.002100,64.2,Normal\n'

  it('adds up the parts of chrony’s uncertainty', () => {
    expect(readChronyTracking(TRACKING)).toEqual({
      source: 'chrony',
      isSynchronised: true,
      uncertaintyMs: 8,
    })
  })

  it('takes the clock for unsynchronised when chrony says so', () => {
    const text = TRACKING.replace('Normal', 'Not synchronised')
    expect(readChronyTracking(text)?.isSynchronised).toBe(false)
  })

  it.each(['', 'a,b', TRACKING.replace('0.002100', 'many')])(
    'refuses the answer %j of chrony',
    (text) => {
      expect(readChronyTracking(text)).toBeUndefined()
    },
  )

  it.each([
    ['0 16000 8193', true, 16],
    ['5 16000000 64', false, 16_000],
    ['0 16000 64', false, 16],
  ])('reads the kernel’s clock state %j', (text, isSynchronised, uncertaintyMs) => {
    expect(readTimex(text)).toEqual({ source: 'kernel', isSynchronised, uncertaintyMs })
  })

  it.each(['', '-1 0 0', '0 x 1', '1 2 3 4'])('refuses the answer %j of the kernel', (text) => {
    expect(readTimex(text)).toBeUndefined()
  })

  it('asks the kernel when there is no chrony', async () => {
    const withoutChrony: typeof runCommand = (file, args) =>
      file === 'chronyc' ? Promise.reject(new Error('missing')) : runCommand(file, args)
    const measured = await measureClock(withoutChrony)
    expect(measured.source).toBe('kernel')
    expect(measured.uncertaintyMs).toBeGreaterThanOrEqual(0)
  })

  it('reports an unknown clock when neither chrony nor the kernel answers', async () => {
    expect(await measureClock(runCommand, 'mips')).toMatchObject({ source: 'none' })
  })
})
