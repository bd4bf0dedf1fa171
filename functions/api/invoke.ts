import { DaybreakError } from '../errors.ts'
import { expectText } from '../http/body.ts'
import { invalid } from '../http/problem.ts'
import type { SignedIn } from '../http/session.ts'
import type { AuditEntry } from '../pipeline/entities.ts'
import type { PeopleChange } from '../pipeline/people/changes.ts'
import type { Answered, ApiCall, ApiHandler, Recorded, Session, WriteName } from './call.ts'
import type { ApiContext } from './context.ts'
import type { Route } from './contract/route.ts'
import type { ApiKey } from './contract/routes.ts'
import { HANDLERS, type Handlers } from './handlers.ts'
import { parseBody, parseQuery } from './validate.ts'

/** A request of a known caller before its values are checked. */
export interface Incoming {
  readonly key: ApiKey
  readonly route: Route
  readonly path: Readonly<Record<string, string>>
  readonly parameters: URLSearchParams
  /** JSON of a write; undefined for a request without. */
  readonly body: unknown
  readonly principal: SignedIn
  readonly requestId: string
  /** The header Accept. */
  readonly accept: string
  readonly ifMatch: string | null
  readonly session: Session
  readonly signal: AbortSignal
}

/** An attempt to work on a write under an `Idempotency-Key`. */
export interface Attempt {
  readonly write: WriteName
  /** Pure: the change that keeps the answer. */
  answered(answer: Answered<ApiKey>): readonly PeopleChange[]
}

/** Work of a request. */
export type Invocation = (attempt?: Attempt) => Promise<Answered<ApiKey>>

/** Checks the values of a request, and gives the work that answers it. @throws {DaybreakError} REQUEST_INVALID. */
export function invocation<Key extends ApiKey>(
  incoming: Incoming & { readonly key: Key },
  context: ApiContext,
): Invocation {
  const { parameters, body, route, key, path, ...rest } = incoming
  for (const [name, value] of [...Object.entries(path), ...parameters]) expectText(`${name}${value}`, name)
  // The schemas of the route are those that the types of the call are made of.
  const values = {
    ...rest,
    path: path as ApiCall<Key>['path'],
    query: parseQuery(route, parameters) as ApiCall<Key>['query'],
    body: (route.body ? parseBody(route.body, body) : undefined) as ApiCall<Key>['body'],
  }
  return (attempt) => {
    const write = attempt?.write ?? { id: incoming.requestId, at: context.now(), isRepeated: false }
    const call: ApiCall<Key> = { ...values, write, ...recorders(incoming, context, attempt) }
    return handlerOf(key)(call, context)
  }
}

function handlerOf<Key extends ApiKey>(key: Key): ApiHandler<Key> {
  const handler: Handlers[Key] = HANDLERS[key]
  if (handler) return handler
  if (key === 'GET /api/live') throw invalid('GET /api/live is a WebSocket; expected a request that asks to upgrade')
  throw new DaybreakError('NOT_FOUND', `${key} is not served`)
}

function recorders(
  { principal, requestId }: Incoming,
  context: ApiContext,
  attempt: Attempt | undefined,
): Pick<ApiCall, 'record' | 'settle'> {
  const { name, role, token } = principal
  const apply = async ({ details = '', ...entry }: Recorded, changes: readonly PeopleChange[]) => {
    const by = token && `by token ${token.name}`
    const told = [details, by].filter(Boolean).join('; ')
    const audit: AuditEntry = { at: context.now(), actor: name, role, requestId, details: told, ...entry }
    await context.ledger.apply([...changes, { change: 'audit', entry: audit }])
  }
  return {
    record: (entry) => apply(entry, []),
    async settle(entry, answer, changes = []) {
      await apply(entry, [...(attempt?.answered(answer) ?? []), ...changes])
      return answer
    },
  }
}
