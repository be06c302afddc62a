import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { operatorActor } from '@sanad/protocol/domain/events'
import type { BulkActView, NewBulkAct } from '@sanad/protocol/operator-api/bulk-acts'
import type { OperatorView } from '@sanad/protocol/operator-api/operators'
import type { PolicyList, PolicyView } from '@sanad/protocol/operator-api/policies'
import type {
  ConfirmedProposal,
  Proposed,
  TwoPersonRules,
  TwoPersonRulesView,
} from '@sanad/protocol/operator-api/proposals'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type TestModels,
  approveTestDevice,
  makeTestModels,
  registerTestDevice,
} from '../../../test/test-devices.ts'
import type { TestOperator } from '../../../test/test-portal.ts'
import {
  type TestTwoPeople,
  confirm,
  proposedBy,
  readProposal,
  startTestTwoPeople,
} from '../../../test/test-two-people.ts'
import { readHead, readRecord } from '../../record/event-reader.ts'
import { sequenceEvents } from '../../record/sequencer.ts'
import { OperatorAccounts } from '../operator-accounts.ts'

const snapshot = AsyncLocalStorage.snapshot()
/** Another request, which is no part of what is being carried out. */
const outside = (ask: () => Promise<unknown>): Promise<unknown> => snapshot(async () => await ask())

let two: TestTwoPeople
let amina: TestOperator
let bo: TestOperator
let models: TestModels

beforeAll(async () => {
  two = await startTestTwoPeople()
  models = await makeTestModels(two.portal.db)
  amina = await two.portal.signIn('security-officer')
  bo = await two.portal.signIn('security-officer')
})
afterAll(() => two.portal[Symbol.asyncDispose]())

/** Each test has devices of its own, which its filter finds by the beginning of their numbers. */
let prefix: string
let made = 0
beforeEach(() => {
  prefix = `TWO${String(++made).padStart(3, '0')}X`
})

let number = 0
async function addDevices(count: number): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < count; i++) {
    const serialNo = `${prefix}${String(++number).padStart(5, '0')}`
    const deviceId = await approveTestDevice(two.portal.db, models.face.modelId, serialNo)
    await registerTestDevice(two.portal.db, deviceId)
    ids.push(deviceId)
  }
  return ids
}

const blocking = (more: Partial<NewBulkAct> = {}): NewBulkAct => ({
  bulkActId: randomUUID(),
  act: 'block',
  reason: 'stolen',
  selection: { filter: { search: prefix } },
  ...more,
})

const order = (by: TestOperator, act: NewBulkAct) => by.ask('POST', '/bulk-acts', { payload: act })
const propose = async (by = amina, act = blocking()): Promise<Proposed> =>
  proposedBy(await order(by, act))

async function statesNow(): Promise<string[]> {
  await two.bulk.workOff()
  const { rows } = await two.portal.db.pool.query<{ state: string }>(
    'select distinct state from device where serial_no like $1',
    [`${prefix}%`],
  )
  return rows.map(({ state }) => state)
}

async function recordedSince(
  seq: number,
): Promise<{ type: string; actor: string; data: object }[]> {
  await sequenceEvents(two.portal.db.database)
  const { items } = await readRecord(two.portal.db.database, { limit: 100 })
  return items
    .map(({ event }) => event)
    .filter((event) => event.seq > seq)
    .toReversed()
}

async function lastSeq(): Promise<number> {
  await sequenceEvents(two.portal.db.database)
  return readHead(two.portal.db.database)
}
const codeOf = (reply: { json: () => { code?: string } }): string | undefined => reply.json().code
const proposalOf = (reply: { json: () => ConfirmedProposal }) => reply.json().proposal

describe('an operation for two', () => {
  it('becomes a proposal and changes nothing', async () => {
    await addDevices(3)
    const before = await lastSeq()
    const act = blocking()
    const reply = await order(amina, act)
    const proposed = proposedBy(reply)
    expect(reply.headers['location']).toBe(`/api/v1/proposals/${proposed.proposalId}`)
    expect(proposed).toMatchObject({ kind: 'bulk-end-of-trust', url: reply.headers['location'] })
    expect(await statesNow()).toEqual(['registered'])
    expect((await amina.ask('GET', `/bulk-acts/${act.bulkActId}`)).statusCode).toBe(404)
    expect(await recordedSince(before)).toMatchObject([
      {
        type: 'proposal.made',
        actor: operatorActor(amina.operatorId),
        data: { operation: 'orderBulkAct', devices: 3, digest: proposed.digest },
      },
    ])
  })

  it('shows whom it touches and what was asked for', async () => {
    await addDevices(2)
    const act = blocking({ note: 'a van was robbed' })
    const view = await readProposal(bo, await propose(amina, act))
    expect(view).toMatchObject({
      state: 'pending',
      devices: 2,
      input: { params: {}, body: act },
      blastRadius: {
        devices: 2,
        connected: 0,
        effects: [{ effect: 'devices-stop', devices: 2, when: 'while-worked-off' }],
      },
      proposedBy: { operatorId: amina.operatorId, name: amina.name },
      confirmRefusal: null,
      glassRefusal: 'proposal.not-your-own',
    })
  })

  it('is carried out in the name of the proposer when a second person confirms, with both on record', async () => {
    await addDevices(2)
    const act = blocking()
    const proposed = await propose(amina, act)
    const before = await lastSeq()
    const reply = await confirm(bo, proposed)
    expect(proposalOf(reply)).toMatchObject({
      state: 'carried-out',
      confirmedBy: { name: bo.name },
    })
    expect(
      (await amina.ask('GET', `/bulk-acts/${act.bulkActId}`)).json<BulkActView>(),
    ).toMatchObject({ act: 'block', createdBy: amina.name, devices: 2 })
    const facts = { proposalId: proposed.proposalId, digest: proposed.digest }
    const people = { proposedBy: amina.operatorId, confirmedBy: bo.operatorId }
    expect(await recordedSince(before)).toMatchObject([
      { type: 'proposal.confirmed', actor: operatorActor(bo.operatorId), data: facts },
      { type: 'bulk-act.ordered', actor: operatorActor(amina.operatorId) },
      { type: 'proposal.carried-out', data: { ...facts, ...people } },
    ])
    expect(await statesNow()).toEqual(['blocked'])
  })

  it('needs nobody else for one device, nor for what ends no trust', async () => {
    const [deviceId = ''] = await addDevices(1)
    const one = blocking({ selection: { deviceIds: [deviceId] } })
    expect((await order(amina, one)).json()).toMatchObject({ bulkActId: one.bulkActId })
    const suspending = blocking({ act: 'suspend' })
    expect((await order(amina, suspending)).json()).toMatchObject({ act: 'suspend' })
  })

  it('is refused at once where it would be refused anyway, and nothing is proposed', async () => {
    const before = await lastSeq()
    const unknown = blocking({ selection: { deviceIds: [randomUUID(), randomUUID()] } })
    expect(codeOf(await order(amina, unknown))).toBe('device.not-found')
    const operator = await two.portal.signIn('operator')
    expect(codeOf(await order(operator, blocking()))).toBe('operator.permission-missing')
    expect((await recordedSince(before)).filter(({ type }) => type.startsWith('proposal'))).toEqual(
      [],
    )
  })

  it('is one proposal however often it is sent', async () => {
    await addDevices(2)
    const act = blocking()
    const [first, second] = await Promise.all([propose(amina, act), propose(amina, act)])
    expect(second.proposalId).toBe(first.proposalId)
    expect((await propose(amina, act)).proposalId).toBe(first.proposalId)
  })
})

describe('a confirmation', () => {
  it('is refused to the person who proposed', async () => {
    await addDevices(2)
    const proposed = await propose()
    expect(codeOf(await confirm(amina, proposed))).toBe('proposal.own')
    expect((await readProposal(amina, proposed)).state).toBe('pending')
    expect(await statesNow()).toEqual(['registered'])
  })

  it('is refused for another digest than that of the proposal', async () => {
    await addDevices(2)
    const { proposalId } = await propose()
    const payload = { digest: '0'.repeat(64), devices: 2 }
    const reply = await bo.ask('POST', `/proposals/${proposalId}/confirm`, { payload })
    expect(codeOf(reply)).toBe('proposal.digest-mismatch')
    expect(await statesNow()).toEqual(['registered'])
  })

  it('is refused to roles that may not decide', async () => {
    const { proposalId, digest } = await propose()
    for (const role of ['operator', 'auditor'] as const) {
      const person = await two.portal.signIn(role)
      const payload = { digest, devices: 0 }
      const reply = await person.ask('POST', `/proposals/${proposalId}/confirm`, { payload })
      expect(codeOf(reply)).toBe('operator.permission-missing')
    }
  })

  it('is asked for again when the operation touches more by then', async () => {
    await addDevices(2)
    const proposed = await propose()
    const { digest, devices } = await readProposal(bo, proposed)
    await addDevices(1)
    const reply = await bo.ask('POST', `/proposals/${proposed.proposalId}/confirm`, {
      payload: { digest, devices },
    })
    expect(codeOf(reply)).toBe('proposal.radius-changed')
    expect(await statesNow()).toEqual(['registered'])
    expect(await readProposal(bo, proposed)).toMatchObject({ state: 'pending', devices: 3 })
    expect(proposalOf(await confirm(bo, proposed)).state).toBe('carried-out')
  })

  it('is refused once the proposer was disabled', async () => {
    await addDevices(2)
    const leaver = await two.portal.signIn('security-officer')
    const proposed = await propose(leaver)
    await accounts().disable(leaver.operatorId, byHost)
    expect(codeOf(await confirm(bo, proposed))).toBe('proposal.proposer-may-not')
    expect(await statesNow()).toEqual(['registered'])
  })

  it('is refused where one of the two changed the account of the other just before', async () => {
    await addDevices(2)
    const fresh = await two.portal.signIn('operator')
    await accounts().changeRole(fresh.operatorId, 'security-officer', byAmina())
    const proposed = await propose()
    expect(codeOf(await confirm(fresh, proposed))).toBe('proposal.not-independent')
    const other = await propose(fresh)
    expect(codeOf(await confirm(amina, other))).toBe('proposal.not-independent')
    expect(proposalOf(await confirm(bo, other)).state).toBe('carried-out')
  })
})

const accounts = () => new OperatorAccounts(two.portal.db.database, Date.now)
const byHost = { actor: 'command-line' } as const
const byAmina = () => ({ actor: operatorActor(amina.operatorId) })

describe('a proposal that is not carried out', () => {
  it('is withdrawn by its proposer alone', async () => {
    await addDevices(2)
    const proposed = await propose()
    const path = `/proposals/${proposed.proposalId}/withdraw`
    expect(codeOf(await bo.ask('POST', path))).toBe('proposal.not-your-own')
    expect((await amina.ask('POST', path)).json()).toMatchObject({ state: 'withdrawn' })
    expect(codeOf(await confirm(bo, proposed))).toBe('proposal.state-refused')
    expect(await statesNow()).toEqual(['registered'])
  })

  it('is declined by anyone else who may confirm', async () => {
    await addDevices(2)
    const proposed = await propose()
    const path = `/proposals/${proposed.proposalId}/decline`
    expect(codeOf(await amina.ask('POST', path))).toBe('proposal.own')
    expect((await bo.ask('POST', path)).json()).toMatchObject({
      state: 'declined',
      endedBy: { name: bo.name },
    })
    expect(await statesNow()).toEqual(['registered'])
  })

  it('expires, and is on record as expired', async () => {
    await addDevices(2)
    const proposed = await propose()
    const before = await lastSeq()
    two.advance(73 * 3_600_000)
    expect(codeOf(await confirm(bo, proposed))).toBe('proposal.state-refused')
    await two.runJob()
    two.advance(-73 * 3_600_000)
    expect((await readProposal(bo, proposed)).state).toBe('expired')
    expect(await recordedSince(before)).toContainEqual(
      expect.objectContaining({ type: 'proposal.expired' }),
    )
    expect(await statesNow()).toEqual(['registered'])
  })

  it('gives way to the next one of the same person about the same thing', async () => {
    const administrator = await two.portal.signIn('administrator')
    const someone = await two.portal.signIn('auditor')
    const ask = async (role: string) =>
      proposedBy(
        await administrator.ask('POST', `/operators/${someone.operatorId}/role`, {
          payload: { role },
        }),
      )
    const first = await ask('operator')
    const second = await ask('technician')
    expect(await readProposal(bo, first)).toMatchObject({
      state: 'superseded',
      supersededBy: second.proposalId,
    })
    expect((await readProposal(bo, second)).state).toBe('pending')
  })
})

describe('a crash', () => {
  const policyOf = async (): Promise<PolicyView> => {
    const { items } = (await amina.ask('GET', '/policies')).json<PolicyList>()
    return (await amina.ask('GET', `/policies/${items[0]?.policyId}`)).json<PolicyView>()
  }
  const proposeChange = async (): Promise<Proposed> => {
    const { policyId, version, settings } = await policyOf()
    const rotationDays = settings.rotationDays === 29 ? 28 : 29
    const payload = { version, settings: { ...settings, rotationDays } }
    return proposedBy(await amina.ask('POST', `/policies/${policyId}/versions`, { payload }))
  }
  const aMinuteLater = async (): Promise<void> => {
    two.advance(61_000)
    await two.runJob()
  }

  it('before the effect loses nothing: the job carries the proposal out', async () => {
    const { version } = await policyOf()
    const proposed = await proposeChange()
    two.breakNext(() => Promise.reject(new Error('the power went')))
    expect(proposalOf(await confirm(bo, proposed)).state).toBe('confirmed')
    expect((await policyOf()).version).toBe(version)
    await aMinuteLater()
    expect((await readProposal(bo, proposed)).state).toBe('carried-out')
    expect((await policyOf()).version).toBe(version + 1)
  })

  it('after the effect doubles nothing', async () => {
    const { version } = await policyOf()
    const proposed = await proposeChange()
    two.breakNext(async (carryOut) => {
      await carryOut()
      throw new Error('the power went')
    })
    expect(proposalOf(await confirm(bo, proposed)).state).toBe('carried-out')
    await aMinuteLater()
    expect((await policyOf()).version).toBe(version + 1)
  })

  it('that was none: of two attempts at once, the first that was noted rolls back', async () => {
    const { version } = await policyOf()
    const proposed = await proposeChange()
    const slow = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    two.breakNext(async (carryOut) => {
      begun.resolve()
      await slow.promise
      return carryOut()
    })
    const confirming = confirm(bo, proposed)
    await begun.promise
    await aMinuteLater()
    slow.resolve()
    expect(proposalOf(await confirming).state).toBe('carried-out')
    expect((await policyOf()).version).toBe(version + 1)
  })

  it('does not outrun a withdrawal: what was stopped before it committed is not done', async () => {
    const { version } = await policyOf()
    const proposed = await proposeChange()
    two.breakNext(async (carryOut) => {
      await outside(async () => amina.ask('POST', `/proposals/${proposed.proposalId}/withdraw`))
      return carryOut()
    })
    expect(proposalOf(await confirm(bo, proposed)).state).toBe('withdrawn')
    expect((await policyOf()).version).toBe(version)
  })

  it('of the operation itself is told as its failure', async () => {
    const proposed = await proposeChange()
    const other = await policyOf()
    const settings = { ...other.settings, checkInSeconds: other.settings.checkInSeconds - 1 }
    // Between the last look and the effect, another person changes what needs no second person.
    two.breakNext(async (carryOut) => {
      const payload = { version: other.version, settings }
      await outside(async () =>
        amina.ask('POST', `/policies/${other.policyId}/versions`, { payload }),
      )
      return carryOut()
    })
    expect(proposalOf(await confirm(bo, proposed))).toMatchObject({
      state: 'failed',
      failureCode: 'request.conflict',
    })
  })
})

describe('the access of operators', () => {
  it('is given by two, and the link goes to the one who confirmed', async () => {
    const [one, other] = [
      await two.portal.signIn('administrator'),
      await two.portal.signIn('administrator'),
    ]
    const name = `Newcomer ${randomUUID().slice(0, 8)}`
    const payload = { name, role: 'security-officer' }
    const proposed = proposedBy(await one.ask('POST', '/operators', { payload }))
    const reply = await confirm(other, proposed)
    const { invited, proposal } = reply.json<ConfirmedProposal>()
    expect(proposal.state).toBe('carried-out')
    expect(invited).toMatchObject({ operator: { name, role: 'security-officer' } })
    // Neither of them is a second person to the account for a while.
    const { rows } = await two.portal.db.pool.query(
      'select changed_by from operator_account_change where operator_id = $1 order by changed_by',
      [invited?.operator.operatorId],
    )
    expect(rows.map((row: { changed_by: string }) => row.changed_by)).toEqual(
      [one.operatorId, other.operatorId].toSorted(),
    )
  })

  it('is taken by one: an account is disabled at once', async () => {
    const one = await two.portal.signIn('administrator')
    const leaver = await two.portal.signIn('operator')
    const reply = await one.ask('POST', `/operators/${leaver.operatorId}/disable`)
    expect(reply.json<OperatorView>()).toMatchObject({ state: 'disabled' })
  })

  it('is not changed by a confirmation of the person it is about', async () => {
    const [one, other] = [
      await two.portal.signIn('administrator'),
      await two.portal.signIn('administrator'),
    ]
    const path = `/operators/${other.operatorId}/reset`
    const proposed = proposedBy(await one.ask('POST', path))
    expect(codeOf(await confirm(other, proposed))).toBe('proposal.about-yourself')
  })
})

describe('the rules', () => {
  const change = (by: TestOperator, more: object) =>
    by.ask('POST', '/two-person-rules', {
      payload: { kinds: [], validHours: 24, delayMinutes: 0, ...more },
    })

  const rulesNow = async (): Promise<TwoPersonRules> => {
    const view = (await amina.ask('GET', '/two-person-rules')).json<TwoPersonRulesView>()
    const { kinds, validHours, delayMinutes } = view
    return { kinds, validHours, delayMinutes }
  }

  it('are changed by two, whatever they say', async () => {
    const before = await rulesNow()
    const proposed = proposedBy(await change(amina, {}))
    expect((await amina.ask('GET', '/two-person-rules')).json()).toMatchObject(before)
    await confirm(bo, proposed)
    expect((await amina.ask('GET', '/two-person-rules')).json()).toMatchObject({ kinds: [] })
    await addDevices(2)
    expect((await order(amina, blocking())).json()).toMatchObject({ act: 'block' })
    const back = proposedBy(await change(amina, before))
    expect(proposalOf(await confirm(bo, back)).state).toBe('carried-out')
  })

  it('can hold an operation back for a while, in which either person stops it', async () => {
    const rules = await rulesNow()
    await confirm(bo, proposedBy(await change(amina, { ...rules, delayMinutes: 60 })))
    await addDevices(2)
    const [stopped, kept] = [await propose(), await propose(amina, blocking({ reason: 'lost' }))]
    expect(proposalOf(await confirm(bo, stopped)).state).toBe('confirmed')
    expect(proposalOf(await confirm(bo, kept)).state).toBe('confirmed')
    await amina.ask('POST', `/proposals/${stopped.proposalId}/withdraw`)
    await two.runJob()
    expect(await statesNow()).toEqual(['registered'])
    // It touches more when the hour is over: the second person is asked again.
    await addDevices(1)
    two.advance(3_600_000)
    await two.runJob()
    expect(await readProposal(bo, kept)).toMatchObject({
      state: 'pending',
      devices: 3,
      confirmedBy: null,
    })
    expect((await readProposal(bo, stopped)).state).toBe('withdrawn')
    await confirm(bo, proposedBy(await change(amina, rules)))
  })
})
