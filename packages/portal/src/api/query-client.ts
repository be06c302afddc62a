import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { asProblem, PortalProblem } from './problem.ts'

export function makeQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: (error) => noticeEndOfSession(client, error) }),
    mutationCache: new MutationCache({ onError: (error) => noticeEndOfSession(client, error) }),
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
  return client
}

/** The first request that meets the end of a session notices it; the router then asks to sign in. */
function noticeEndOfSession(client: QueryClient, error: Error): void {
  if (error instanceof PortalProblem && error.code === 'operator.not-signed-in') {
    client.setQueryData(['readSession'], null)
  }
}
