import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Role } from '@sanad/protocol/domain/permissions'
import type { EventView } from '@sanad/protocol/operator-api/events'
import type { FindingPage } from '@sanad/protocol/operator-api/findings'
import type { Proposed, ProposalView } from '@sanad/protocol/operator-api/proposals'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type TestModels,
  approveTestDevice,
  makeTestModels,
  registerTestDevice,
} from '../../server/test/test-devices.ts'
import { PASSWORD, insertTestOperator } from '../../server/test/test-portal.ts'
import { WholeServer } from '../../server/test/whole-server.ts'

/** Operations for two by the command line, as its users run it, against the server as it is composed and started. */

const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts')
/** Nothing has happened yet. */
const PROPOSED = 3
const PATIENCE = { timeout: 180_000 }
/** The job that carries out and expires looks every 10 s. */
const JOB = { timeout: 60_000, interval: 500 }

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

interface Person {
  readonly name: string
  readonly operatorId: string
  readonly say: (...words: string[]) => Promise<Outcome>
}

let server: WholeServer
let folder = ''
let models: TestModels
let only: Person
let amina: Person
let bo: Person
let admin: Person

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sanad-proposals-'))
  server = await WholeServer.start({
    twoPersonRules: { initialKinds: ['bulk-end-of-trust', 'operator-access'] },
  })
  await writeFile(join(folder, 'root.pem'), server.trust.rootPem)
  await writeFile(join(folder, 'password'), `${PASSWORD}\n`, { mode: 0o600 })
  models = await makeTestModels(server.db)
  only = await enrol('Only', 'security-officer')
}, 240_000)
afterAll(async () => {
  await server?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** Makes an account and signs it in. */
async function enrol(name: string, role: Role): Promise<Person> {
  const say = (...words: string[]): Promise<Outcome> => {
    const env = {
      PATH: process.env['PATH'],
      HOME: folder,
      SANAD_SESSION: join(folder, `${name}.json`),
      NO_COLOR: '1',
    }
    return new Promise((resolve) => {
      execFile(process.execPath, [MAIN, ...words], { env }, (error, out, err) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
        resolve({ code, out, err })
      })
    })
  }
  await insertTestOperator(server.db, name, role)
  const files = ['--root', join(folder, 'root.pem'), '--password-file', join(folder, 'password')]
  const at = ['--server', `https://localhost:${server.port}`, '--name', name]
  const outcome = await say('sign-in', ...at, ...files)
  if (outcome.code !== 0) throw new Error(outcome.err)
  const { rows } = await server.db.pool.query<{ operator_id: string }>(
    'select operator_id from operator where name = $1',
    [name],
  )
  return { name, operatorId: rows[0]?.operator_id ?? '', say }
}

/** Each test has devices of its own, which its filter finds by the beginning of their numbers. */
let prefix = ''
let made = 0
let number = 0
beforeEach(async () => {
  prefix = `CLI${String(++made).padStart(3, '0')}X`
  await addDevice()
  await addDevice()
})

async function addDevice(): Promise<void> {
  const serialNo = `${prefix}${String(++number).padStart(5, '0')}`
  const deviceId = await approveTestDevice(server.db, models.face.modelId, serialNo)
  await registerTestDevice(server.db, deviceId)
}

async function statesNow(): Promise<readonly string[]> {
  const { rows } = await server.db.pool.query<{ state: string }>(
    'select distinct state from device where serial_no like $1',
    [`${prefix}%`],
  )
  return rows.map(({ state }) => state)
}

/** Orders the operation and answers with the proposal that it became. */
async function propose(by: Person, ...words: string[]): Promise<Proposed> {
  const outcome = await by.say(...words, '--json')
  expect(outcome, outcome.err).toMatchObject({ code: PROPOSED })
  return JSON.parse(outcome.out) as Proposed
}

const proposeBlock = (by: Person): Promise<Proposed> =>
  propose(by, 'bulk', 'order', 'block', '--search', prefix, '--reason', 'stolen', '--yes')

async function show(by: Person, { proposalId }: Proposed): Promise<ProposalView> {
  const outcome = await by.say('proposals', 'show', proposalId, '--json')
  expect(outcome.code, outcome.err).toBe(0)
  return JSON.parse(outcome.out) as ProposalView
}

const confirm = (by: Person, { proposalId, digest }: Proposed): Promise<Outcome> =>
  by.say('proposals', 'confirm', proposalId, '--digest', digest)

async function becomes(by: Person, proposed: Proposed, state: string): Promise<void> {
  await expect.poll(async () => (await show(by, proposed)).state, JOB).toBe(state)
}

/** What the record says of this proposal, oldest first. */
async function recorded({ proposalId }: Proposed): Promise<readonly EventView[]> {
  const { out } = await amina.say('record', 'list', '--limit', '200', '--json')
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as EventView)
    .filter(({ data }) => (data as { proposalId?: string }).proposalId === proposalId)
}

describe('the only officer', () => {
  it('acts alone with a reason, which the record and a finding show', PATIENCE, async () => {
    const proposed = await proposeBlock(only)
    expect((await confirm(only, proposed)).err).toContain('proposal.own')
    const { proposalId, digest } = proposed
    const glass = ['proposals', 'break-glass', proposalId, '--digest', digest]
    const without = await only.say(...glass)
    expect(without.code).toBe(2)
    expect(without.err).toContain('--reason is missing')
    const outcome = await only.say(...glass, '--reason', 'stolen', '--note', 'alone tonight')
    expect(outcome.out).toContain('orderBulkAct: carried-out')
    await expect.poll(statesNow, JOB).toEqual(['blocked'])
    expect((await only.say('proposals', 'show', proposalId)).out).toMatch(
      /acted alone +stolen, alone tonight/,
    )
    const { out } = await only.say('findings', 'list', '--json')
    expect((JSON.parse(out) as FindingPage['items']).map(({ check }) => check)).toContain(
      'glass-broken',
    )
  })

  it('cannot end the rules for two alone', PATIENCE, async () => {
    const { proposalId, digest } = await propose(only, 'two-person-rules', 'set', '--none')
    const words = ['--digest', digest, '--reason', 'policy']
    const outcome = await only.say('proposals', 'break-glass', proposalId, ...words)
    expect(outcome.code).toBe(1)
    expect(outcome.err).toContain('proposal.glass-refused')
    await only.say('proposals', 'withdraw', proposalId)
  })
})

describe('two officers', () => {
  beforeAll(async () => {
    amina = await enrol('Amina', 'security-officer')
    bo = await enrol('Bo', 'security-officer')
    admin = await enrol('Admin', 'administrator')
  }, 120_000)

  it('decide an operation: nothing happens before the second one confirms', PATIENCE, async () => {
    const filter = ['--search', prefix, '--reason', 'stolen']
    const told = await amina.say('bulk', 'order', 'block', ...filter, '--yes')
    expect(told.code).toBe(PROPOSED)
    expect(told.out).toContain('Nothing was done yet: a second person must confirm it')
    const [, proposalId = ''] = /sanad proposals show ([0-9a-f-]{36})/.exec(told.out) ?? []
    expect((await bo.say('proposals', 'list')).out).toMatch(
      new RegExp(`${proposalId} +orderBulkAct +block +2 +pending +Amina`),
    )
    // Reading it comes first: without the digest nothing is confirmed.
    const read = await bo.say('proposals', 'confirm', proposalId)
    expect(read.out).toContain('Nothing was done. To confirm exactly this: add --digest')
    expect(read.out).toContain('devices-stop: 2')
    expect(await statesNow()).toEqual(['registered'])
    const [, digest = ''] = /--digest ([0-9a-f]{64})/.exec(read.out) ?? []
    const confirmed = await bo.say('proposals', 'confirm', proposalId, '--digest', digest)
    expect(confirmed.out).toContain('orderBulkAct: carried-out')
    await expect.poll(statesNow, JOB).toEqual(['blocked'])
    expect((await amina.say('proposals', 'list')).out).not.toContain(proposalId)
    expect((await amina.say('proposals', 'list', '--all')).out).toContain(proposalId)
  })

  it('are both named by the proposal and by the record', PATIENCE, async () => {
    const proposed = await proposeBlock(amina)
    await confirm(bo, proposed)
    const shown = await admin.say('proposals', 'show', proposed.proposalId)
    expect(shown.out).toMatch(/proposed by +Amina/)
    expect(shown.out).toMatch(/confirmed by +Bo/)
    expect(await recorded(proposed)).toMatchObject([
      { type: 'proposal.made', actorName: 'Amina', data: { digest: proposed.digest } },
      { type: 'proposal.confirmed', actorName: 'Bo', data: { digest: proposed.digest } },
      {
        type: 'proposal.carried-out',
        data: { proposedBy: amina.operatorId, confirmedBy: bo.operatorId },
      },
    ])
  })

  it('are two people: the proposer cannot confirm or decline', PATIENCE, async () => {
    const proposed = await proposeBlock(amina)
    const outcome = await confirm(amina, proposed)
    expect(outcome.code).toBe(1)
    expect(outcome.err).toContain('proposal.own')
    expect((await amina.say('proposals', 'decline', proposed.proposalId)).err).toContain(
      'proposal.own',
    )
    expect((await amina.say('proposals', 'show', proposed.proposalId)).out).toContain(
      '(proposal.own)',
    )
    expect(await statesNow()).toEqual(['registered'])
  })

  it('confirm exactly what was proposed, by its digest', PATIENCE, async () => {
    const proposed = await proposeBlock(amina)
    const outcome = await confirm(bo, { ...proposed, digest: '0'.repeat(64) })
    expect(outcome.code).toBe(1)
    expect(outcome.err).toContain('proposal.digest-mismatch')
    // The digest of another proposal is none of this one.
    const other = await proposeBlock(amina)
    expect((await confirm(bo, { ...proposed, digest: other.digest })).err).toContain(
      'proposal.digest-mismatch',
    )
    expect(await statesNow()).toEqual(['registered'])
  })

  it('look again when it affects more devices by then', PATIENCE, async () => {
    const proposed = await proposeBlock(amina)
    await addDevice()
    expect((await confirm(bo, proposed)).err).toContain('proposal.radius-changed')
    expect(await show(bo, proposed)).toMatchObject({ state: 'pending', devices: 3 })
    expect((await confirm(bo, proposed)).out).toContain('carried-out')
  })

  it('stop it: one withdraws, the other declines', PATIENCE, async () => {
    const [mine, theirs] = [await proposeBlock(amina), await proposeBlock(amina)]
    expect((await bo.say('proposals', 'withdraw', mine.proposalId)).err).toContain(
      'proposal.not-your-own',
    )
    expect((await amina.say('proposals', 'withdraw', mine.proposalId)).out).toContain('withdrawn')
    expect((await bo.say('proposals', 'decline', theirs.proposalId)).out).toContain('declined')
    expect((await bo.say('proposals', 'show', theirs.proposalId)).out).toMatch(/ended .*Bo/)
    for (const ended of [mine, theirs])
      expect((await confirm(bo, ended)).err).toContain('proposal.state-refused')
    expect(await statesNow()).toEqual(['registered'])
  })

  it('find the later of two proposals about the same account', PATIENCE, async () => {
    const newcomer = await enrol('Newcomer', 'operator')
    const roleOf = (role: string) => ['operators', 'role', newcomer.name, '--role', role]
    const first = await propose(admin, ...roleOf('auditor'))
    const second = await propose(admin, ...roleOf('technician'))
    expect(await show(admin, first)).toMatchObject({
      state: 'superseded',
      supersededBy: second.proposalId,
    })
    const other = await enrol('Other admin', 'administrator')
    expect((await confirm(other, first)).err).toContain('proposal.state-refused')
    expect((await confirm(other, second)).out).toContain('changeOperatorRole: carried-out')
    expect((await admin.say('operators', 'list')).out).toMatch(/Newcomer +technician/)
  })

  it('have until it expires', PATIENCE, async () => {
    const proposed = await proposeBlock(amina)
    await server.db.pool.query(
      `update proposal set expires_at = now() - interval '1 second' where proposal_id = $1`,
      [proposed.proposalId],
    )
    expect((await confirm(bo, proposed)).err).toContain('proposal.state-refused')
    await becomes(bo, proposed, 'expired')
    expect((await recorded(proposed)).map(({ type }) => type)).toEqual([
      'proposal.made',
      'proposal.expired',
    ])
    expect(await statesNow()).toEqual(['registered'])
  })

  it('hand out the link of an invitation once, to the one who confirmed', PATIENCE, async () => {
    const invite = ['operators', 'invite', 'Invited', '--role', 'auditor']
    const proposed = await propose(admin, ...invite)
    const other = await enrol('Third admin', 'administrator')
    const confirmed = await confirm(other, proposed)
    expect(confirmed.out).toMatch(/https:\/\/localhost:\d+\/invitation#[\w-]{43}/)
    expect((await admin.say('proposals', 'show', proposed.proposalId)).out).not.toContain(
      '/invitation#',
    )
  })
})

describe('a permission that is lost', () => {
  it('by the proposer keeps the proposal from being confirmed', PATIENCE, async () => {
    const leaver = await enrol('Leaver', 'security-officer')
    const proposed = await proposeBlock(leaver)
    expect((await admin.say('operators', 'disable', leaver.name)).code).toBe(0)
    expect((await confirm(bo, proposed)).err).toContain('proposal.proposer-may-not')
    expect(await statesNow()).toEqual(['registered'])
  })

  it('by a role that cannot confirm is refused with the reason', PATIENCE, async () => {
    const operator = await enrol('Operator', 'operator')
    const proposed = await proposeBlock(amina)
    expect((await confirm(operator, proposed)).err).toContain('operator.permission-missing')
    expect((await operator.say('proposals', 'decline', proposed.proposalId)).err).toContain(
      'operator.permission-missing',
    )
  })
})

describe('a delay', () => {
  it('is set by two, holds the effect back, and lets either person stop it', PATIENCE, async () => {
    const rules = await propose(amina, 'two-person-rules', 'set', '--delay-minutes', '60')
    await confirm(bo, rules)
    expect((await amina.say('two-person-rules', 'show')).out).toMatch(/carried out after +60 min/)
    const leaver = await enrol('Second leaver', 'security-officer')
    const [kept, stopped, lost] = [
      await proposeBlock(amina),
      await proposeBlock(amina),
      await proposeBlock(amina),
    ]
    expect((await confirm(bo, kept)).out).toContain('orderBulkAct: confirmed')
    expect((await confirm(bo, stopped)).out).toContain('orderBulkAct: confirmed')
    expect((await confirm(leaver, lost)).out).toContain('orderBulkAct: confirmed')
    expect((await bo.say('proposals', 'show', kept.proposalId)).out).toContain('carried out from')
    expect((await amina.say('proposals', 'withdraw', stopped.proposalId)).code).toBe(0)
    // The person who confirmed may not decide any more when the hour has passed.
    expect((await admin.say('operators', 'disable', leaver.name)).code).toBe(0)
    expect(await statesNow()).toEqual(['registered'])
    await server.db.pool.query(
      `update proposal set carry_out_at = now(), confirmed_at = now() - interval '1 hour'
       where proposal_id = any($1::uuid[])`,
      [[kept, stopped, lost].map(({ proposalId }) => proposalId)],
    )
    await becomes(bo, kept, 'carried-out')
    await becomes(bo, lost, 'failed')
    expect(await show(bo, lost)).toMatchObject({ failureCode: 'proposal.confirmer-may-not' })
    expect((await show(bo, stopped)).state).toBe('withdrawn')
    await expect.poll(statesNow, JOB).toEqual(['blocked'])
  })
})
