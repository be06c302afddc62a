import type { PolicyList } from '@sanad/protocol/operator-api/policies'
import { fireEvent, screen as shown, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it } from 'vitest'
import { openScreen } from './screen.tsx'

/** What two people decide about policies and FTM providers is shown as waiting, and not as done. */

const screen = openScreen(1)

const PROPOSED = {
  status: 202,
  body: { proposalId: 'p', digest: 'd', expiresAt: '2027-01-01T00:00:00.000Z' },
} as const

async function openPolicy(): Promise<string> {
  const { items } = await screen.read<PolicyList>('/policies')
  const [policy] = items
  if (policy === undefined) throw new Error('the mock has no policy')
  screen.open(`/policies/${policy.policyId}`)
  return policy.policyId
}

it('a change of a policy that became a proposal is shown as waiting, and not as saved', async () => {
  screen.answer('POST /policies/:policyId/versions', PROPOSED)
  await openPolicy()
  const user = userEvent.setup()
  const [days] = await shown.findAllByRole('spinbutton')
  if (days === undefined) throw new Error('the page has no number')
  // The mock’s policy has 30.
  fireEvent.change(days, { target: { value: '31' } })
  await user.click(shown.getByRole('button', { name: 'Save as new version' }))
  expect(await shown.findByText('Nothing has happened yet')).toBeTruthy()
  expect(shown.queryByText(/^Policy changed/)).toBeNull()
})

it('a policy that two people must assign is shown as waiting, and not as assigned', async () => {
  screen.answer('POST /policies/:policyId/assignments', PROPOSED)
  await openPolicy()
  const user = userEvent.setup({ delay: null })
  await user.click(await shown.findByRole('combobox', { name: 'Assign to …' }))
  await user.click(await shown.findByRole('option', { name: 'The whole fleet' }))
  await user.click(shown.getByRole('button', { name: 'Assign' }))
  expect(await shown.findByText('Nothing has happened yet')).toBeTruthy()
  expect(shown.queryByText(/^Done\. Devices learn/)).toBeNull()
  expect(screen.sent.findLast(({ method }) => method === 'POST')?.body).toEqual({ scope: 'fleet' })
})

it('an assignment that is refused says why', async () => {
  screen.answer('POST /policies/:policyId/assignments', { problem: 'proposal.too-many-pending' })
  await openPolicy()
  const user = userEvent.setup({ delay: null })
  await user.click(await shown.findByRole('combobox', { name: 'Assign to …' }))
  await user.click(await shown.findByRole('option', { name: 'The whole fleet' }))
  await user.click(shown.getByRole('button', { name: 'Assign' }))
  expect((await shown.findByRole('alert')).textContent).toContain('proposal.too-many-pending')
})

it('terms of revoked chips that two people set are shown as waiting, and not as saved', async () => {
  screen.answer('POST /ftm-providers/:ftmProviderId/revocation', PROPOSED)
  screen.open('/models')
  const user = userEvent.setup({ delay: null })
  await user.click(await shown.findByRole('button', { name: /^Revocation/ }))
  const sheet = within(await shown.findByRole('dialog'))
  await user.click(await sheet.findByRole('combobox'))
  await user.click(await shown.findByRole('option', { name: /^Refuse it/ }))
  await user.click(sheet.getByRole('button', { name: 'Save' }))
  expect(await sheet.findByText('Nothing has happened yet')).toBeTruthy()
  expect(shown.queryByText(/^The revocation policy of/)).toBeNull()
})
