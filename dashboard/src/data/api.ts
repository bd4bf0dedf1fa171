import { ApiProblem, type Asking, clientOf, createAsking } from '../../../functions/api/contract/client.ts'
import { shown } from './shown.ts'

let csrf = ''

/** Keeps the token that each write of this page has to carry. */
export function keepCsrf(token: string | null): void {
  csrf = token ?? ''
}

const asking = createAsking({
  headers: (): Record<string, string> => (csrf ? { 'x-daybreak-csrf': csrf } : {}),
})

/** Calls any route, with an input that was checked before. Texts of an answer come from files and people, and are made fit to be shown. */
export const ask: Asking = async (key, input) => shown(await asking(key, input))

/** Calls a route of the API by its key, e.g. `api('GET /api/status')`. */
export const api = clientOf(ask)

export { ApiProblem }
