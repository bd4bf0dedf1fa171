import { z } from 'zod'
import { DaybreakError } from '../errors.ts'
import type { Route } from './contract/route.ts'

/** Fault of a request at a place: a JSON pointer into the body, or a parameter. */
export interface Fault {
  readonly pointer: string
  readonly message: string
}

/** A request that does not fit its schema. Its faults go into the problem document. */
export class InvalidRequest extends DaybreakError {
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    super('REQUEST_INVALID', faults.map(({ pointer, message }) => `${pointer}: ${message}`).join('; '))
    this.faults = faults
  }
}

/** Values of the query. Names that the route does not know are refused, since a misspelt filter would match everything. */
export function parseQuery({ query = z.object({}) }: Route, parameters: URLSearchParams): unknown {
  const values = Object.fromEntries(
    [...new Set(parameters.keys())].map((name) => {
      const all = parameters.getAll(name)
      return [name, all.length === 1 ? all[0] : all]
    }),
  )
  const parsed = query.strict().safeParse(values)
  if (parsed.success) return parsed.data
  throw new InvalidRequest(
    parsed.error.issues.flatMap((issue) => faultsOf(issue, (path) => String(path[0] ?? 'query'))),
  )
}

/** Pure: the schema of a body, whose members are all named. */
export function strictBody(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodObject ? schema.strict() : schema
}

/** The body as its schema has it. Members that it does not know are refused; a request without a body has no members. */
export function parseBody(schema: z.ZodType, body: unknown): unknown {
  const parsed = strictBody(schema).safeParse(body === undefined ? {} : body)
  if (parsed.success) return parsed.data
  throw new InvalidRequest(parsed.error.issues.flatMap((issue) => faultsOf(issue, (path) => `/${path.join('/')}`)))
}

function faultsOf(issue: z.core.$ZodIssue, pointerOf: (path: readonly PropertyKey[]) => string): readonly Fault[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), message: 'is unknown' }))
  return [{ pointer: pointerOf(issue.path), message: issue.message }]
}
