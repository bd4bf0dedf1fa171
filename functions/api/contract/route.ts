import type { z } from 'zod'
import type { NeededRole, Scoping } from '../../access/roles.ts'
import type { ErrorCode } from '../../errors.ts'

/** One call of a route. Its ids are those of EXAMPLE, which a test replaces by ids that exist. */
export interface Example<Body = unknown> {
  /** One line, shown above the call. */
  readonly title: string
  readonly path?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: Body
  /** Version of a setting that was read, for the header `If-Match`. */
  readonly ifMatch?: number
}

/** Everything that is said of a route: validation, documents, client, role matrix and tests derive from it. */
export interface Route<
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType = z.ZodType,
> {
  /** One sentence. */
  readonly summary: string
  readonly role: NeededRole
  readonly scope: Scoping
  readonly query?: Query
  readonly body?: Body
  /** JSON of a success. */
  readonly answer: Answer
  /** Status of a success. Default: 200. */
  readonly status?: 200 | 201 | 202 | 204 | 101
  /** Its answer holds a secret: it is kept nowhere, and a request that is sent again is refused. */
  readonly isShownOnce?: true
  /** Media types of a success other than JSON, chosen by `format` in the query or by the Accept header. */
  readonly types?: readonly string[]
  /** Codes that are possible in addition to those of every route. */
  readonly errors: readonly [ErrorCode, ...ErrorCode[]]
  readonly examples: readonly [Example<z.input<Body>>, ...Example<z.input<Body>>[]]
}

/** Declares a route; one without role, errors or an example does not compile. */
export function route<Query extends z.ZodObject, Body extends z.ZodType, Answer extends z.ZodType>(
  definition: Route<Query, Body, Answer>,
): Route<Query, Body, Answer> {
  return definition
}

/** Method and path of a route, e.g. `GET /api/runs/{id}`. */
export type RouteKey = `${'GET' | 'POST' | 'PUT' | 'DELETE'} /${string}`

/** Codes that any route may answer with. */
export const ERRORS_OF_ALL = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'REQUEST_FOREIGN',
  'REQUEST_INVALID',
  'REQUEST_TOO_LARGE',
  'RATE_LIMITED',
  'LEDGER_BUSY',
  'LEDGER_FAILED',
  'INTERNAL',
] as const satisfies readonly ErrorCode[]

/** Ids of the examples. */
export const EXAMPLE = {
  pipeline: 'toast',
  window: '2026-10-29',
  shard: '185001',
  stream: 'order_details',
  model: 'daily_sales',
  run: '0193a1f0-0000-7000-8000-000000000001',
  backfill: '0193a1f0-0000-7000-8000-000000000002',
  incident: '0193a1f0-0000-7000-8000-000000000003',
  token: '0193a1f0-0000-7000-8000-000000000004',
  version: '9c1f00000000',
  other: 'e77a00000000',
} as const
