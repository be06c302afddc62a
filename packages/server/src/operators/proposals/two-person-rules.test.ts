import { randomUUID } from 'node:crypto'
import type { OperatorView } from '@sanad/protocol/operator-api/operators'
import type {
  ConfirmedProposal,
  TwoPersonRules,
  TwoPersonRulesView,
} from '@sanad/protocol/operator-api/proposals'
import { describe, expect, it } from 'vitest'
import type { TestOperator } from '../../../test/test-portal.ts'
import { codeOf, openTestProposals, proposalOf } from '../../../test/test-proposals.ts'
import { confirm, proposedBy, readProposal } from '../../../test/test-two-people.ts'

/** The rules for two, and the access of operators, which two people give. */

const proposals = openTestProposals()
const { addDevices, blocking, order, propose, statesNow } = proposals

describe('two-person rules', () => {
  const change = (by: TestOperator, more: object) =>
    by.ask('POST', '/two-person-rules', {
      payload: { kinds: [], validHours: 24, delayMinutes: 0, ...more },
    })

  const rulesNow = async (): Promise<TwoPersonRules> => {
    const view = (await proposals.amina.ask('GET', '/two-person-rules')).json<TwoPersonRulesView>()
    const { kinds, validHours, delayMinutes } = view
    return { kinds, validHours, delayMinutes }
  }

  it('changes the two-person rules by two people, whatever the rules say', async () => {
    const before = await rulesNow()
    const proposed = proposedBy(await change(proposals.amina, {}))
    expect((await proposals.amina.ask('GET', '/two-person-rules')).json()).toMatchObject(before)
    await confirm(proposals.bo, proposed)
    expect((await proposals.amina.ask('GET', '/two-person-rules')).json()).toMatchObject({
      kinds: [],
    })
    await addDevices(2)
    expect((await order(proposals.amina, blocking())).json()).toMatchObject({ act: 'block' })
    const back = proposedBy(await change(proposals.amina, before))
    expect(proposalOf(await confirm(proposals.bo, back)).state).toBe('carried-out')
  })

  it('holds an operation back for the delay of the rules, in which either person stops it', async () => {
    const rules = await rulesNow()
    await confirm(
      proposals.bo,
      proposedBy(await change(proposals.amina, { ...rules, delayMinutes: 60 })),
    )
    await addDevices(2)
    const [stopped, kept] = [
      await propose(),
      await propose(proposals.amina, blocking({ reason: 'lost' })),
    ]
    expect(proposalOf(await confirm(proposals.bo, stopped)).state).toBe('confirmed')
    expect(proposalOf(await confirm(proposals.bo, kept)).state).toBe('confirmed')
    await proposals.amina.ask('POST', `/proposals/${stopped.proposalId}/withdraw`)
    await proposals.two.runJob()
    expect(await statesNow()).toEqual(['registered'])
    // It touches more when the hour has passed: the second person is asked again.
    await addDevices(1)
    proposals.two.advance(3_600_000)
    await proposals.two.runJob()
    expect(await readProposal(proposals.bo, kept)).toMatchObject({
      state: 'pending',
      devices: 3,
      confirmedBy: null,
    })
    expect((await readProposal(proposals.bo, stopped)).state).toBe('withdrawn')
    await confirm(proposals.bo, proposedBy(await change(proposals.amina, rules)))
  })
})

describe('access of operators', () => {
  it('gives an invitation by two, and its link to the one who confirmed', async () => {
    const [one, other] = [
      await proposals.two.portal.signIn('administrator'),
      await proposals.two.portal.signIn('administrator'),
    ]
    const name = `Newcomer ${randomUUID().slice(0, 8)}`
    const payload = { name, role: 'security-officer' }
    const proposed = proposedBy(await one.ask('POST', '/operators', { payload }))
    const reply = await confirm(other, proposed)
    const { invited, proposal } = reply.json<ConfirmedProposal>()
    expect(proposal.state).toBe('carried-out')
    expect(invited).toMatchObject({ operator: { name, role: 'security-officer' } })
    // Neither of them is a second person to the account for a while.
    const { rows } = await proposals.two.portal.db.pool.query(
      'select changed_by from operator_account_change where operator_id = $1 order by changed_by',
      [invited?.operator.operatorId],
    )
    expect(rows.map((row: { changed_by: string }) => row.changed_by)).toEqual(
      [one.operatorId, other.operatorId].toSorted(),
    )
  })

  it('lets one person disable an account at once', async () => {
    const one = await proposals.two.portal.signIn('administrator')
    const leaver = await proposals.two.portal.signIn('operator')
    const reply = await one.ask('POST', `/operators/${leaver.operatorId}/disable`)
    expect(reply.json<OperatorView>()).toMatchObject({ state: 'disabled' })
  })

  it('refuses a confirmation by the person whose account would change', async () => {
    const [one, other] = [
      await proposals.two.portal.signIn('administrator'),
      await proposals.two.portal.signIn('administrator'),
    ]
    const path = `/operators/${other.operatorId}/reset`
    const proposed = proposedBy(await one.ask('POST', path))
    expect(codeOf(await confirm(other, proposed))).toBe('proposal.about-yourself')
  })
})
