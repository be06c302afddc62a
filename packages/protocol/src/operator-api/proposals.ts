import Type, { type Static } from 'typebox'
import { REASONS } from '../domain/reasons.ts'
import { OPTIONAL_KINDS, PROPOSAL_STATES, TWO_PERSON_KINDS } from '../domain/proposals.ts'
import {
  Count,
  Cursor,
  Instant,
  Note,
  PageLimit,
  Sha256,
  Uuid,
  closed,
  nullable,
} from '../text/fields.ts'
import { OPERATIONS_FOR_TWO } from './operation-routes.ts'
import { InvitedOperator } from './operators.ts'

/** Operations that wait for a second person: docs/two-people.md. */

const optional = Type.Optional

// ── The answer in the place of the operation’s own ─────────────────────────────────────────────────

/** Status 202: nothing has happened yet. The first member tells it from every other answer. */
export const Proposed = Type.Object(
  {
    proposalId: Uuid,
    /** Of the proposal, below the server’s own address: `/api/v1/proposals/…`. */
    url: Type.String(),
    kind: Type.Enum(TWO_PERSON_KINDS),
    /** SHA-256 of the canonical operation and input. */
    digest: Sha256,
    expiresAt: Instant,
  },
  closed,
)
export type Proposed = Static<typeof Proposed>

/** Of any answer with status 202: bulk actions are answered with 202 too, when they are ordered. */
export const isProposed = (answer: unknown): answer is Proposed =>
  typeof answer === 'object' && answer !== null && 'proposalId' in answer && 'digest' in answer

// ── What it touches ────────────────────────────────────────────────────────────────────────────────

/** What stops working, starts or changes. */
const PROPOSAL_EFFECTS = [
  'devices-stop',
  'devices-left',
  'certificate-revoked',
  'clock-set-back',
  'keys-due-at-once',
  'keys-change-life',
  'recovery-ends',
  'account-gets-in',
  'account-changes-role',
  'account-is-reset',
  'chips-trusted',
  'chips-refused',
  'chip-lists-change',
  'rules-change',
] as const

const PROPOSAL_TIMES = [
  'at-once',
  'while-worked-off',
  'next-check-in',
  'next-contact',
  'next-registration',
  'next-request',
  'next-proposal',
] as const

export const BlastRadius = Type.Object(
  {
    /** Whom it touches. */
    devices: Count,
    /** Of these, those that hold a live channel now. */
    connected: Count,
    effects: Type.Array(
      Type.Object(
        {
          effect: Type.Enum(PROPOSAL_EFFECTS),
          /** Null for an effect that is not about devices. */
          devices: nullable(Count),
          /** There may be more: the server counts so many at the most. */
          isAtLeast: optional(Type.Boolean()),
          when: Type.Enum(PROPOSAL_TIMES),
        },
        closed,
      ),
      { maxItems: 20 },
    ),
    /** What it is about: a serial number, the name of a policy, an account. */
    subject: nullable(Type.String()),
    /** What would be different, member by member. */
    changes: Type.Array(
      Type.Object(
        { member: Type.String(), from: nullable(Type.String()), to: nullable(Type.String()) },
        closed,
      ),
      { maxItems: 50 },
    ),
    countedAt: Instant,
  },
  closed,
)
export type BlastRadius = Static<typeof BlastRadius>

// ── A proposal ─────────────────────────────────────────────────────────────────────────────────────

const Operator = Type.Object({ operatorId: Uuid, name: Type.String() }, closed)

export const ProposalSummary = Type.Object(
  {
    proposalId: Uuid,
    kind: Type.Enum(TWO_PERSON_KINDS),
    /** The operation’s id: `orderBulkAct`. */
    operation: Type.Enum(OPERATIONS_FOR_TWO),
    state: Type.Enum(PROPOSAL_STATES),
    subject: nullable(Type.String()),
    /** Devices that it touches. */
    devices: Count,
    proposedBy: Operator,
    proposedAt: Instant,
    expiresAt: Instant,
    /** Null until a second person has confirmed; the proposer where the glass was broken. */
    confirmedBy: nullable(Operator),
    isGlassBroken: Type.Boolean(),
  },
  closed,
)
export type ProposalSummary = Static<typeof ProposalSummary>

export const ProposalView = Type.Object(
  {
    ...ProposalSummary.properties,
    digest: Sha256,
    /** What was asked for: path parameters, query and body, as they were sent. */
    input: Type.Object(
      { params: Type.Unknown(), query: Type.Unknown(), body: Type.Unknown() },
      closed,
    ),
    blastRadius: BlastRadius,
    confirmedAt: nullable(Instant),
    /** When a confirmed proposal is carried out: the delay of the rules. */
    carryOutAt: nullable(Instant),
    /** When it ended, however it did. */
    endedAt: nullable(Instant),
    /** Who withdrew or declined it. */
    endedBy: nullable(Operator),
    /** The proposal that took the place of this one. */
    supersededBy: nullable(Uuid),
    /** Why it failed. */
    failureCode: nullable(Type.String()),
    glassReason: nullable(Type.Enum(REASONS)),
    glassNote: nullable(Type.String()),
    /** For the person who asks: why they may not confirm, or act alone; null where they may. */
    confirmRefusal: nullable(Type.String()),
    glassRefusal: nullable(Type.String()),
  },
  closed,
)
export type ProposalView = Static<typeof ProposalView>

export const ProposalQuery = Type.Object(
  {
    state: optional(
      Type.Array(Type.Enum(PROPOSAL_STATES), {
        maxItems: PROPOSAL_STATES.length,
        uniqueItems: true,
      }),
    ),
    after: optional(Cursor),
    limit: optional(PageLimit),
  },
  closed,
)
export type ProposalQuery = Static<typeof ProposalQuery>

export const ProposalPage = Type.Object(
  { items: Type.Array(ProposalSummary), next: nullable(Cursor) },
  closed,
)
export type ProposalPage = Static<typeof ProposalPage>

export const ProposalCounts = Type.Object(
  {
    /** Of all people’s. */
    pending: Count,
    /** Of these, those that the person who asks did not propose, and whose role may decide. */
    forYou: Count,
  },
  closed,
)
export type ProposalCounts = Static<typeof ProposalCounts>

/** What was on the screen of the second person. */
const seen = { digest: Sha256, devices: Count }

export const ConfirmProposal = Type.Object(seen, closed)
export type ConfirmProposal = Static<typeof ConfirmProposal>

export const BreakGlass = Type.Object(
  { ...seen, reason: Type.Enum(REASONS), note: optional(Note) },
  closed,
)
export type BreakGlass = Static<typeof BreakGlass>

/** How a confirmation ended: carried out, failed, or confirmed and waiting for its delay. */
export const ConfirmedProposal = Type.Object(
  {
    proposal: ProposalView,
    /** Of an invitation or a reset: the link, shown this once to the person who confirmed. */
    invited: nullable(InvitedOperator),
  },
  closed,
)
export type ConfirmedProposal = Static<typeof ConfirmedProposal>

// ── The setting ────────────────────────────────────────────────────────────────────────────────────

export const TwoPersonRules = Type.Object(
  {
    /** Kinds that need two people. */
    kinds: Type.Array(Type.Enum(OPTIONAL_KINDS), {
      maxItems: OPTIONAL_KINDS.length,
      uniqueItems: true,
    }),
    /** Hours until a proposal expires that nobody confirms. */
    validHours: Type.Integer({ minimum: 1, maximum: 336 }),
    /** Minutes between the confirmation and the effect, in which either person can still stop it. */
    delayMinutes: Type.Integer({ minimum: 0, maximum: 10_080 }),
  },
  closed,
)
export type TwoPersonRules = Static<typeof TwoPersonRules>

export const DEFAULT_TWO_PERSON_RULES: TwoPersonRules = {
  kinds: [...OPTIONAL_KINDS],
  validHours: 72,
  delayMinutes: 0,
}

export const TwoPersonRulesView = Type.Object(
  {
    ...TwoPersonRules.properties,
    /** Officers who can confirm what another one proposes. */
    officers: Count,
  },
  closed,
)
export type TwoPersonRulesView = Static<typeof TwoPersonRulesView>
