import type {
  BreakGlass,
  ConfirmProposal,
  ProposalQuery,
  TwoPersonRules,
} from '@sanad/protocol/operator-api/proposals'
import { queryOptions } from '@tanstack/react-query'
import { call, query } from '../api/call.ts'

/** Asked again while someone looks: a colleague decides on another screen. */
const LOOK_EVERY_MS = 10_000

export const proposalsQuery = (filter: ProposalQuery) =>
  queryOptions({
    queryKey: ['proposals', 'list', filter],
    queryFn: ({ signal }) => call('listProposals', { query: filter, signal }),
    refetchInterval: LOOK_EVERY_MS,
  })

export const proposalQuery = (proposalId: string) =>
  queryOptions({
    queryKey: ['proposals', proposalId],
    queryFn: ({ signal }) => call('readProposal', { params: { proposalId }, signal }),
    refetchInterval: LOOK_EVERY_MS,
  })

export const proposalCountsQuery = queryOptions({
  queryKey: ['proposals', 'counts'],
  queryFn: ({ signal }) => call('countProposals', { signal }),
  refetchInterval: 60_000,
})

export const confirmProposal = (proposalId: string, body: ConfirmProposal) =>
  call('confirmProposal', { params: { proposalId }, body })
export const breakGlass = (proposalId: string, body: BreakGlass) =>
  call('breakGlass', { params: { proposalId }, body })
export const endProposal = (id: 'withdrawProposal' | 'declineProposal', proposalId: string) =>
  call(id, { params: { proposalId } })

export const twoPersonRulesQuery = query('readTwoPersonRules')

export const changeTwoPersonRules = (body: TwoPersonRules) => call('changeTwoPersonRules', { body })
