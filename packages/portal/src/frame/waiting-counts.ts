import { useQuery } from '@tanstack/react-query'
import { openFindings } from '../findings/finding-health.ts'
import { findingCountsQuery } from '../findings/finding-queries.ts'
import { proposalCountsQuery } from '../proposals/proposal-queries.ts'
import { registrationCountsQuery } from '../registration/registration-queries.ts'
import { useMay } from '../session/session.ts'

/** What waits for a person, beside the name of its section. */
export interface WaitingCounts {
  readonly approvals: number | undefined
  readonly refused: number | undefined
  readonly findings: number | undefined
  readonly proposals: number | undefined
}

export function useWaitingCounts(): WaitingCounts {
  const mayRead = useMay('registration:read')
  const counts = useQuery({ ...registrationCountsQuery, enabled: mayRead }).data
  const mayReadFindings = useMay('finding:read')
  const found = useQuery({ ...findingCountsQuery, enabled: mayReadFindings }).data
  const mayReadProposals = useMay('proposal:read')
  const proposals = useQuery({ ...proposalCountsQuery, enabled: mayReadProposals }).data
  return {
    proposals: proposals?.forYou,
    approvals: counts?.approvalsWaiting,
    refused: counts?.quarantined,
    findings: found === undefined ? undefined : openFindings(found).count,
  }
}
