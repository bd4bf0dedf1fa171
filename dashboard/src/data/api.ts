import { type ApiClient, ApiProblem, createAsking, createClient } from '../../../functions/api/contract/client.ts'

let csrf = ''

/** Keeps the token that each write of this page has to carry. */
export function keepCsrf(token: string | null): void {
  csrf = token ?? ''
}

const options = { headers: (): Record<string, string> => (csrf ? { 'x-daybreak-csrf': csrf } : {}) }

/** Calls a route of the API by its key, e.g. `api('GET /api/status')`. */
export const api: ApiClient = createClient(options)

/** Calls any route, with an input that was checked before. */
export const ask = createAsking(options)

export { ApiProblem }
