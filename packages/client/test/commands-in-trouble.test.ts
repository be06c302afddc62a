import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { describe, expect, it } from 'vitest'
import { without } from '../src/state/device-state.ts'
import { Bench } from './bench.ts'
import {
  bench,
  commandsOf,
  countAgain,
  effects,
  live,
  nothingOpen,
  order,
  RESTART_SBI,
} from './commanded-client.ts'
import { Fate } from './lives.ts'

describe('A device says "not now"', () => {
  it('answers "not now" outside its maintenance window, with the time until it opens', async () => {
    const today = new Date().getDay()
    const window = { days: [(today + 2) % 7], from: '02:00', to: '04:00' }
    await order('apply-configuration', { configuration: { maintenanceWindow: window } })
    const id = await order('restart-service', RESTART_SBI)
    const next = await order('run-self-test', { tests: ['storage'] })
    await live()
    expect(effects.seen).toEqual(['settings'])
    const report = commandsOf().lastReport(id)
    expect(report).toMatchObject({ state: 'not-now', failure: 'outside-maintenance-window' })
    expect(report?.retryAfterSeconds).toBeGreaterThan(3600)
    expect(commandsOf().lastReport(next)).toMatchObject({ state: 'succeeded' })

    // The server gives it another number; then the window is open.
    const open = { days: [0, 1, 2, 3, 4, 5, 6], from: '00:00', to: '00:00' }
    await order('apply-configuration', { configuration: { maintenanceWindow: open } })
    await order('restart-service', RESTART_SBI, { id })
    await live()
    expect(commandsOf().lastReport(id)).toMatchObject({ state: 'succeeded' })
    expect(effects.seen).toEqual(['settings', 'settings', 'restart-sbi'])
  })

  it('answers "not now" before the time of a command', async () => {
    const at = Date.now() + 1_800_000
    const id = await order('restart-service', RESTART_SBI, { notBefore: formatTimestamp(at) })
    await live()
    expect(effects.seen).toEqual([])
    expect(commandsOf().lastReport(id)).toMatchObject({ state: 'not-now' })
    expect(commandsOf().lastReport(id)?.retryAfterSeconds).toBeGreaterThan(1700)
  })

  it('answers "not now" to a restart while the device is in use', async () => {
    bench.device.setStatus('Busy')
    const id = await order('restart-service', RESTART_SBI)
    await live()
    bench.device.setStatus('Ready')
    expect(effects.seen).toEqual([])
    expect(commandsOf().lastReport(id)).toMatchObject({ state: 'not-now', retryAfterSeconds: 60 })
  })
})

describe('A client that dies before or after any write', () => {
  it('does once at most what cannot be done twice, and reports when it does not know', async () => {
    const outcomes = new Set<string>()
    for (let deadly = 1; ; deadly++) {
      countAgain()
      const id = await order('restart-service', RESTART_SBI)
      const fate = new Fate(deadly)
      effects.fate = fate
      await live({ fate }).catch(() => undefined)
      const hadDied = fate.isDead
      effects.fate = new Fate()
      await live()
      const last = commandsOf().lastReport(id)
      outcomes.add(`${last?.state} ${last?.failure ?? ''}`.trim())
      expect(effects.seen.length, `after point ${deadly}`).toBeLessThanOrEqual(1)
      if (last?.state === 'succeeded') expect(effects.seen).toEqual(['restart-sbi'])
      else expect(last).toMatchObject({ state: 'failed', failure: 'interrupted' })
      expect(commandsOf().areWaiting(bench.subject)).toBe(false)
      if (!hadDied) break
    }
    expect(outcomes).toEqual(new Set(['succeeded', 'failed interrupted']))
  }, 120_000)

  it('repeats what may be done twice until it is done', async () => {
    for (let deadly = 1; ; deadly++) {
      countAgain()
      const id = await order('apply-configuration', { configuration: { logLevel: 'info' } })
      const fate = new Fate(deadly)
      effects.fate = fate
      await live({ fate }).catch(() => undefined)
      effects.fate = new Fate()
      await live()
      expect(commandsOf().lastReport(id)).toMatchObject({ state: 'succeeded' })
      expect(effects.seen.length).toBeGreaterThanOrEqual(1)
      if (!fate.isDead) break
    }
  }, 120_000)

  it('ends with one key, rotated once, at whichever step of an ordered rotation it dies', async () => {
    for (let deadly = 5; ; deadly += 7) {
      const before = bench.desk.server.registry.of(bench.subject, 'active')[0]?.keyId
      const id = await order('rotate-key', { reason: 'policy' })
      const fate = new Fate(deadly)
      await live({ fate }).catch(() => undefined)
      const life = await bench.live(
        (state) => nothingOpen(state) && state.superseded === undefined,
        { tools: effects.tools },
      )
      expect(commandsOf().lastReport(id)).toMatchObject({ state: 'succeeded' })
      expect(bench.expectOneKey(life)).not.toBe(before)
      if (!fate.isDead) break
    }
  }, 180_000)
})

describe('A device that is woken', () => {
  it('asks for commands once when it is woken, also when nothing is due', async () => {
    await live({ prepare: (state) => state, started: (keeper) => keeper.wake() })
    expect(commandsOf().questions).toHaveLength(1)
  })

  it('rests although it is woken while the server asks it to wait', async () => {
    const before = bench.desk.server.messages.length
    const until = bench.desk.server.now() + 60_000
    const hold = { outcome: 'refused', supportCode: 'ABCD-EFGH', sentence: 'No.', until } as const
    await bench.live(() => true, {
      prepare: (state) => ({ ...state, hold }),
      started: (keeper) => keeper.wake(true),
    })
    expect(bench.desk.server.messages).toHaveLength(before)
    await live({ prepare: (state) => ({ ...without(state, 'hold'), nextCheckInAt: 0 }) })
  })
})

describe('deregister', () => {
  it.each(['face', 'slap'] as const)(
    'deregister destroys the keys, proves it, and keeps the highest number (%s)',
    async (kind) => {
      await using other = await Bench.open(kind)
      const { commands, purges, messages } = other.desk.server
      await commands.order(other.subject, 'run-self-test', { tests: ['storage'] })
      await commands.order(other.subject, 'deregister', { reason: 'end-of-life' })
      other.desk.server.verdict = () => ({
        outcome: 'refused',
        supportCode: 'ABCD-EFGH',
        sentence: 'The device was de-registered.',
        retryAfterSeconds: 3600,
      })
      const { state } = await other.live(({ hold }) => hold !== undefined)
      expect(purges).toHaveLength(1)
      expect(state.commands).toMatchObject({ highest: 2, held: [] })
      expect(messages.map(({ type }) => type)).toContain('key-purge')
    },
  )
})
