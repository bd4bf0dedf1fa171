import { keepPreviousData, QueryClient, type UseQueryResult, useQuery } from '@tanstack/react-query'
import type { ApiAnswer, ApiInput } from '../../../functions/api/contract/client.ts'
import type { ApiKey } from '../../../functions/api/contract/routes.ts'
import { ApiProblem, ask } from './api.ts'

/** Cache of all answers. The live channel says what changed; without it an answer is asked for again after ten seconds. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // A refusal stays one; only a connection that failed is tried again.
      retry: (failures, problem) => !(problem instanceof ApiProblem) && failures < 2,
      refetchOnWindowFocus: true,
      placeholderData: keepPreviousData,
    },
  },
})

/** Answer of a route that reads; old data stay on the screen while new ones come. */
export function useApi<Key extends ApiKey>(
  key: Key,
  input?: ApiInput<Key>,
  options: { readonly enabled?: boolean; readonly refetchInterval?: number } = {},
): UseQueryResult<ApiAnswer<Key>> {
  return useQuery({
    queryKey: [key, input ?? null],
    queryFn: ({ signal }) => ask(key, { ...input, signal }),
    ...options,
  })
}
