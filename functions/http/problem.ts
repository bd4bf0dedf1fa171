import { STATUS_CODES } from 'node:http'
import type { Response } from '@google-cloud/functions-framework'
import { DaybreakError, ERRORS, type ErrorCode, toDaybreakError } from '../errors.ts'

/**
 * Come again: nothing here is broken, and the message waits for a job, another worker, a quota or the restaurant's server.
 * Pub/Sub sends it again as after any status outside of 2xx; a release and its alerts take only 5xx for a failure.
 */
export const COME_AGAIN = 429

/** Status of a request whose address and headers are too large: the server refuses it before it knows the path. */
export const HEAD_TOO_LARGE = 431

const STATUS: Partial<Record<ErrorCode, number>> = {
  CANCELLED: COME_AGAIN,
  FILE_CHANGED: COME_AGAIN,
  LEDGER_CONFLICT: COME_AGAIN,
  SOURCE_CIRCUIT_OPEN: COME_AGAIN,
  SOURCE_LISTING_FAILED: COME_AGAIN,
  SOURCE_READ_FAILED: COME_AGAIN,
  SOURCE_UNREACHABLE: COME_AGAIN,
  WAREHOUSE_BUSY: COME_AGAIN,
  WAREHOUSE_QUOTA: COME_AGAIN,
  USAGE_INVALID: 400,
  REQUEST_INVALID: 400,
  MESSAGE_INVALID: 400,
  LOCATION_UNKNOWN: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  REQUEST_FOREIGN: 403,
  NOT_FOUND: 404,
  STATE_CONFLICT: 409,
  COST_LIMIT: 409,
  REQUEST_TOO_LARGE: 413,
  QUERY_LIMIT: 400,
  PRECONDITION_FAILED: 412,
  KEY_REUSED: 422,
  PRECONDITION_REQUIRED: 428,
  RATE_LIMITED: COME_AGAIN,
  INTERNAL: 500,
}

/** A problem document of RFC 9457, with our code and what to do. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode
  readonly remedy: string
  /** Where a person signs in, if this server has sign-ins. */
  readonly signIn?: string
}

/** The status that tells a caller what to do about an error: mend the request, or come again. */
export function statusOf({ code }: DaybreakError): number {
  return statusOfCode(code)
}

/** Pure: the status of an error code. */
export function statusOfCode(code: ErrorCode): number {
  return STATUS[code] ?? (ERRORS[code].retryable ? 503 : 500)
}

/** An error as people and programs get it. A defect says only that it is one: its message may hold anything. */
export function toProblem(thrown: unknown, status?: number): Problem {
  const error = toDaybreakError(thrown)
  const { meaning, remedy } = ERRORS[error.code]
  const { signIn } = error.details
  return {
    type: `urn:daybreak:error:${error.code}`,
    title: meaning,
    status: status ?? statusOf(error),
    detail: error.code === 'INTERNAL' ? 'The log has the details.' : error.message,
    code: error.code,
    remedy,
    ...(typeof signIn === 'string' && { signIn }),
  }
}

/** Answers with a problem, unless the request is answered already. */
export function sendProblem(response: Response, thrown: unknown, status?: number): void {
  if (response.headersSent) return
  const problem = toProblem(thrown, status)
  if (problem.status === 401) response.setHeader('WWW-Authenticate', 'Bearer')
  if (problem.status === 503 || problem.status === COME_AGAIN) response.setHeader('Retry-After', '10')
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem))
}

/** A problem as a whole HTTP message, for a socket that no response was made for. The connection ends with it. */
export function problemMessage(problem: Problem): string {
  const body = JSON.stringify(problem)
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

/** An error about a request. */
export function invalid(message: string): DaybreakError {
  return new DaybreakError('REQUEST_INVALID', message)
}
