import { randomUUID } from 'node:crypto'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { describe, expect, it } from 'vitest'
import type { DeviceState } from '../src/state/device-state.ts'
import { bench, commandsOf, effects, live, order, RESTART_SBI } from './commanded-client.ts'
import { makeCommandSigner, type OrderChanges } from './test-commands.ts'
import { makeAuthority } from './test-pki.ts'

/** What commands do to a device, and what no command can. */

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
