import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { type DeviceState, without } from '../src/state/device-state.ts'
import type { Workshop } from '../src/commands/workshop.ts'
import { Bench } from './bench.ts'
import { Fate, type LifeOptions } from './lives.ts'
import { makeAuthority } from './test-pki.ts'
import { type OrderChanges, makeCommandSigner } from './test-commands.ts'

/** What commands do to a device, and what no command can. */

const nothingOpen = ({ commands }: DeviceState): boolean =>
  commands?.held.every(({ stage, isReported }) => stage === 'done' && isReported === true) ?? true

/** Counts its effects, each of which leaves a trace outside the process. */
class Effects {
  readonly seen: string[] = []
  fate = new Fate()

  readonly tools = (workshop: Workshop): Workshop => ({
    ...workshop,
    restartSbi: () =>
      this.fate.around('the SBI is restarted', async () => {
        this.seen.push('restart-sbi')
      }),
    applyConfiguration: (configuration) =>
      this.fate.around('settings are written', async () => {
        this.seen.push('settings')
        await workshop.applyConfiguration(configuration)
      }),
  })
}

let bench: Bench
let effects: Effects
beforeAll(async () => {
  bench = await Bench.open('face')
})
afterAll(() => bench[Symbol.asyncDispose]())
beforeEach(() => {
  effects = new Effects()
  const { commands } = bench.desk.server
  commands.reports.splice(0)
  commands.questions.splice(0)
  commands.forget(bench.subject)
})

const commandsOf = () => bench.desk.server.commands
const live = (options: Partial<LifeOptions> = {}) =>
  bench.live(nothingOpen, { tools: effects.tools, ...options })
const order = (
  type: Parameters<ReturnType<typeof commandsOf>['order']>[1],
  body: object = {},
  changes: OrderChanges = {},
) => commandsOf().order(bench.subject, type, body, changes)

const RESTART_SBI = { service: 'sbi' }

describe('A command', () => {
  it('obeys a command once, and reports it until the server has the report', async () => {
    const id = await order('restart-service', RESTART_SBI)
    const { state } = await live()
    expect(effects.seen).toEqual(['restart-sbi'])
    expect(commandsOf().lastReport(id)).toMatchObject({ state: 'succeeded' })
    expect(state.commands?.highest).toBe(commandsOf().lastReport(id)?.number)

    await live()
    expect(effects.seen).toEqual(['restart-sbi'])
    expect(commandsOf().reports).toHaveLength(1)
  })

  it('obeys a command that waited while the device was away', async () => {
    const { server } = bench.desk
    const id = await order('collect-information')
    const before = server.facts.length
    await live()
    expect(commandsOf().lastReport(id)).toMatchObject({ state: 'succeeded' })
    // One check-in brought the news, and the next one all facts.
    expect(server.facts.slice(before)).toHaveLength(2)
  })

  it('obeys commands in the order of their numbers, four at a time', async () => {
    const ids = []
    for (let index = 0; index < 6; index++) ids.push(await order('restart-service', RESTART_SBI))
    await live()
    expect(effects.seen).toHaveLength(6)
    expect(commandsOf().reports.map(({ id }) => id)).toEqual(ids)
  })

  it('reports a repeated command again without obeying it again', async () => {
    const id = randomUUID()
    const number = 1000 + Date.now()
    await order('restart-service', RESTART_SBI, { id, number })
    await live()
    await order('restart-service', RESTART_SBI, { id, number })
    await live()
    expect(effects.seen).toEqual(['restart-sbi'])
    expect(commandsOf().reports.map(({ state }) => state)).toEqual(['succeeded', 'succeeded'])
  })
})

const elsewhere = makeAuthority('Management root')

describe('A command changes nothing', () => {
  it.each<[string, (subject: string) => OrderChanges, string | undefined]>([
    ['to another device', (subject) => ({ aud: `${subject}X` }), undefined],
    ['of another server', () => ({ iss: 'another.test' }), undefined],
    ['signed by the response key', () => ({ signer: responseSigner() }), undefined],
    [
      'signed by a key for something else',
      () => ({ signer: signerFor('1.3.6.1.5.5.7.3.1') }),
      undefined,
    ],
    [
      'under another root of the same name',
      () => ({ signer: makeCommandSigner(elsewhere) }),
      undefined,
    ],
    ['of another typ', () => ({ typ: 'sanad-answer+jws' }), undefined],
    [
      'of another algorithm',
      () => ({ signer: { ...commandsOf().signer, alg: 'RS512' } }),
      undefined,
    ],
    ['of an unknown type', () => ({ type: 'do-something' }), 'not-supported'],
    ['with a member more', () => ({ extra: { also: 1 } }), 'not-supported'],
    ['of another version', () => ({ extra: { v: 2 } }), 'not-supported'],
    ['that is over', () => ({ notAfter: formatTimestamp(Date.now() - 1000) }), 'expired'],
    ['overtaken by a later one', () => ({ number: 1 }), 'verification-failed'],
  ])('%s', async (_, change, failure) => {
    await order('run-self-test', { tests: ['storage'] })
    await live()
    const { highest } = (await live()).state.commands ?? {}
    commandsOf().reports.splice(0)

    const id = await order('restart-service', RESTART_SBI, change(bench.subject))
    const { state, events } = await live()
    commandsOf().forget(bench.subject)

    expect(effects.seen).toEqual([])
    expect(state.progress).toBe('registered')
    if (failure === undefined) {
      expect(commandsOf().reports).toEqual([])
      expect(state.commands?.highest).toBe(highest)
      expect(events).toContainEqual(expect.objectContaining({ kind: 'command-dropped' }))
    } else expect(commandsOf().lastReport(id)).toMatchObject({ state: 'refused', failure })
  })

  it('refuses a command that is not signed, or a text of another kind', async () => {
    const [header, payload] = (await signed()).split('.')
    for (const jws of [`${header}.${payload}.`, `${payload}`, 'x', '', 'a.b.c'])
      commandsOf().sendText(bench.subject, { id: randomUUID(), number: 1, jws })
    const { state } = await live()
    commandsOf().forget(bench.subject)
    expect(effects.seen).toEqual([])
    expect(commandsOf().reports).toEqual([])
    // "There are more" of such is not asked for in a circle.
    expect(commandsOf().questions).toHaveLength(1)
    expect(state.commands?.held.filter(({ stage }) => stage !== 'done')).toEqual([])
  })

  it('refuses a command whose signature is of other bytes', async () => {
    const [header, payload = '', signature] = (await signed()).split('.')
    const text = Buffer.from(payload, 'base64url').toString().replace('sbi', 'client')
    const jws = [header, Buffer.from(text).toString('base64url'), signature].join('.')
    commandsOf().sendText(bench.subject, { id: randomUUID(), number: 1, jws })
    const { events } = await bench.live()
    commandsOf().forget(bench.subject)
    expect(commandsOf().reports).toEqual([])
    expect(events).toContainEqual({ kind: 'command-dropped', code: 'command.not-authentic' })
  })
})

async function signed(): Promise<string> {
  const now = Date.now()
  const statement = {
    v: 1,
    id: randomUUID(),
    number: 2 * now,
    iss: 'server.test',
    aud: bench.subject,
    issuedAt: formatTimestamp(now),
    notBefore: formatTimestamp(now),
    notAfter: formatTimestamp(now + 60_000),
    type: 'restart-service',
    body: RESTART_SBI,
  }
  const jws = await commandsOf().send(bench.subject, statement)
  commandsOf().forget(bench.subject)
  return jws
}

const signerFor = (usage: string) => makeCommandSigner(bench.desk.server.root, usage)
const responseSigner = () => ({ ...bench.desk.server.signer, alg: 'EdDSA' })

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

    // The server numbers it anew; then the window is open.
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
      effects = new Effects()
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
      effects = new Effects()
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

describe('The commands', () => {
  it('run-self-test tries key, SBI, clock, storage and network, and reports what it saw', async () => {
    const tests = ['key-store', 'sbi', 'clock', 'storage', 'network']
    const id = await order('run-self-test', { tests })
    await live()
    const report = commandsOf().lastReport(id)
    expect(report).toMatchObject({ state: 'succeeded' })
    expect(report?.selfTests?.map(({ test, passed }) => [test, passed])).toEqual(
      tests.map((test) => [test, true]),
    )
  })

  it('run-self-test reports an SBI that does not answer', async () => {
    const id = await order('run-self-test', { tests: ['sbi', 'key-store'] })
    const prepare = async (state: DeviceState) => {
      await bench.device.setFault({ kind: 'garbage' })
      return { ...state, nextCheckInAt: 0 }
    }
    await live({ prepare })
    await bench.device.setFault(undefined)
    expect(commandsOf().lastReport(id)).toMatchObject({
      state: 'failed',
      selfTests: [
        { test: 'sbi', passed: false, detail: 'client.sbi-answer-cut' },
        { test: 'key-store', passed: true },
      ],
    })
  })

  it('synchronise-time asks the server for its time', async () => {
    const before = bench.desk.server.statements
    const id = await order('synchronise-time', { mode: 'measure' })
    await live()
    expect(commandsOf().lastReport(id)).toMatchObject({ state: 'succeeded' })
    expect(bench.desk.server.statements).toBe(before + 2)
  })

  it('reports update-software as not supported', async () => {
    const sha256 = 'a'.repeat(64)
    const id = await order('update-software', { name: 'client', version: '2', sha256 })
    await live()
    expect(commandsOf().lastReport(id)).toMatchObject({ state: 'failed', failure: 'not-supported' })
  })

  it('apply-configuration refuses a port range without the device', async () => {
    const port = bench.device.port === 4501 ? 4600 : 4501
    const portRange = { from: port, to: port }
    const id = await order('apply-configuration', { configuration: { portRange } })
    await live()
    expect(commandsOf().lastReport(id)).toMatchObject({
      state: 'failed',
      failure: 'verification-failed',
    })
  })
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
