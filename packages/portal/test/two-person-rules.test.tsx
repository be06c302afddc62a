import { OPTIONAL_KINDS } from '@sanad/protocol/domain/proposals'
import type { TwoPersonRulesView } from '@sanad/protocol/operator-api/proposals'
import { fireEvent, screen as shown, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import { openScreen } from './screen.tsx'

/** The page of the two-person rules, in every state that it can be in. */

const screen = openScreen(1)
const READ = 'GET /two-person-rules'
const RULES: TwoPersonRulesView = {
  kinds: [...OPTIONAL_KINDS],
  validHours: 72,
  delayMinutes: 0,
  officers: 2,
}

async function open(rules: Partial<TwoPersonRulesView> = {}) {
  screen.answer(READ, { body: { ...RULES, ...rules } })
  screen.open('/two-person-rules')
  const page = within(await shown.findByRole('main'))
  await page.findByRole('checkbox', { name: /^Revoke a certificate/ })
  return { page, user: userEvent.setup({ delay: null }) }
}

const propose = () => shown.getByRole('button', { name: 'Propose this change' })
const proposed = () => screen.sent.filter(({ method }) => method === 'POST')

describe('the page of the two-person rules', () => {
  it('says that it is loading while the answer is on its way', async () => {
    screen.answer(READ, 'pending')
    screen.open('/two-person-rules')
    const page = within(await shown.findByRole('main'))
    expect((await page.findAllByLabelText('Loading…')).length).toBeGreaterThan(0)
  })

  it('says what failed with its code, and shows the rules when it is tried again', async () => {
    const user = userEvent.setup({ delay: null })
    screen.answer(READ, { problem: 'server.internal' })
    screen.open('/two-person-rules')
    const alert = await within(await shown.findByRole('main')).findByRole('alert')
    expect(alert.textContent).toContain('server.internal')
    screen.answer(READ, 'pass')
    await user.click(within(alert).getByRole('button', { name: 'Try again' }))
    expect(await shown.findByRole('checkbox', { name: /^Set a clock back/ })).toBeTruthy()
  })

  it('says so when the role may not read them', async () => {
    screen.answer(READ, { problem: 'operator.permission-missing' })
    screen.open('/two-person-rules')
    const alert = await within(await shown.findByRole('main')).findByRole('alert')
    expect(alert.textContent).toContain('operator.permission-missing')
  })

  it('shows which operations need two people, the expiry, the delay and the officers', async () => {
    const { page } = await open({ kinds: ['revocation'], validHours: 24, delayMinutes: 30 })
    const isOn = (name: RegExp) => page.getByRole<HTMLInputElement>('checkbox', { name }).checked
    expect(isOn(/^Revoke a certificate/)).toBe(true)
    expect(isOn(/^Set a clock back/)).toBe(false)
    expect(page.getByLabelText<HTMLInputElement>(/^A proposal expires/).value).toBe('24')
    expect(page.getByLabelText<HTMLInputElement>(/^Wait after/).value).toBe('30')
    expect(page.getByText('2 officers')).toBeTruthy()
  })

  it('keeps a change of the rules themselves for two people', async () => {
    const { page } = await open({ kinds: [] })
    const own = page.getByRole<HTMLInputElement>('checkbox', { name: /^Change these rules/ })
    expect([own.checked, own.disabled]).toEqual([true, true])
    expect(page.getByText(/no operation needs a second person/)).toBeTruthy()
  })

  it('warns a provider with one officer', async () => {
    const { page } = await open({ officers: 1 })
    expect(page.getByText(/There is no second officer/)).toBeTruthy()
  })

  it('proposes a change, says that nothing has happened yet, and leads to the proposal', async () => {
    const { page, user } = await open()
    await user.click(page.getByRole('checkbox', { name: /^Revoke a certificate/ }))
    fireEvent.change(page.getByLabelText(/^Wait after/), { target: { value: '60' } })
    await user.click(propose())
    expect(await page.findByText('Nothing has happened yet')).toBeTruthy()
    expect(page.getByRole('link', { name: 'Open the proposal' }).getAttribute('href')).toMatch(
      /^\/proposals\/[0-9a-f-]{36}$/,
    )
    expect(proposed()).toMatchObject([
      {
        body: {
          kinds: OPTIONAL_KINDS.filter((kind) => kind !== 'revocation'),
          validHours: 72,
          delayMinutes: 60,
        },
      },
    ])
  })

  it('says what the server refused, and keeps what was entered', async () => {
    const { page, user } = await open()
    await user.click(page.getByRole('checkbox', { name: /^Revoke a certificate/ }))
    screen.answer('POST /two-person-rules', { problem: 'proposal.too-many-pending' })
    await user.click(propose())
    expect((await page.findByRole('alert')).textContent).toContain('proposal.too-many-pending')
    expect(
      page.getByRole<HTMLInputElement>('checkbox', { name: /^Revoke a certificate/ }).checked,
    ).toBe(false)
  })

  it('proposes nothing while nothing is changed, and takes changes back', async () => {
    const { page, user } = await open()
    expect(propose().getAttribute('aria-disabled')).toBe('true')
    await user.click(page.getByRole('checkbox', { name: /^Revoke a certificate/ }))
    expect(propose().getAttribute('aria-disabled')).toBeNull()
    await user.click(page.getByRole('button', { name: 'Undo changes' }))
    expect(propose().getAttribute('aria-disabled')).toBe('true')
    expect(proposed()).toEqual([])
  })

  it('lets an auditor read and not change them', async () => {
    screen.signInAs('auditor')
    const { page } = await open()
    const kind = page.getByRole<HTMLInputElement>('checkbox', { name: /^Revoke a certificate/ })
    expect(kind.closest('fieldset')?.disabled).toBe(true)
    expect(propose().getAttribute('aria-disabled')).toBe('true')
  })
})
