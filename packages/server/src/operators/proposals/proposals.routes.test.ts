import { randomUUID } from 'node:crypto'
import { operatorActor } from '@sanad/protocol/domain/events'
import type { BulkActView } from '@sanad/protocol/operator-api/bulk-acts'
import { describe, expect, it } from 'vitest'
import { codeOf, openTestProposals, proposalOf } from '../../../test/test-proposals.ts'
import { confirm, proposedBy, readProposal } from '../../../test/test-two-people.ts'

/** Operations for two are proposed, confirmed, or come to another end. */

const proposals = openTestProposals()
const { accounts, addDevices, blocking, lastSeq, order, propose, recordedSince, statesNow } =
  proposals

describe('proposing', () => {
  it('writes an operation for two down as a proposal, and changes nothing', async () => {
    await addDevices(3)
    const before = await lastSeq()
    const act = blocking()
    const reply = await order(proposals.amina, act)
    const proposed = proposedBy(reply)
    expect(reply.headers['location']).toBe(`/api/v1/proposals/${proposed.proposalId}`)
    expect(proposed).toMatchObject({ kind: 'bulk-end-of-trust', url: reply.headers['location'] })
    expect(await statesNow()).toEqual(['registered'])
    expect((await proposals.amina.ask('GET', `/bulk-acts/${act.bulkActId}`)).statusCode).toBe(404)
    expect(await recordedSince(before)).toMatchObject([
      {
        type: 'proposal.made',
        actor: operatorActor(proposals.amina.operatorId),
        data: { operation: 'orderBulkAct', devices: 3, digest: proposed.digest },
      },
    ])
  })

  it('shows whom a proposal affects and what was asked for', async () => {
    await addDevices(2)
    const act = blocking({ note: 'a van was robbed' })
    const view = await readProposal(proposals.bo, await propose(proposals.amina, act))
    expect(view).toMatchObject({
      state: 'pending',
      devices: 2,
      input: { params: {}, body: act },
      blastRadius: {
        devices: 2,
        connected: 0,
        effects: [{ effect: 'devices-stop', devices: 2, when: 'while-worked-off' }],
      },
      proposedBy: { operatorId: proposals.amina.operatorId, name: proposals.amina.name },
      confirmRefusal: null,
      glassRefusal: 'proposal.not-your-own',
    })
  })

  it('carries out a confirmed proposal in the name of the proposer, with both people on record', async () => {
    await addDevices(2)
    const act = blocking()
    const proposed = await propose(proposals.amina, act)
    const before = await lastSeq()
    const reply = await confirm(proposals.bo, proposed)
    expect(proposalOf(reply)).toMatchObject({
      state: 'carried-out',
      confirmedBy: { name: proposals.bo.name },
    })
    expect(
      (await proposals.amina.ask('GET', `/bulk-acts/${act.bulkActId}`)).json<BulkActView>(),
    ).toMatchObject({ act: 'block', createdBy: proposals.amina.name, devices: 2 })
    const facts = { proposalId: proposed.proposalId, digest: proposed.digest }
    const people = { proposedBy: proposals.amina.operatorId, confirmedBy: proposals.bo.operatorId }
    expect(await recordedSince(before)).toMatchObject([
      { type: 'proposal.confirmed', actor: operatorActor(proposals.bo.operatorId), data: facts },
      { type: 'bulk-act.ordered', actor: operatorActor(proposals.amina.operatorId) },
      { type: 'proposal.carried-out', data: { ...facts, ...people } },
    ])
    expect(await statesNow()).toEqual(['blocked'])
  })

  it('asks for no second person to block one device, nor to suspend many', async () => {
    const [deviceId = ''] = await addDevices(1)
    const one = blocking({ selection: { deviceIds: [deviceId] } })
    expect((await order(proposals.amina, one)).json()).toMatchObject({ bulkActId: one.bulkActId })
    const suspending = blocking({ act: 'suspend' })
    expect((await order(proposals.amina, suspending)).json()).toMatchObject({ act: 'suspend' })
  })

  it('refuses at once what would be refused anyway, and proposes nothing', async () => {
    const before = await lastSeq()
    const unknown = blocking({ selection: { deviceIds: [randomUUID(), randomUUID()] } })
    expect(codeOf(await order(proposals.amina, unknown))).toBe('device.not-found')
    const operator = await proposals.two.portal.signIn('operator')
    expect(codeOf(await order(operator, blocking()))).toBe('operator.permission-missing')
    expect((await recordedSince(before)).filter(({ type }) => type.startsWith('proposal'))).toEqual(
      [],
    )
  })

  it('makes one proposal of an operation, however often it is sent', async () => {
    await addDevices(2)
    const act = blocking()
    const [first, second] = await Promise.all([
      propose(proposals.amina, act),
      propose(proposals.amina, act),
    ])
    expect(second.proposalId).toBe(first.proposalId)
    expect((await propose(proposals.amina, act)).proposalId).toBe(first.proposalId)
  })
})

const byHost = { actor: 'command-line' } as const
const byAmina = () => ({ actor: operatorActor(proposals.amina.operatorId) })

describe('confirming', () => {
  it('refuses a confirmation by the person who proposed', async () => {
    await addDevices(2)
    const proposed = await propose()
    expect(codeOf(await confirm(proposals.amina, proposed))).toBe('proposal.own')
    expect((await readProposal(proposals.amina, proposed)).state).toBe('pending')
    expect(await statesNow()).toEqual(['registered'])
  })

  it('refuses a confirmation with another digest than that of the proposal', async () => {
    await addDevices(2)
    const { proposalId } = await propose()
    const payload = { digest: '0'.repeat(64), devices: 2 }
    const reply = await proposals.bo.ask('POST', `/proposals/${proposalId}/confirm`, { payload })
    expect(codeOf(reply)).toBe('proposal.digest-mismatch')
    expect(await statesNow()).toEqual(['registered'])
  })

  it('refuses a confirmation to roles that may not decide', async () => {
    const { proposalId, digest } = await propose()
    for (const role of ['operator', 'auditor'] as const) {
      const person = await proposals.two.portal.signIn(role)
      const payload = { digest, devices: 0 }
      const reply = await person.ask('POST', `/proposals/${proposalId}/confirm`, { payload })
      expect(codeOf(reply)).toBe('operator.permission-missing')
    }
  })

  it('asks for the confirmation again when the operation affects more by then', async () => {
    await addDevices(2)
    const proposed = await propose()
    const { digest, devices } = await readProposal(proposals.bo, proposed)
    await addDevices(1)
    const reply = await proposals.bo.ask('POST', `/proposals/${proposed.proposalId}/confirm`, {
      payload: { digest, devices },
    })
    expect(codeOf(reply)).toBe('proposal.radius-changed')
    expect(await statesNow()).toEqual(['registered'])
    expect(await readProposal(proposals.bo, proposed)).toMatchObject({
      state: 'pending',
      devices: 3,
    })
    expect(proposalOf(await confirm(proposals.bo, proposed)).state).toBe('carried-out')
  })

  it('refuses a confirmation once the proposer was disabled', async () => {
    await addDevices(2)
    const leaver = await proposals.two.portal.signIn('security-officer')
    const proposed = await propose(leaver)
    await accounts().disable(leaver.operatorId, byHost)
    expect(codeOf(await confirm(proposals.bo, proposed))).toBe('proposal.proposer-may-not')
    expect(await statesNow()).toEqual(['registered'])
  })

  it('refuses a confirmation by a person whose account the proposer just changed, and the reverse', async () => {
    await addDevices(2)
    const fresh = await proposals.two.portal.signIn('operator')
    await accounts().changeRole(fresh.operatorId, 'security-officer', byAmina())
    const proposed = await propose()
    expect(codeOf(await confirm(fresh, proposed))).toBe('proposal.not-independent')
    const other = await propose(fresh)
    expect(codeOf(await confirm(proposals.amina, other))).toBe('proposal.not-independent')
    expect(proposalOf(await confirm(proposals.bo, other)).state).toBe('carried-out')
  })
})

describe('the end of a proposal', () => {
  it('lets only the proposer withdraw a proposal', async () => {
    await addDevices(2)
    const proposed = await propose()
    const path = `/proposals/${proposed.proposalId}/withdraw`
    expect(codeOf(await proposals.bo.ask('POST', path))).toBe('proposal.not-your-own')
    expect((await proposals.amina.ask('POST', path)).json()).toMatchObject({ state: 'withdrawn' })
    expect(codeOf(await confirm(proposals.bo, proposed))).toBe('proposal.state-refused')
    expect(await statesNow()).toEqual(['registered'])
  })

  it('lets anyone else who may confirm decline a proposal', async () => {
    await addDevices(2)
    const proposed = await propose()
    const path = `/proposals/${proposed.proposalId}/decline`
    expect(codeOf(await proposals.amina.ask('POST', path))).toBe('proposal.own')
    expect((await proposals.bo.ask('POST', path)).json()).toMatchObject({
      state: 'declined',
      endedBy: { name: proposals.bo.name },
    })
    expect(await statesNow()).toEqual(['registered'])
  })

  it('expires a proposal that no one confirmed, and records it', async () => {
    await addDevices(2)
    const proposed = await propose()
    const before = await lastSeq()
    proposals.two.advance(73 * 3_600_000)
    expect(codeOf(await confirm(proposals.bo, proposed))).toBe('proposal.state-refused')
    await proposals.two.runJob()
    proposals.two.advance(-73 * 3_600_000)
    expect((await readProposal(proposals.bo, proposed)).state).toBe('expired')
    expect(await recordedSince(before)).toContainEqual(
      expect.objectContaining({ type: 'proposal.expired' }),
    )
    expect(await statesNow()).toEqual(['registered'])
  })

  it('supersedes a proposal by the next one of the same person about the same thing', async () => {
    const administrator = await proposals.two.portal.signIn('administrator')
    const someone = await proposals.two.portal.signIn('auditor')
    const ask = async (role: string) =>
      proposedBy(
        await administrator.ask('POST', `/operators/${someone.operatorId}/role`, {
          payload: { role },
        }),
      )
    const first = await ask('operator')
    const second = await ask('technician')
    expect(await readProposal(proposals.bo, first)).toMatchObject({
      state: 'superseded',
      supersededBy: second.proposalId,
    })
    expect((await readProposal(proposals.bo, second)).state).toBe('pending')
  })
})
