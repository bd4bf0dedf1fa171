import type { BigQuery } from '@google-cloud/bigquery'
import { withRetry } from '../../lib/retry.ts'
import type { Clock, Log } from '../../pipeline/ports.ts'
import { warehouseError } from './errors.ts'

/** Client, settings and clock of every call. */
export interface Context {
  readonly client: BigQuery
  readonly project: string
  readonly location: string
  readonly clock: Clock
  readonly log: Log
  /** From 0 to 1. */
  readonly random: () => number
  /** Tries of one request in all. */
  readonly attempts: number
  /** Milliseconds without an answer after which a request is given up. */
  readonly requestTimeout: number
}

/**
 * Makes a request, again after a pause when BigQuery itself failed. The request must be safe to repeat. An answer that
 * `expected` knows becomes its value. Else errors come out as `warehouseError` makes them.
 * @throws {DaybreakError}
 */
export function call<Result>(
  { clock, log, random, attempts, requestTimeout }: Context,
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  return withRetry(() => withTimeout(work, requestTimeout).catch(throwAs(what)), {
    attempts,
    random,
    sleep: (milliseconds) => clock.sleep(milliseconds),
    firstPause: 1_000,
    isWorthRetrying: ({ code }) => code === 'WAREHOUSE_FAILED',
    onRetry: ({ code, message }, attempt) =>
      log({ severity: 'WARNING', code, message: `${message}; attempt ${attempt + 1} of ${attempts} follows` }),
  })
}

function throwAs(what: string): (error: unknown) => never {
  return (error) => {
    throw warehouseError(error, what)
  }
}

/** The client has a timeout that it does not keep, so a server that goes silent would be waited for without end. */
async function withTimeout<Result>(work: () => Promise<Result>, milliseconds: number): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds)
  try {
    return await Promise.race([work(), promise])
  } finally {
    clearTimeout(timer)
  }
}
