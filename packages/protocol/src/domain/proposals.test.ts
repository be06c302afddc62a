import { describe, expect, it } from 'vitest'
import {
  type BrokenGlass,
  type Confirmation,
  INDEPENDENCE_HOURS,
  type Person,
  PROPOSAL_ACTS,
  PROPOSAL_STATES,
  hasGrown,
  isDecided,
  proposalLife,
  whyMayNotBreakGlass,
  whyMayNotConfirm,
} from './proposals.ts'

const cells = PROPOSAL_STATES.flatMap((state) => PROPOSAL_ACTS.map((act) => [state, act] as const))

describe('the life of a proposal', () => {
  it.each(cells)('%s, %s: is either allowed, or refused with a sentence', (state, act) => {
    const why = proposalLife.whyRefused(state, act)
    if (why === undefined) expect(PROPOSAL_STATES).toContain(proposalLife.next(state, act))
    else {
      expect(why).toMatch(/^[A-Z].*\.$/)
      expect(() => proposalLife.next(state, act)).toThrow(
        expect.objectContaining({ code: 'proposal.state-refused' }),
      )
    }
  })

  it('carries out nothing that a person has not confirmed', () => {
    const before = PROPOSAL_STATES.filter(
      (state) => proposalLife.whyRefused(state, 'carry-out') === undefined,
    )
    expect(before).toEqual(['confirmed'])
  })

  it('decides a proposal once', () => {
    expect(PROPOSAL_STATES.filter(isDecided)).toEqual([
      'carried-out',
      'failed',
      'withdrawn',
      'declined',
      'expired',
      'superseded',
    ])
  })

  it('lets either person stop it until it is carried out', () => {
    for (const state of ['pending', 'confirmed'] as const) {
      expect(proposalLife.next(state, 'withdraw')).toBe('withdrawn')
      expect(proposalLife.next(state, 'decline')).toBe('declined')
    }
  })
})

const HOUR = 3_600_000
const person = (operatorId: string, more: Partial<Person> = {}): Person => ({
  operatorId,
  role: 'security-officer',
  isActive: true,
  ...more,
})
const confirmation: Confirmation = {
  proposer: person('amina'),
  confirmer: person('bo'),
  permissions: ['certificate:revoke'],
  concerns: undefined,
  accountChangedAt: undefined,
  now: 1000 * HOUR,
}
const why = (change: Partial<Confirmation>) => whyMayNotConfirm({ ...confirmation, ...change })

describe('a second person', () => {
  it('may confirm with the permission of the operation', () => {
    expect(why({})).toBeUndefined()
  })

  it.each([
    ['is not the first one', { confirmer: person('amina') }, 'proposal.own'],
    [
      'holds the permission of the operation',
      { permissions: ['operator:manage'] },
      'operator.permission-missing',
    ],
    [
      'may confirm at all',
      { confirmer: person('bo', { role: 'operator' }), permissions: ['device:deregister'] },
      'operator.permission-missing',
    ],
    [
      'is not disabled',
      { confirmer: person('bo', { isActive: false }) },
      'operator.permission-missing',
    ],
    ['is not the one whom it is about', { concerns: 'bo' }, 'proposal.about-yourself'],
    [
      'confirms nothing of someone who was disabled since',
      { proposer: person('amina', { isActive: false }) },
      'proposal.proposer-may-not',
    ],
    [
      'confirms nothing of someone whose role changed since',
      { proposer: person('amina', { role: 'auditor' }) },
      'proposal.proposer-may-not',
    ],
    [
      'is not an account that the first one has just made',
      { accountChangedAt: (1000 - INDEPENDENCE_HOURS + 1) * HOUR },
      'proposal.not-independent',
    ],
  ] as const)('%s', (_promise, change, code) => {
    expect(why(change)).toBe(code)
  })

  it('counts as independent once the account is old enough', () => {
    expect(why({ accountChangedAt: (1000 - INDEPENDENCE_HOURS) * HOUR })).toBeUndefined()
  })
})

const glass: BrokenGlass = {
  proposer: person('amina'),
  breaker: person('amina'),
  kind: 'revocation',
  permissions: ['certificate:revoke'],
  concerns: undefined,
  colleagues: [],
  now: 1000 * HOUR,
}
const colleague = (more: object = {}) => ({
  ...person('bo'),
  hasSignedIn: true,
  accountChangedAt: undefined,
  disabledByProposerAt: undefined,
  ...more,
})
const mayNot = (change: Partial<BrokenGlass>) => whyMayNotBreakGlass({ ...glass, ...change })

describe('the only officer', () => {
  it.each([
    ['there is nobody else', []],
    ['the others never signed in', [colleague({ hasSignedIn: false })]],
    ['the others may not confirm', [colleague({ role: 'auditor' })]],
    ['the others are disabled', [colleague({ isActive: false })]],
    ['the other account is one they have just made', [colleague({ accountChangedAt: 999 * HOUR })]],
  ])('may act alone where %s', (_when, colleagues) => {
    expect(mayNot({ colleagues })).toBeUndefined()
  })

  it.each([
    ['someone else could confirm', { colleagues: [colleague()] }, 'proposal.glass-refused'],
    [
      'they disabled the other one just now',
      { colleagues: [colleague({ isActive: false, disabledByProposerAt: 999 * HOUR })] },
      'proposal.glass-refused',
    ],
    ['it would end the rule for two', { kind: 'two-person-rules' }, 'proposal.glass-refused'],
    ['someone else proposed it', { breaker: person('bo') }, 'proposal.not-your-own'],
    [
      'their role does not allow it',
      {
        proposer: person('amina', { role: 'operator' }),
        breaker: person('amina', { role: 'operator' }),
      },
      'operator.permission-missing',
    ],
  ] as const)('may not act alone where %s', (_when, change, code) => {
    expect(mayNot(change)).toBe(code)
  })

  it('may act alone where the only other officer is the one whom it is about', () => {
    expect(mayNot({ colleagues: [colleague()], concerns: 'bo' })).toBeUndefined()
  })
})

it.each([
  [5, 5, false],
  [5, 6, true],
  [99, 100, true],
  [100, 101, false],
  [10_000, 10_100, false],
  [10_000, 10_101, true],
  [10_000, 4, false],
])('an operation on %i devices that touches %i now has grown: %s', (shown, now, grown) => {
  expect(hasGrown(shown, now)).toBe(grown)
})
