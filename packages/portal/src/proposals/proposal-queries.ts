import type {
  BreakGlass,
  ConfirmProposal,
  ProposalQuery,
} from '@sanad/protocol/operator-api/proposals'
import { queryOptions } from '@tanstack/react-query'
import { call } from '../api/call.ts'

/** Asked again while someone looks: a colleague decides on another screen. */
const LOOK_EVERY_MS = 10_000

export const proposalsQuery = (query: ProposalQuery) =>
  queryOptions({
    queryKey: ['proposals', 'list', query],
    queryFn: ({ signal }) => call('listProposals', { query, signal }),
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
