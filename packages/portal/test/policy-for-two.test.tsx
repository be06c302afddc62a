import type { PolicyList } from '@sanad/protocol/operator-api/policies'
import { fireEvent, screen as shown } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it } from 'vitest'
import { openScreen } from './screen.tsx'

/** A policy whose change two people decide. */

const screen = openScreen(1)

it('a change of a policy that became a proposal is shown as waiting, and not as saved', async () => {
  const { items } = await screen.read<PolicyList>('/policies')
  const proposed = { proposalId: 'p', digest: 'd', expiresAt: '2027-01-01T00:00:00.000Z' }
  screen.answer('POST /policies/:policyId/versions', { status: 202, body: proposed })
  screen.open(`/policies/${items[0]?.policyId}`)
  const user = userEvent.setup()
  const [days] = await shown.findAllByRole('spinbutton')
  if (days === undefined) throw new Error('the page has no number')
  // The mock’s policy has 30.
  fireEvent.change(days, { target: { value: '31' } })
  await user.click(shown.getByRole('button', { name: 'Save as new version' }))
  expect(await shown.findByText('Nothing has happened yet')).toBeTruthy()
  expect(shown.queryByText(/^Policy changed/)).toBeNull()
})
