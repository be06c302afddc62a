import { operation } from '../operation.ts'
import {
  BreakGlass,
  ConfirmProposal,
  ConfirmedProposal,
  ProposalCounts,
  ProposalPage,
  ProposalQuery,
  ProposalView,
  TwoPersonRules,
  TwoPersonRulesView,
} from '../proposals.ts'

/** Operations that two people decide. */

const tag = 'proposals'

/** What a decision about a proposal is refused with, for every person. */
const decisionProblems = [
  'proposal.not-found',
  'proposal.state-refused',
  'proposal.digest-mismatch',
  'proposal.radius-changed',
] as const

export const PROPOSAL_OPERATIONS = {
  listProposals: operation('GET /proposals', {
    access: 'proposal:read',
    tag,
    summary: 'List proposals',
    description: 'Proposals in the states that the filter names, the latest first.',
    query: ProposalQuery,
    answer: ProposalPage,
  }),
  countProposals: operation('GET /proposals/counts', {
    access: 'proposal:read',
    tag,
    summary: 'Count the proposals that wait',
    description: 'How many proposals wait, and how many of them the operator who asks can decide.',
    answer: ProposalCounts,
  }),
  readProposal: operation('GET /proposals/:proposalId', {
    access: 'proposal:read',
    tag,
    summary: 'Read a proposal',
    description:
      'What was asked for, its digest and whom it touches, and why the operator who asks may not confirm it.',
    answer: ProposalView,
    problems: ['proposal.not-found'],
  }),
  confirmProposal: operation('POST /proposals/:proposalId/confirm', {
    access: 'proposal:confirm',
    tag,
    summary: 'Confirm a proposal',
    description:
      'A second person decides that exactly this is carried out, in the name of the proposer. The answer says how it ended.',
    body: ConfirmProposal,
    answer: ConfirmedProposal,
    problems: [
      ...decisionProblems,
      'proposal.own',
      'proposal.about-yourself',
      'proposal.proposer-may-not',
      'proposal.not-independent',
    ],
  }),
  breakGlass: operation('POST /proposals/:proposalId/break-glass', {
    access: 'proposal:confirm',
    tag,
    summary: 'Carry a proposal out alone',
    description:
      'For the only person who can decide it. Raises a finding and stands in the record with the reason.',
    body: BreakGlass,
    answer: ConfirmedProposal,
    problems: [...decisionProblems, 'proposal.not-your-own', 'proposal.glass-refused'],
  }),
  declineProposal: operation('POST /proposals/:proposalId/decline', {
    access: 'proposal:confirm',
    tag,
    summary: 'Decline a proposal',
    description: 'A second person decides that it is not carried out.',
    answer: ProposalView,
    problems: ['proposal.not-found', 'proposal.state-refused', 'proposal.own'],
  }),
  withdrawProposal: operation('POST /proposals/:proposalId/withdraw', {
    access: 'proposal:read',
    tag,
    summary: 'Withdraw a proposal',
    description: 'By the person who proposed it, until it is carried out.',
    answer: ProposalView,
    problems: ['proposal.not-found', 'proposal.state-refused', 'proposal.not-your-own'],
  }),
  readTwoPersonRules: operation('GET /two-person-rules', {
    access: 'proposal:read',
    tag,
    summary: 'Read which operations two people decide',
    description: 'The kinds of operations that need two people, and how long a proposal waits.',
    answer: TwoPersonRulesView,
  }),
  changeTwoPersonRules: operation('POST /two-person-rules', {
    access: 'two-person-rules:manage',
    tag,
    summary: 'Change which operations two people decide',
    description: 'Always needs two people, whatever the rules say.',
    body: TwoPersonRules,
    answer: TwoPersonRulesView,
    isForTwo: true,
  }),
} as const
