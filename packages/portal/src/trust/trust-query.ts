import type { TrustView } from '@sanad/protocol/operator-api/trust'
import { queryOptions } from '@tanstack/react-query'
import { send } from '../api/request.ts'

export const trustQuery = queryOptions({
  queryKey: ['trust'],
  queryFn: ({ signal }) => send<TrustView>('/trust', { signal }),
  refetchInterval: 15_000,
})
