import type { ProblemCode } from '../text/problems.ts'
import { type Cell, lifecycle, no, to } from './lifecycle.ts'
import { type Permission, type Role, isPermitted } from './permissions.ts'

/**
 * Operations that two people decide: the life of a proposal as one total table, and who may confirm it.
 *
 * Pure: no clock, no database, no HTTP. The server decides with it, and the portal disables buttons with it, with
 * the same sentence. docs/two-people.md
 */

/** Kinds of operations that need two people. Which of them are on is a setting; the last is always on. */
export const TWO_PERSON_KINDS = [
  /** De-registering or blocking many devices at once. */
  'bulk-end-of-trust',
  /** Revoking a certificate: it is never taken back. */
  'revocation',
  /** Setting the clock of a device back: it then takes expired certificates for valid. */
  'clock-reset',
  /** A policy that shortens or lengthens the life of keys. */
  'key-life',
  /** Who gets in, and as what: a new account, a role, a reset, an account enabled again. */
  'operator-access',
  /** Which chips count as genuine. */
  'ftm-provider',
  /** This setting. */
  'two-person-rules',
] as const
export type TwoPersonKind = (typeof TWO_PERSON_KINDS)[number]

/** Kinds that the setting can switch off. */
export const OPTIONAL_KINDS = TWO_PERSON_KINDS.filter((kind) => kind !== 'two-person-rules')

export const PROPOSAL_STATES = [
  'pending',
  'confirmed',
  'carried-out',
  'failed',
  'withdrawn',
  'declined',
  'expired',
  'superseded',
] as const
export type ProposalState = (typeof PROPOSAL_STATES)[number]

export const PROPOSAL_ACTS = [
  'confirm',
  'break-glass',
  'carry-out',
  'fail',
  /** It touches more now than what the second person saw. */
  'reconsider',
  'withdraw',
  'decline',
  'expire',
  'supersede',
] as const
export type ProposalAct = (typeof PROPOSAL_ACTS)[number]

const CONFIRMED = no('This proposal is confirmed already.')
const NOT_CONFIRMED = no('A second person has not confirmed this proposal.')

/** Terminal: what was decided is never decided again. Propose the operation again instead. */
const over = (because: string): Record<ProposalAct, Cell<ProposalState>> => {
  const cell = no(because)
  return {
    confirm: cell,
    'break-glass': cell,
    'carry-out': cell,
    fail: cell,
    reconsider: cell,
    withdraw: cell,
    decline: cell,
    expire: cell,
    supersede: cell,
  }
}

export const proposalLife = lifecycle<ProposalState, ProposalAct>('proposal.state-refused', {
  pending: {
    confirm: to('confirmed'),
    'break-glass': to('confirmed'),
    'carry-out': NOT_CONFIRMED,
    fail: NOT_CONFIRMED,
    reconsider: NOT_CONFIRMED,
    withdraw: to('withdrawn'),
    decline: to('declined'),
    expire: to('expired'),
    supersede: to('superseded'),
  },
  // It waits for its delay, or its effect is under way. Until the effect commits, either person can still stop it.
  confirmed: {
    confirm: CONFIRMED,
    'break-glass': CONFIRMED,
    'carry-out': to('carried-out'),
    fail: to('failed'),
    reconsider: to('pending'),
    withdraw: to('withdrawn'),
    decline: to('declined'),
    expire: CONFIRMED,
    supersede: to('superseded'),
  },
  'carried-out': over('This proposal was carried out.'),
  failed: over('This proposal failed. Propose the operation again.'),
  withdrawn: over('This proposal was withdrawn.'),
  declined: over('This proposal was declined.'),
  expired: over('This proposal has expired. Propose the operation again.'),
  superseded: over('Another proposal took the place of this one.'),
})

/** Nothing more happens to it. */
export const isDecided = (state: ProposalState): boolean =>
  PROPOSAL_ACTS.every((act) => !proposalLife.allows(state, act))

// ── Who may confirm ────────────────────────────────────────────────────────────────────────────────

/**
 * Hours for which an account does not count as a second person to someone who changed it. Long enough for a weekend
 * to pass and for colleagues to see the event and the finding.
 */
export const INDEPENDENCE_HOURS = 72

export interface Person {
  readonly operatorId: string
  readonly role: Role
  readonly isActive: boolean
}

export interface Confirmation {
  readonly proposer: Person
  readonly confirmer: Person
  /** What the operation itself needs. */
  readonly permissions: readonly Permission[]
  /** The operator whose account the operation changes. */
  readonly concerns: string | undefined
  /**
   * When one of the two last created, reset, enabled or changed the role of the other, or confirmed that.
   * Milliseconds since the epoch.
   */
  readonly accountChangedAt: number | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** The first reason why this person may not be the second one; undefined where they may. */
export function whyMayNotConfirm({
  proposer,
  confirmer,
  permissions,
  concerns,
  accountChangedAt,
  now,
}: Confirmation): ProblemCode | undefined {
  if (confirmer.operatorId === proposer.operatorId) return 'proposal.own'
  if (!mayDecide(confirmer, permissions)) return 'operator.permission-missing'
  if (concerns === confirmer.operatorId) return 'proposal.about-yourself'
  if (!mayPropose(proposer, permissions)) return 'proposal.proposer-may-not'
  if (isRecent(accountChangedAt, now)) return 'proposal.not-independent'
  return undefined
}

/** May do the operation itself. A person who was disabled since, or whose role changed, may not. */
export const mayPropose = (
  { role, isActive }: Person,
  permissions: readonly Permission[],
): boolean => isActive && permissions.every((permission) => isPermitted(role, permission))

/** May decide about what others propose: the operation itself, and confirming. */
export const mayDecide = (person: Person, permissions: readonly Permission[]): boolean =>
  mayPropose(person, [...permissions, 'proposal:confirm'])

const isRecent = (at: number | undefined, now: number): boolean =>
  at !== undefined && now - at < INDEPENDENCE_HOURS * 3_600_000

/** Someone other than the proposer, as seen by the rule of the glass. */
export interface Colleague extends Person {
  /** They have chosen a password and signed in. */
  readonly hasSignedIn: boolean
  /** As in {@link Confirmation}, between this person and the proposer. */
  readonly accountChangedAt: number | undefined
  /** When the proposer disabled this account. Milliseconds since the epoch. */
  readonly disabledByProposerAt: number | undefined
}

export interface BrokenGlass {
  readonly proposer: Person
  readonly breaker: Person
  readonly kind: TwoPersonKind
  readonly permissions: readonly Permission[]
  readonly concerns: string | undefined
  readonly colleagues: readonly Colleague[]
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Why this person may not act alone; undefined where nobody else could confirm. */
export function whyMayNotBreakGlass(glass: BrokenGlass): ProblemCode | undefined {
  const { proposer, breaker, permissions, kind, concerns, colleagues, now } = glass
  if (breaker.operatorId !== proposer.operatorId) return 'proposal.not-your-own'
  if (!mayDecide(breaker, permissions)) return 'operator.permission-missing'
  // Or one person could end the rule for two.
  if (kind === 'two-person-rules') return 'proposal.glass-refused'
  const others = colleagues.filter(
    (one) => one.operatorId !== concerns && couldConfirm(one, permissions, now),
  )
  return others.length > 0 ? 'proposal.glass-refused' : undefined
}

/** A colleague whom the proposer has just disabled still counts: no one makes themselves the only officer. */
function couldConfirm(one: Colleague, permissions: readonly Permission[], now: number): boolean {
  if (!one.hasSignedIn) return false
  if (isRecent(one.disabledByProposerAt, now))
    return mayDecide({ ...one, isActive: true }, permissions)
  return mayDecide(one, permissions) && !isRecent(one.accountChangedAt, now)
}

// ── What was shown ─────────────────────────────────────────────────────────────────────────────────

/**
 * Whether an operation touches more than what a person was shown: more than one in a hundred more, so that a fleet of
 * a million can be decided about while devices register, and not one more of fewer than a hundred.
 */
export const hasGrown = (shown: number, now: number): boolean =>
  now > shown + Math.floor(shown / 100)
