import { useQuery } from '@tanstack/react-query'
import type { ApiAnswer } from '../../../functions/api/contract/client.ts'
import { api, keepCsrf } from '../data/api.ts'

/**
 * The signed-in person. A one-time token of the address becomes a session first, and leaves the address, so that neither history nor a copied
 * link holds it.
 */
async function signIn(): Promise<ApiAnswer<'GET /api/me'>> {
  const address = new URL(window.location.href)
  const token = address.searchParams.get('token')
  if (token !== null) {
    address.searchParams.delete('token')
    window.history.replaceState(null, '', address)
  }
  const me = token === null ? await api('GET /api/me') : await api('POST /api/session', { body: { token } })
  keepCsrf(me.csrf)
  return me
}

/** Query of the caller, asked once for each page. */
export function useMe() {
  return useQuery({ queryKey: ['me'], queryFn: signIn, staleTime: Number.POSITIVE_INFINITY, retry: false })
}
