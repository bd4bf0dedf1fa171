import { type ApiClient, ApiProblem, createClient } from '../../../functions/api/contract/client.ts'

let csrf = ''

/** Keeps the token that each write of this page has to carry. */
export function keepCsrf(token: string | null): void {
  csrf = token ?? ''
}

/** Calls a route of the API by its key, e.g. `api('GET /api/status')`. */
export const api: ApiClient = createClient({
  headers: (): Record<string, string> => (csrf ? { 'x-daybreak-csrf': csrf } : {}),
})

export { ApiProblem }
