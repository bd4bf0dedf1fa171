import type { z } from 'zod'
import type { API, ApiKey } from './routes.ts'
import type { Problem } from './values.ts'

type Table = typeof API
type Placeholders<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never
type QueryOf<Key extends ApiKey> = Table[Key] extends { readonly query?: infer Query extends z.ZodObject | undefined }
  ? Partial<z.output<NonNullable<Query>>>
  : never
type BodyOf<Key extends ApiKey> = Table[Key] extends { readonly body?: infer Body extends z.ZodType | undefined }
  ? z.input<NonNullable<Body>>
  : never

/** Answer of a route. */
export type ApiAnswer<Key extends ApiKey> = z.output<Table[Key]['answer']>

/** Input of a call. */
export type ApiInput<Key extends ApiKey> = {
  readonly path?: Readonly<Record<Placeholders<Key>, string>>
  readonly query?: Readonly<QueryOf<Key>>
  readonly body?: BodyOf<Key>
  /** Names this attempt of a write, so that sending it twice does it once. */
  readonly idempotencyKey?: string
  /** Version of a setting that was read. */
  readonly ifMatch?: number
  readonly signal?: AbortSignal
} & (Placeholders<Key> extends never ? unknown : { readonly path: Readonly<Record<Placeholders<Key>, string>> })

/** Answer that is a problem. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }
}

interface ClientOptions {
  /** Origin of the API; the page's own if empty. */
  readonly base?: string
  readonly fetch?: typeof globalThis.fetch
  /** Headers of each call. */
  readonly headers?: () => Readonly<Record<string, string>>
}

/** Calls routes by their key, with types from the table. Throws `ApiProblem` for a problem, TypeError without a connection. */
export type ApiClient = <Key extends ApiKey>(
  key: Key,
  ...input: Record<never, never> extends ApiInput<Key> ? [ApiInput<Key>?] : [ApiInput<Key>]
) => Promise<ApiAnswer<Key>>

/** Calls routes by their key with an input that was checked where the key was known. */
export type Asking = <Key extends ApiKey>(key: Key, input?: AnyInput) => Promise<ApiAnswer<Key>>

/** A client of the API. It needs the types of the table alone, so no schema gets into a page. */
export function createClient(options: ClientOptions = {}): ApiClient {
  return clientOf(createAsking(options))
}

/** The client that asks in this way, with an input for each route that needs one. */
export function clientOf(asking: Asking): ApiClient {
  return (key, ...[input]) => asking(key, input)
}

/** The same for code that is written for any route, such as a hook. */
export function createAsking({
  base = '',
  fetch = globalThis.fetch,
  headers = () => ({}),
}: ClientOptions = {}): Asking {
  const call = async (key: ApiKey, input: AnyInput = {}) => {
    const { method, url } = addressOf(key, input)
    const { body, idempotencyKey, ifMatch, signal } = input
    const response = await fetch(`${base}${url}`, {
      method,
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        ...(method !== 'GET' && { 'content-type': 'application/json' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        ...(ifMatch !== undefined && { 'if-match': `"${ifMatch}"` }),
        ...headers(),
      },
      ...(method !== 'GET' && { body: JSON.stringify(body ?? {}) }),
      ...(signal && { signal }),
    })
    if (!response.ok) throw new ApiProblem(await problemOf(response))
    if (response.status === 204) return null
    return /^application\/json\b/.test(response.headers.get('content-type') ?? '')
      ? await response.json()
      : await response.text()
  }
  // The server answers with what the table says.
  return call as Asking
}

interface Address {
  readonly path?: Readonly<Record<string, string>> | undefined
  readonly query?: Readonly<Record<string, unknown>> | undefined
}

/** Input of any call. */
export interface AnyInput extends Address {
  readonly body?: unknown
  readonly idempotencyKey?: string
  readonly ifMatch?: number
  readonly signal?: AbortSignal
}

/** Pure: method and address of a call, e.g. for a link to a download. */
export function addressOf<Key extends ApiKey>(
  key: Key,
  { path = {}, query = {} }: Address,
): { readonly method: string; readonly url: string } {
  const [method = '', template = ''] = key.split(' ')
  const url = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''))
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined && each !== null) parameters.append(name, String(each))
  const text = parameters.toString()
  return { method, url: text === '' ? url : `${url}?${text}` }
}

/** The problem that an answer holds; one that says its status where it holds none. */
export async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text()
  try {
    return JSON.parse(text)
  } catch {
    const { status, statusText } = response
    return {
      type: 'about:blank',
      title: statusText,
      status,
      detail: `the server answered ${status} without a problem document`,
      instance: response.headers.get('x-request-id') ?? '',
      code: 'INTERNAL',
      remedy: 'Try again; if it stays, look at the log of the server.',
      runbook: null,
    }
  }
}
