import { useQuery } from '@tanstack/react-query'
import { registrationCountsQuery } from '../registration/registration-queries.ts'
import { useMay } from '../session/session.ts'

/** What waits for a person, beside the name of its section. */
export interface WaitingCounts {
  readonly approvals: number | undefined
  readonly refused: number | undefined
}

export function useWaitingCounts(): WaitingCounts {
  const mayRead = useMay('registration:read')
  const counts = useQuery({ ...registrationCountsQuery, enabled: mayRead }).data
  return { approvals: counts?.approvalsWaiting, refused: counts?.quarantined }
}
