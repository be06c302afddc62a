import { screen as shown, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import { openScreen } from './screen.tsx'

/** Every page that lists something, in every state that its list can be in; among ten thousand devices. */

const screen = openScreen(10_000)

interface PageCase {
  readonly path: string
  /** What the page is called. */
  readonly title: string
  /** The request whose answer it lists. */
  readonly route: `GET ${string}`
  /** What the page says when the answer does not come. */
  readonly failed: string
  /** What it says instead of an empty list; a page without it is never empty. */
  readonly empty?: string
  readonly none?: unknown
  /** What an auditor may not press here. */
  readonly refused?: string
}

const NONE = { items: [], next: null }

const PAGES: readonly PageCase[] = [
  {
    path: '/devices',
    title: 'Devices',
    route: 'GET /devices',
    failed: 'The devices could not be loaded.',
    empty: 'No devices yet',
    none: { ...NONE, total: { count: 0, isExact: true } },
    refused: 'Approve a device',
  },
  {
    path: '/approvals',
    title: 'Approvals',
    route: 'GET /approvals',
    failed: 'The approvals could not be loaded.',
    empty: 'Nothing waits for approval',
    refused: 'Approve',
  },
  {
    path: '/refused',
    title: 'Refused',
    route: 'GET /refusals',
    failed: 'The refusals could not be loaded.',
    empty: 'No refused registrations',
  },
  {
    path: '/commands',
    title: 'Commands',
    route: 'GET /commands',
    failed: 'The commands could not be loaded.',
    empty: 'No commands yet',
    refused: 'Send commands',
  },
  {
    path: '/findings',
    title: 'Findings',
    route: 'GET /findings',
    failed: 'The findings could not be loaded.',
    empty: 'Nothing was found',
    refused: 'Silence',
  },
  {
    path: '/groups',
    title: 'Groups',
    route: 'GET /groups',
    failed: 'The groups could not be loaded.',
    empty: 'No groups',
    refused: 'New group',
  },
  {
    path: '/policies',
    title: 'Policies',
    route: 'GET /policies',
    failed: 'The policies could not be loaded.',
    empty: 'No policies',
    refused: 'New policy',
  },
  {
    path: '/models',
    title: 'Models',
    route: 'GET /models',
    failed: 'The models could not be loaded.',
    empty: 'No models yet',
    refused: 'Create model',
  },
  {
    path: '/imports',
    title: 'Imports',
    route: 'GET /imports',
    failed: 'The imports could not be loaded.',
    empty: 'No imports yet',
  },
  {
    path: '/bulk-acts',
    title: 'Bulk actions',
    route: 'GET /bulk-acts',
    failed: 'The bulk actions could not be loaded.',
    empty: 'No bulk actions yet',
  },
  {
    path: '/record',
    title: 'Record',
    route: 'GET /events',
    failed: 'The record could not be loaded.',
    empty: 'No event of this kind',
  },
  {
    path: '/operators',
    title: 'Operators',
    route: 'GET /operators',
    failed: 'The operators could not be loaded.',
    empty: 'No operators',
    refused: 'Invite operator',
  },
  {
    path: '/webhooks',
    title: 'Webhooks',
    route: 'GET /webhooks',
    failed: 'The webhooks could not be loaded.',
    empty: 'No webhooks',
  },
  {
    path: '/access-log',
    title: 'Access log',
    route: 'GET /access-log',
    failed: 'The access log could not be loaded.',
    empty: 'No requests',
  },
  {
    path: '/trust',
    title: 'Trust',
    route: 'GET /trust',
    failed: 'The state of trust could not be loaded.',
  },
]

const heading = (title: string) => shown.findByRole('heading', { level: 1, name: title })

/** The part of the page that no frame is around. */
const main = async () => within(await shown.findByRole('main'))

describe.each(PAGES)('the page $title', ({ path, title, route, failed, empty, none, refused }) => {
  it('says that it is loading while the answer is on its way', async () => {
    screen.answer(route, 'pending')
    screen.open(path)
    await heading(title)
    expect((await (await main()).findAllByLabelText('Loading…')).length).toBeGreaterThan(0)
  })

  it('says what failed with its code, and shows the list when it is tried again', async () => {
    const user = userEvent.setup({ delay: null })
    screen.answer(route, { problem: 'server.internal' })
    screen.open(path)
    await heading(title)
    const alert = (await (await main()).findByText(failed)).closest('[role=alert]')
    expect(alert?.textContent).toContain('server.internal')
    screen.answer(route, 'pass')
    await user.click(within(alert as HTMLElement).getByRole('button', { name: 'Try again' }))
    await expect.poll(() => shown.queryByText(failed)).toBeNull()
  })

  it('says so when the role does not allow it', async () => {
    screen.answer(route, { problem: 'operator.permission-missing' })
    screen.open(path)
    await heading(title)
    const alert = (await (await main()).findByText(failed)).closest('[role=alert]')
    expect(alert?.textContent).toContain('operator.permission-missing')
  })

  if (empty !== undefined)
    it('says what an empty list means', async () => {
      screen.answer(route, { body: none ?? NONE })
      screen.open(path)
      await heading(title)
      expect((await (await main()).findAllByText(empty)).length).toBeGreaterThan(0)
    })

  if (refused === undefined) return
  it('tells an auditor why a button cannot be pressed', async () => {
    screen.signInAs('auditor')
    screen.open(path)
    await heading(title)
    const buttons = await (await main()).findAllByRole('button', { name: refused })
    expect(buttons.map((button) => button.getAttribute('aria-disabled'))).toEqual(
      buttons.map(() => 'true'),
    )
  })
})

describe('ten thousand devices', () => {
  it('are shown fifty at a time, and counted', async () => {
    const user = userEvent.setup({ delay: null })
    const { address } = screen.open('/devices')
    const table = await shown.findByRole('table', { name: 'Devices' })
    expect(within(table).getAllByRole('row')).toHaveLength(51)
    expect((await (await main()).findAllByText(/10,000/)).length).toBeGreaterThan(0)
    await user.click(await (await main()).findByRole('button', { name: 'Next' }))
    await expect.poll(address).toContain('page=2')
    await expect.poll(() => within(table).getAllByRole('row').length).toBe(51)
  })

  it('fill the record a page at a time', async () => {
    screen.open('/record')
    const table = await shown.findByRole('table', { name: 'Record' })
    expect(within(table).getAllByRole('row').length).toBeLessThanOrEqual(201)
    expect(await (await main()).findByRole('button', { name: 'Next' })).toBeTruthy()
  })
})

describe('a session that has ended', () => {
  it('leads to the sign-in, and back to where one was', async () => {
    screen.signInAs(undefined)
    const { address } = screen.open('/groups')
    await expect.poll(address).toBe('/sign-in?next=%2Fgroups')
  })
})
