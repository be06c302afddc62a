import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { asProblem, PortalProblem } from './problem.ts'

/** A session that ended is noticed by whichever request comes first; the router then asks to sign in. */
function noticeEndOfSession(error: Error): void {
  if (error instanceof PortalProblem && error.code === 'operator.not-signed-in') {
    queryClient.setQueryData(['session'], null)
  }
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeEndOfSession }),
  mutationCache: new MutationCache({ onError: noticeEndOfSession }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // The code says whether trying again can help.
      retry: (failures, error) => failures < 2 && asProblem(error).isRetryable,
      retryDelay: (failures) => 400 * 2 ** failures,
      // We probe the server ourselves: a browser without internet still reaches its own data centre.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})
