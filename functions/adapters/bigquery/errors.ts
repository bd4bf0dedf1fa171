import { z } from 'zod'
import { DaybreakError } from '../../errors.ts'

/** Common fields of the client's errors. */
export interface Problem {
  /** HTTP status; null when no answer came. */
  readonly status: number | null
  /** BigQuery's word for it, e.g. `quotaExceeded`; empty when there is none. */
  readonly reason: string
  readonly message: string
}

const Reasons = z.array(z.object({ reason: z.string().optional(), message: z.string().optional() })).min(1)
const LONGEST = 1_000

/** Reads an error of the client, of any shape. */
export function readProblem(error: unknown): Problem {
  const [first] = Reasons.safeParse(fieldOf(error, 'errors')).data ?? []
  const status = z.int().safeParse(fieldOf(error, 'code')).data ?? null
  const message = first?.message ?? (error instanceof Error ? error.message : String(error))
  return { status, reason: first?.reason ?? '', message: message.slice(0, LONGEST) }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

// https://cloud.google.com/bigquery/docs/error-messages
const PASSING =
  /^(backendError|internalError|jobBackendError|jobInternalError|rateLimitExceeded|userRateLimitExceeded|jobRateLimitExceeded|tableUnavailable|timeout)$/
const PASSING_STATUS: readonly number[] = [408, 429, 500, 502, 503, 504]

/** True when BigQuery, and not the request, is at fault: another try may succeed. */
export function isPassing({ status, reason, message }: Problem): boolean {
  if (isDenied({ status, reason, message })) return false
  if (status === null) return reason === '' || PASSING.test(reason)
  return PASSING_STATUS.includes(status) || PASSING.test(reason)
}

/** True when the day's share is used up: another try would only be refused again. */
export function isQuota({ reason }: Pick<Problem, 'reason'>): boolean {
  return reason === 'quotaExceeded'
}

/** True when the caller may not: neither now nor at another try. */
export function isDenied({ status, reason, message }: Problem): boolean {
  if (status === 401 || reason === 'accessDenied') return true
  return status === null && /could not load the default credentials|invalid_grant/i.test(message)
}

/** True for the answer that a table, or with `Dataset` a dataset, does not exist. */
export function isMissing({ status, reason, message }: Problem, what: 'Table' | 'Dataset' | 'Job' | 'URI'): boolean {
  return (status === 404 || reason === 'notFound') && message.startsWith(`Not found: ${what}`)
}

/** The error of something that was tried: WAREHOUSE_DENIED, WAREHOUSE_QUOTA, LOAD_REJECTED, else WAREHOUSE_FAILED. */
export function warehouseError(error: unknown, what: string): DaybreakError {
  if (error instanceof DaybreakError) return error
  // An answer of another form than BigQuery's is a defect here or there, and no try mends it.
  if (error instanceof z.ZodError)
    return new DaybreakError('INTERNAL', `BigQuery's answer was not understood (${what}): ${z.prettifyError(error)}`)
  const problem = readProblem(error)
  const message = `BigQuery could not ${what}: ${problem.message}`
  // Without the client's error as the cause: it carries the request, and with it the token.
  return new DaybreakError(codeOf(problem), message, { details: { status: problem.status, reason: problem.reason } })
}

function codeOf(problem: Problem): DaybreakError['code'] {
  if (isDenied(problem)) return 'WAREHOUSE_DENIED'
  if (isQuota(problem)) return 'WAREHOUSE_QUOTA'
  return isPassing(problem) ? 'WAREHOUSE_FAILED' : 'LOAD_REJECTED'
}
