import { PROBLEMS } from '@sanad/protocol/text/problems'
import { fireEvent, screen as shown, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { describe, expect, it } from 'vitest'
import { uuidOf } from '../mock-api/fleet.ts'
import { openScreen } from './screen.tsx'

/** Pages of one thing, and the parts of a page that read something of their own: each in every state it can be in. */

const screen = openScreen()

interface PartCase {
  readonly path: string | (() => string)
  /** The heading of its panel; the whole page where it is left out. */
  readonly panel?: string
  /** It takes no room before there is something to say. */
  readonly isSilent?: boolean
  /** The request whose answer it shows. */
  readonly route: `GET ${string}`
  /** What it says when the answer does not come. */
  readonly failed: string
  /** What it shows of the mock’s answer. */
  readonly shows: string | RegExp
  readonly empty?: { readonly answer: unknown; readonly says: string | RegExp }
}

const fleet = () => screen.server.world.fleet
const oneDevice = () => `/devices/${fleet().find(({ state }) => state === 'registered')!.deviceId}`
/** The mock has its claims on the second one. */
const claimedDevice = () => `/devices/${fleet()[1]!.deviceId}`
const group = `/groups/${uuidOf('Northern region')}`
const policy = `/policies/${uuidOf('policy Standard')}`
const waitingImport = `/imports/${uuidOf('waiting import')}`
const BULK_ACT = uuidOf('bulk act')

const bulkAct = () => {
  const { world } = screen.server
  const { bulkActId } = world.bulk.order(world, {
    bulkActId: BULK_ACT,
    act: 'suspend',
    reason: 'policy',
    selection: { filter: { state: ['deregistered'] } },
  })
  return `/bulk-acts/${bulkActId}`
}

const NONE = { items: [], next: null }

const PARTS: Record<string, PartCase> = {
  'the page of a device': {
    path: oneDevice,
    route: 'GET /devices/:deviceId',
    failed: 'The device could not be loaded.',
    shows: 'Device provider',
  },
  'the certificates of a device': {
    path: oneDevice,
    panel: 'Certificates',
    route: 'GET /devices/:deviceId/certificates',
    failed: 'The certificates could not be loaded.',
    shows: 'Active',
    empty: {
      answer: { items: [] },
      says: 'None yet. The first is issued when the device registers.',
    },
  },
  'the key of a device': {
    path: oneDevice,
    panel: 'Key',
    route: 'GET /devices/:deviceId/key',
    failed: 'The state of the key could not be loaded.',
    shows: 'Certificate expires',
  },
  'the host of a device': {
    path: oneDevice,
    panel: 'Information',
    route: 'GET /devices/:deviceId/facts',
    failed: 'The host information could not be loaded.',
    shows: 'Operating system',
    empty: {
      answer: { at: '2026-11-01T00:00:00.000Z', changedAt: null, facts: {} },
      says: /^No host information reported yet/,
    },
  },
  'the clock of a device': {
    path: oneDevice,
    panel: 'Clock',
    route: 'GET /devices/:deviceId/facts',
    failed: 'The state of the clock could not be loaded.',
    shows: 'Trusted',
    empty: {
      answer: { at: '2026-11-01T00:00:00.000Z', changedAt: null, facts: {} },
      says: 'Not known',
    },
  },
  'the clock reset of a device': {
    path: () => {
      const path = oneDevice()
      screen.server.world.clockResets.set(path.slice('/devices/'.length), {
        commandId: uuidOf('reset'),
        number: 1,
        floor: '2026-11-01T00:00:00.000Z',
        notAfter: '2026-11-02T00:00:00.000Z',
        state: 'done',
        orderedAt: '2026-11-01T00:00:00.000Z',
        orderedBy: 'Aster Bekele',
        sentAt: '2026-11-01T01:00:00.000Z',
        doneAt: '2026-11-01T02:00:00.000Z',
      })
      return path
    },
    panel: 'Clock',
    route: 'GET /devices/:deviceId/clock-reset',
    failed: 'The last clock reset could not be loaded.',
    shows: 'Ordered by Aster Bekele',
  },
  'the commands of a device': {
    path: oneDevice,
    panel: 'Commands',
    route: 'GET /commands',
    failed: 'The commands could not be loaded.',
    shows: 'Waiting',
    empty: { answer: NONE, says: 'No commands sent yet.' },
  },
  'the refused registrations of a device': {
    path: claimedDevice,
    panel: 'Refused registrations',
    isSilent: true,
    route: 'GET /refusals',
    failed: 'The refusals could not be loaded.',
    shows: 'R18-first-claim',
  },
  'the timeline of a device': {
    path: oneDevice,
    panel: 'Timeline',
    route: 'GET /devices/:deviceId/timeline',
    failed: 'The timeline could not be loaded.',
    shows: /\(UTC\)$/,
    empty: { answer: NONE, says: 'Nothing has happened to this device yet.' },
  },
  'the page of a group': {
    path: group,
    route: 'GET /groups/:groupId',
    failed: 'The group could not be loaded.',
    shows: 'Market',
  },
  'the page of a policy': {
    path: policy,
    route: 'GET /policies/:policyId',
    failed: 'The policy could not be loaded.',
    shows: 'Settings',
  },
  'the page of an import': {
    path: waitingImport,
    route: 'GET /imports/:importId',
    failed: 'The import could not be loaded.',
    shows: 'Rows read',
  },
  'the rows of an import that are wrong': {
    path: waitingImport,
    panel: 'Rows with errors or warnings',
    route: 'GET /imports/:importId/errors',
    failed: 'The rows could not be loaded.',
    shows: /^EXS442C110009$/,
  },
  'the page of a bulk action': {
    path: bulkAct,
    route: 'GET /bulk-acts/:bulkActId',
    failed: 'The bulk action could not be loaded.',
    shows: 'Ordered by',
  },
  'the devices that a bulk action did not change': {
    path: () => {
      const path = bulkAct()
      // Three looks bring the mock’s act to its end.
      const { world } = screen.server
      for (let look = 0; look < 4; look += 1) world.bulk.read(world, BULK_ACT)
      return path
    },
    panel: 'Not changed',
    route: 'GET /bulk-acts/:bulkActId/failures',
    failed: 'The devices that did not change could not be loaded.',
    shows: 'device.transition-refused',
    empty: { answer: NONE, says: 'Every device changed' },
  },
  'the overview': {
    path: '/',
    route: 'GET /devices/counts',
    failed: 'The overview could not be loaded.',
    shows: 'Devices by state',
    empty: {
      answer: {
        total: 0,
        connected: 0,
        states: { approved: 0, registered: 0, suspended: 0, deregistered: 0, blocked: 0 },
      },
      says: 'Add the makers of your chips',
    },
  },
  'the registrations in the overview': {
    path: '/',
    isSilent: true,
    route: 'GET /registrations/counts',
    failed: 'The registrations could not be checked.',
    shows: /registrations? waits? for approval\.$/,
  },
  'the trust in the overview': {
    path: '/',
    panel: 'Trust',
    route: 'GET /trust',
    failed: 'The state of trust could not be loaded.',
    shows: 'Response key expires',
  },
  'the audit in the overview': {
    path: '/',
    isSilent: true,
    route: 'GET /findings/counts',
    failed: 'The findings could not be loaded.',
    shows: 'Found by the audit',
  },
  'the latest events in the overview': {
    path: '/',
    panel: 'Latest events',
    route: 'GET /events',
    failed: 'The record could not be loaded.',
    shows: /\(UTC\)$/,
    empty: { answer: NONE, says: /^No events yet\./ },
  },
  'the keys due in the overview': {
    path: '/',
    isSilent: true,
    route: 'GET /forecast',
    failed: 'The forecast could not be loaded.',
    shows: 'Keys due for rotation',
  },
  'the forecast of keys': {
    path: '/keys',
    route: 'GET /forecast',
    failed: 'The forecast could not be loaded.',
    shows: 'Already failed',
  },
  'the ordered rotations': {
    path: '/keys',
    panel: 'Ordered rotations',
    route: 'GET /rotation-orders',
    failed: 'The orders could not be loaded.',
    shows: /^131 of 420 rotated/,
    empty: { answer: NONE, says: 'No rotations ordered' },
  },
  'the revocation lists': {
    path: '/keys',
    panel: 'Revocation lists',
    route: 'GET /revocation-lists',
    failed: 'The lists could not be loaded.',
    shows: 'CN=Device Provider CA, O=Example Devices',
    empty: {
      answer: { issuers: [], problem: null },
      says: /^No provider certificate/,
    },
  },
  'one’s own sessions': {
    path: '/account',
    panel: 'Your sessions',
    route: 'GET /sessions',
    failed: 'The sessions could not be loaded.',
    shows: /this session$/,
    empty: { answer: { items: [] }, says: 'No sessions' },
  },
}

const pathOf = ({ path }: PartCase): string => (typeof path === 'string' ? path : path())

/** Where the case looks: its panel, or the page without the frame around it. */
const place = async ({ panel }: PartCase) =>
  within(
    panel === undefined
      ? await shown.findByRole('main')
      : await shown.findByRole('region', { name: panel }),
  )

async function findAlert(part: PartCase): Promise<HTMLElement> {
  const alert = (await (await place(part)).findByText(part.failed)).closest('[role=alert]')
  if (!(alert instanceof HTMLElement)) throw new Error(`“${part.failed}” is no alert`)
  return alert
}

describe.each(Object.entries(PARTS))('%s', (_name, part) => {
  const { route, failed, shows, empty, isSilent = false } = part

  it('shows what the server answers', async () => {
    screen.open(pathOf(part))
    expect((await (await place(part)).findAllByText(shows)).length).toBeGreaterThan(0)
    expect(shown.queryByText(failed)).toBeNull()
  })

  if (!isSilent)
    it('says that it is loading, and claims nothing meanwhile', async () => {
      screen.answer(route, 'pending')
      screen.open(pathOf(part))
      const inside = await place(part)
      // One part may wait for another: the page stands first.
      expect((await inside.findAllByLabelText('Loading…')).length).toBeGreaterThan(0)
      expect(inside.queryByText(shows)).toBeNull()
      if (empty !== undefined) expect(inside.queryByText(empty.says)).toBeNull()
    })

  it('says what failed in the words of its problem, and shows the answer once it comes', async () => {
    const user = userEvent.setup({ delay: null })
    screen.answer(route, { problem: 'database.unavailable', detail: 'the disk is full' })
    screen.open(pathOf(part))
    const alert = await findAlert(part)
    expect(alert.textContent).toContain(PROBLEMS['database.unavailable'].title)
    expect(alert.textContent).toContain('the disk is full')
    expect(alert.textContent).toContain('database.unavailable')
    if (empty !== undefined) expect((await place(part)).queryByText(empty.says)).toBeNull()
    screen.answer(route, 'pass')
    await user.click(within(alert).getByRole('button', { name: 'Try again' }))
    expect((await (await place(part)).findAllByText(shows)).length).toBeGreaterThan(0)
    await expect.poll(() => shown.queryByText(failed)).toBeNull()
  })

  it('says so when the role does not allow it, and whom to ask', async () => {
    screen.answer(route, { problem: 'operator.permission-missing' })
    screen.open(pathOf(part))
    const alert = await findAlert(part)
    expect(alert.textContent).toContain(PROBLEMS['operator.permission-missing'].title)
    expect(alert.textContent).toContain('Ask an administrator')
  })

  if (empty === undefined) return
  it('says what it means that there is nothing', async () => {
    screen.answer(route, { body: empty.answer })
    screen.open(pathOf(part))
    expect((await (await place(part)).findAllByText(empty.says)).length).toBeGreaterThan(0)
  })
})

describe.each([
  ['a device', '/devices', 'device.not-found'],
  ['a group', '/groups', 'group.not-found'],
  ['a policy', '/policies', 'policy.not-found'],
  ['an import', '/imports', 'import.not-found'],
  ['a bulk action', '/bulk-acts', 'bulk-act.not-found'],
] as const)('the page of %s that does not exist', (_what, list, code) => {
  it('says so, with a way back', async () => {
    const { address } = screen.open(`${list}/${uuidOf('nothing')}`)
    screen.answer(`GET ${list}/:id`, { problem: code })
    const main = within(await shown.findByRole('main'))
    expect(await main.findByText('There is nothing at this address')).toBeTruthy()
    await userEvent.setup({ delay: null }).click(main.getByRole('link', { name: /overview/ }))
    await expect.poll(address).toBe('/')
  })
})

describe('the chain of trust', () => {
  const region = async () => within(await shown.findByRole('region', { name: 'Chain of trust' }))

  it('does not say that a device has no key while its certificates are not read', async () => {
    screen.answer('GET /devices/:deviceId/certificates', { problem: 'server.internal' })
    screen.open(oneDevice())
    const chain = await region()
    expect(await chain.findByText('Not loaded')).toBeTruthy()
    expect(chain.queryByText('No key yet')).toBeNull()
  })

  it('says that a device has no key where it has no certificate', async () => {
    screen.answer('GET /devices/:deviceId/certificates', { body: { items: [] } })
    screen.open(oneDevice())
    expect(await (await region()).findByText('No key yet')).toBeTruthy()
  })
})

describe('the overview', () => {
  const main = async () => within(await shown.findByRole('main'))

  it('does not call the fleet well while a part of it could not be checked', async () => {
    const well = { approvalsWaiting: 0, refusedLastDay: 0, quarantined: 0 }
    const devices = { approved: 0, registered: 9, suspended: 0, deregistered: 0, blocked: 0 }
    screen.answer('GET /devices/counts', { body: { total: 9, connected: 9, states: devices } })
    screen.answer('GET /registrations/counts', { body: well })
    screen.answer('GET /findings/counts', { problem: 'server.internal' })
    screen.open('/')
    const page = await main()
    expect(await page.findByText('The findings could not be loaded.')).toBeTruthy()
    expect(await page.findByText('Response key expires')).toBeTruthy()
    expect(page.queryByText('Nothing needs you')).toBeNull()
    expect(page.queryByText(/All is well/)).toBeNull()
  })

  it('leaves out what a technician may not read, and asks for none of it', async () => {
    screen.signInAs('technician')
    screen.open('/')
    const page = await main()
    expect(await page.findByText('Devices by state')).toBeTruthy()
    expect(page.queryByText('Latest events')).toBeNull()
    expect(screen.sent.map(({ path }) => path)).not.toContain('/api/v1/events')
    expect(page.queryByRole('alert')).toBeNull()
  })
})

/** What a screen reader says after the name of a button. */
const describedBy = (button: HTMLElement): string | null | undefined =>
  document.getElementById(button.getAttribute('aria-describedby') ?? '')?.textContent

describe('an auditor', () => {
  it.each<readonly [what: string, path: () => string, buttons: readonly string[]]>([
    ['a device', oneDevice, ['Suspend', 'De-register', 'Block', 'Rotate', 'Set the clock back']],
    ['a group', () => group, ['Edit', 'Add from a file', 'Empty', 'Rotate keys', 'Send a command']],
    ['a policy', () => policy, ['Save as new version', 'Assign']],
    ['an import', () => waitingImport, ['Approve the 11 valid rows', 'Discard']],
    ['the keys', () => '/keys', ['Order rotation']],
  ])('sees the actions on %s, and why they are not for auditors', async (_what, path, buttons) => {
    screen.signInAs('auditor')
    screen.open(path())
    const page = within(await shown.findByRole('main'))
    const user = userEvent.setup({ delay: null })
    for (const name of buttons) {
      const button = await page.findByRole('button', { name })
      expect(button.getAttribute('aria-disabled'), name).toBe('true')
      expect(describedBy(button), name).toBe('Your role, Auditor, does not allow this.')
      await user.click(button)
    }
    expect(shown.queryByRole('dialog')).toBeNull()
    expect(screen.sent.filter(({ method }) => method !== 'GET')).toEqual([])
  })
})

describe('a policy that is being changed', () => {
  it('says why its effect cannot be calculated, and keeps what was entered', async () => {
    screen.answer('POST /policies/:policyId/preview', { problem: 'database.unavailable' })
    screen.open(policy)
    const days = await shown.findByLabelText<HTMLInputElement>('Rotation period, days')
    fireEvent.change(days, { target: { value: '20' } })
    const failed = await shown.findByText('The effect of this change could not be calculated.')
    expect(failed.closest('[role=alert]')?.textContent).toContain('database.unavailable')
    expect(days.value).toBe('20')
  })

  it('says that it cannot list the models and groups to assign it to', async () => {
    screen.answer('GET /groups', { problem: 'database.unavailable' })
    screen.open(policy)
    expect(await shown.findByText('The groups could not be loaded.')).toBeTruthy()
  })
})

describe('a group without devices', () => {
  it('says why nothing can be done with its devices', async () => {
    const states = { approved: 0, registered: 0, suspended: 0, deregistered: 0, blocked: 0 }
    const { groupId, name } = screen.server.world.keys.groups[0]!
    const market = { country: null, environment: null }
    screen.answer('GET /groups/:groupId', {
      body: { groupId, name, ...market, devices: 0, states, connected: 0, policy: null },
    })
    screen.open(group)
    const rotate = await shown.findByRole('button', { name: 'Rotate keys' })
    expect(rotate.getAttribute('aria-disabled')).toBe('true')
    expect(describedBy(rotate)).toBe('The group has no devices.')
  })
})
