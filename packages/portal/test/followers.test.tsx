import { screen as shown, within } from '@testing-library/react'
import { describe, expect, it } from 'vitest'
import { openScreen } from './screen.tsx'

const screen = openScreen(10)

const AUDIT_LOG = {
  name: 'audit-log',
  label: null,
  state: 'failing',
  place: 4_000,
  behind: 723,
  lastSuccessAt: '2026-01-02T03:04:05.678Z',
  failures: 3,
  failingSince: '2026-01-02T03:10:05.678Z',
  lastFailure: { code: 'ECONNREFUSED', sentence: 'Nothing accepts connections at its address.' },
  nextAttemptAt: null,
}

describe('the followers of the record', () => {
  it('are shown below the webhooks, with how far they are behind and why they fail', async () => {
    screen.answer('GET /followers', { body: { head: 4_723, items: [AUDIT_LOG] } })
    screen.open('/webhooks')
    const row = (await shown.findByText('audit-log')).closest('li')
    expect(row?.textContent).toContain('Failing')
    expect(row?.textContent).toContain('723 events behind the record')
    expect(row?.textContent).toContain('Nothing accepts connections at its address.')
    expect(shown.getByText('The last event is 4,723.')).toBeTruthy()
  })

  it('that are webhooks have no second row, and say in theirs why they fail', async () => {
    screen.open('/webhooks')
    const list = await shown.findByRole('list', { name: 'Webhooks' })
    expect(await within(list).findByText(/DNS does not know its name/)).toBeTruthy()
    expect(await shown.findByText('Nothing but webhooks takes events of the record.')).toBeTruthy()
    expect(shown.getAllByText('Tickets')).toHaveLength(1)
  })

  it('leave the webhooks shown when they cannot be loaded', async () => {
    screen.answer('GET /followers', { problem: 'server.internal' })
    screen.open('/webhooks')
    expect(await shown.findByText('The followers of the record could not be loaded.')).toBeTruthy()
    expect(await shown.findByText('Tickets')).toBeTruthy()
  })
})
