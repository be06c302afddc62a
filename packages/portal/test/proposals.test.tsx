import type { ProposalPage, ProposalView } from '@sanad/protocol/operator-api/proposals'
import { PROBLEMS } from '@sanad/protocol/text/problems'
import { screen as shown, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it, vi } from 'vitest'
import { openScreen } from './screen.tsx'

/** Proposals as a list and one by one, in every state that they can be in. */

const screen = openScreen()
const LIST = 'GET /proposals'
const ONE = 'GET /proposals/:proposalId'

const heading = (name: string) => shown.findByRole('heading', { level: 1, name })
const main = async () => within(await shown.findByRole('main'))

/** One that another person proposed and that waits, whatever tests before this one decided about it. */
async function readWaiting(change: Partial<ProposalView> = {}): Promise<ProposalView> {
  const { items } = await screen.read<ProposalPage>('/proposals')
  const one = items.find(({ operation }) => operation === 'orderBulkAct')
  if (one === undefined) throw new Error('the mock has no proposal of a bulk action')
  const view = await screen.read<ProposalView>(`/proposals/${one.proposalId}`)
  return { ...view, state: 'pending', endedAt: null, confirmRefusal: null, ...change }
}

/** Opens the page of a proposal that looks like this. */
async function openOne(change: Partial<ProposalView> = {}) {
  const view = await readWaiting(change)
  screen.answer(ONE, { body: view })
  screen.open(`/proposals/${view.proposalId}`)
  await shown.findByText(view.digest)
  return { view, user: userEvent.setup({ delay: null }) }
}

const sentTo = (end: string) =>
  screen.sent.filter(({ method, path }) => method === 'POST' && path.endsWith(end))

describe('the list of proposals', () => {
  it('says that it is loading while the answer is on its way', async () => {
    screen.answer(LIST, 'pending')
    screen.open('/proposals')
    await heading('Proposals')
    expect((await (await main()).findAllByLabelText('Loading…')).length).toBeGreaterThan(0)
  })

  it('says what failed with its code, and shows the list when it is tried again', async () => {
    const user = userEvent.setup({ delay: null })
    screen.answer(LIST, { problem: 'server.internal' })
    screen.open('/proposals')
    const alert = await (await main()).findByRole('alert')
    expect(alert.textContent).toContain('server.internal')
    screen.answer(LIST, 'pass')
    await user.click(within(alert).getByRole('button', { name: 'Try again' }))
    expect(await shown.findByRole('table', { name: 'Proposals' })).toBeTruthy()
  })

  it('says so when the role does not allow it', async () => {
    screen.answer(LIST, { problem: 'operator.permission-missing' })
    screen.open('/proposals')
    const alert = await (await main()).findByRole('alert')
    expect(alert.textContent).toContain('operator.permission-missing')
  })

  it('says what an empty list means', async () => {
    screen.answer(LIST, { body: { items: [], next: null } })
    screen.open('/proposals')
    expect(await (await main()).findByText('No proposals')).toBeTruthy()
  })

  it('names operation, subject, devices and proposer, and leads to the proposal', async () => {
    const user = userEvent.setup({ delay: null })
    const { address } = screen.open('/proposals')
    const table = within(await shown.findByRole('table', { name: 'Proposals' }))
    const row = table.getByRole('row', { name: /Waiting/ })
    expect(row.textContent).toMatch(/Bulk action that ends trust.*Block.*1,204.*Zeynep Kaya/)
    await user.click(within(row).getByRole('link'))
    await expect.poll(address).toMatch(/^\/proposals\/[0-9a-f-]{36}$/)
  })
})

describe('the page of a proposal', () => {
  it('says that it is loading while the answer is on its way', async () => {
    screen.answer(ONE, 'pending')
    screen.open(`/proposals/${crypto.randomUUID()}`)
    await heading('Proposals Proposal')
    expect((await (await main()).findAllByLabelText('Loading…')).length).toBeGreaterThan(0)
  })

  it('says what failed with its code, and shows the proposal when it is tried again', async () => {
    const view = await readWaiting()
    const user = userEvent.setup({ delay: null })
    screen.answer(ONE, { problem: 'server.internal' })
    screen.open(`/proposals/${view.proposalId}`)
    const alert = await (await main()).findByRole('alert')
    expect(alert.textContent).toContain('server.internal')
    screen.answer(ONE, 'pass')
    await user.click(within(alert).getByRole('button', { name: 'Try again' }))
    expect(await shown.findByText(view.digest)).toBeTruthy()
  })

  it('says so when the role does not allow it', async () => {
    const { proposalId } = await readWaiting()
    screen.answer(ONE, { problem: 'operator.permission-missing' })
    screen.open(`/proposals/${proposalId}`)
    const alert = await (await main()).findByRole('alert')
    expect(alert.textContent).toContain('operator.permission-missing')
  })

  it('leads back from a proposal that is not there', async () => {
    screen.answer(ONE, { problem: 'proposal.not-found' })
    screen.open(`/proposals/${crypto.randomUUID()}`)
    expect(await heading('Not found')).toBeTruthy()
  })

  it('shows whom it affects, how many are connected, and what was asked for', async () => {
    const { view } = await openOne()
    const affects = await shown.findByRole('region', { name: 'What it affects' })
    expect(affects.textContent).toContain('1,204 devices, 317 connected')
    expect(affects.textContent).toContain('1,199 devices stop')
    expect((await shown.findByText(/"operation": "orderBulkAct"/)).textContent).toContain('FS442')
    expect(view.state).toBe('pending')
  })

  it('says “at least” of what the server did not count to the end', async () => {
    const { blastRadius } = await readWaiting()
    const effects = blastRadius.effects.map((effect) => ({ ...effect, isAtLeast: true }))
    await openOne({ blastRadius: { ...blastRadius, effects } })
    const affects = await shown.findByRole('region', { name: 'What it affects' })
    expect(affects.textContent).toContain('At least: 1,199 devices stop')
  })

  it.each([
    'proposal.own',
    'operator.permission-missing',
    'proposal.not-independent',
    'proposal.proposer-may-not',
  ] as const)('says on its button why a person may not confirm: %s', async (code) => {
    const { user } = await openOne({ confirmRefusal: code })
    const button = await shown.findByRole('button', { name: 'Confirm …' })
    expect(button.getAttribute('aria-disabled')).toBe('true')
    await user.hover(button)
    expect((await shown.findAllByText(PROBLEMS[code].title)).length).toBeGreaterThan(0)
  })

  it('offers nothing to decide once it is carried out, and names both people', async () => {
    await openOne({
      state: 'carried-out',
      confirmedBy: { operatorId: crypto.randomUUID(), name: 'Bo Lindqvist' },
      confirmRefusal: 'proposal.state-refused',
    })
    expect(shown.queryByRole('button', { name: 'Confirm …' })).toBeNull()
    expect(shown.queryByRole('button', { name: /Decline|Withdraw/ })).toBeNull()
    expect(shown.getByText('Zeynep Kaya')).toBeTruthy()
    expect(shown.getByText('Bo Lindqvist')).toBeTruthy()
  })

  it('says why a proposal failed', async () => {
    await openOne({ state: 'failed', failureCode: 'proposal.proposer-may-not' })
    expect(shown.getByText(/proposed.*no longer/i)).toBeTruthy()
  })

  it('says when a confirmed proposal is carried out, and can still be declined', async () => {
    const { user, view } = await openOne({
      state: 'confirmed',
      confirmedBy: { operatorId: crypto.randomUUID(), name: 'Bo Lindqvist' },
      carryOutAt: new Date(Date.now() + 3_600_000).toISOString(),
      confirmRefusal: 'proposal.state-refused',
    })
    expect(shown.getByText('Carried out from')).toBeTruthy()
    screen.answer('POST /proposals/:proposalId/decline', { body: { ...view, state: 'declined' } })
    await user.click(shown.getByRole('button', { name: 'Decline' }))
    expect(await shown.findByText('The proposal was declined.')).toBeTruthy()
  })
})

describe('deciding about a proposal', () => {
  it('confirms the digest and the devices that were on the screen', async () => {
    const { view, user } = await openOne()
    await user.click(await shown.findByRole('button', { name: 'Confirm …' }))
    const dialog = within(await shown.findByRole('dialog'))
    expect(dialog.getByText(view.digest)).toBeTruthy()
    await user.click(dialog.getByRole('button', { name: 'Confirm' }))
    expect(await shown.findByText('Confirmed and carried out.')).toBeTruthy()
    expect(sentTo('/confirm')).toMatchObject([
      { body: { digest: view.digest, devices: view.devices } },
    ])
  })

  it('stays open and says so when it affects more by now', async () => {
    const { user } = await openOne()
    await user.click(await shown.findByRole('button', { name: 'Confirm …' }))
    screen.answer('POST /proposals/:proposalId/confirm', { problem: 'proposal.radius-changed' })
    const dialog = within(await shown.findByRole('dialog'))
    await user.click(dialog.getByRole('button', { name: 'Confirm' }))
    expect((await dialog.findByRole('alert')).textContent).toContain('proposal.radius-changed')
  })

  it('shows the link of an invitation once, to the person who confirmed', async () => {
    const { view, user } = await openOne()
    await user.click(await shown.findByRole('button', { name: 'Confirm …' }))
    const operator = {
      operatorId: crypto.randomUUID(),
      name: 'Newcomer',
      role: 'auditor',
      state: 'invited',
    }
    const invitation = { token: 'A'.repeat(43), endsAt: '2027-01-01T00:00:00.000Z' }
    screen.answer('POST /proposals/:proposalId/confirm', {
      body: { proposal: { ...view, state: 'carried-out' }, invited: { operator, invitation } },
    })
    await user.click(
      within(await shown.findByRole('dialog')).getByRole('button', { name: 'Confirm' }),
    )
    expect(await shown.findByText(new RegExp(invitation.token))).toBeTruthy()
  })

  it('withdraws one’s own proposal, and does not decline it', async () => {
    const { operator } = await screen.read<{ operator: ProposalView['proposedBy'] }>('/session')
    const { view, user } = await openOne({ proposedBy: operator, confirmRefusal: 'proposal.own' })
    expect(shown.queryByRole('button', { name: 'Decline' })).toBeNull()
    screen.answer('POST /proposals/:proposalId/withdraw', { body: { ...view, state: 'withdrawn' } })
    await user.click(await shown.findByRole('button', { name: 'Withdraw' }))
    expect(await shown.findByText('The proposal was withdrawn.')).toBeTruthy()
  })

  it('lets the only officer act alone with a reason, and says who is alerted', async () => {
    const { operator } = await screen.read<{ operator: ProposalView['proposedBy'] }>('/session')
    const { view, user } = await openOne({
      proposedBy: operator,
      confirmRefusal: 'proposal.own',
      glassRefusal: null,
    })
    const done = { ...view, state: 'carried-out', isGlassBroken: true }
    screen.answer('POST /proposals/:proposalId/break-glass', {
      body: { proposal: done, invited: null },
    })
    await user.click(await shown.findByRole('button', { name: 'Act alone …' }))
    const dialog = within(await shown.findByRole('dialog'))
    expect(dialog.getByText(/alerts every officer/)).toBeTruthy()
    await user.click(dialog.getByRole('button', { name: 'Carry out alone' }))
    expect(sentTo('/break-glass')).toEqual([])
    await user.click(dialog.getByRole('combobox', { name: 'Reason' }))
    await user.click(await shown.findByRole('option', { name: 'stolen' }))
    await user.click(dialog.getByRole('button', { name: 'Carry out alone' }))
    await vi.waitFor(() =>
      expect(sentTo('/break-glass')).toMatchObject([
        { body: { digest: view.digest, reason: 'stolen' } },
      ]),
    )
  })

  it('does not offer to act alone while a colleague can confirm', async () => {
    const { operator } = await screen.read<{ operator: ProposalView['proposedBy'] }>('/session')
    await openOne({ proposedBy: operator, confirmRefusal: 'proposal.own' })
    expect(shown.queryByRole('button', { name: 'Act alone …' })).toBeNull()
  })

  it('says why it could not be declined', async () => {
    const { user } = await openOne()
    screen.answer('POST /proposals/:proposalId/decline', { problem: 'proposal.state-refused' })
    await user.click(await shown.findByRole('button', { name: 'Decline' }))
    expect(await shown.findByText(PROBLEMS['proposal.state-refused'].title)).toBeTruthy()
  })

  it('tells an auditor why nothing can be decided', async () => {
    screen.signInAs('auditor')
    await openOne({ confirmRefusal: 'operator.permission-missing' })
    for (const name of ['Decline', 'Confirm …'])
      expect((await shown.findByRole('button', { name })).getAttribute('aria-disabled')).toBe(
        'true',
      )
  })
})
