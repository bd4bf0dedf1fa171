import { DaybreakError } from '../../errors.ts'
import { withRetry } from '../../lib/retry.ts'
import type { Clock, Log } from '../../pipeline/ports.ts'
import { storageError } from './errors.ts'

/** Settings of every call. */
export interface CallSettings {
  readonly clock: Clock
  readonly log: Log
  /** From 0 to 1. */
  readonly random: () => number
  /** Tries in all. */
  readonly attempts: number
  /** Milliseconds after which no further try begins. */
  readonly deadline: number
  /**
   * Milliseconds without a byte after which a request is given up. The client hands its own timeout to `node-fetch` 3, which
   * has none, so a silent server would be waited for without end.
   */
  readonly inactivityTimeout: number
}

/** The attempt, for messages: `write the object raw/a`. */
interface Purpose {
  readonly what: string
  readonly bucket: string
  readonly signal?: AbortSignal | undefined
}

/** A try's own: how it shows that it moves, and when to stop. */
export interface Attempt {
  readonly attempt: number
  readonly moved: () => void
  /** Aborts when the request stands still, or the caller leaves. */
  readonly signal: AbortSignal
}

/**
 * Runs a request until it succeeds, cannot succeed, or time is up. Errors come out as `storageError` makes them.
 * @throws {DaybreakError}
 */
export function call<Result>(
  work: (attempt: Attempt) => Promise<Result>,
  purpose: Purpose,
  settings: CallSettings,
): Promise<Result> {
  const { clock, log, random, attempts, deadline } = settings
  const end = clock.now() + deadline
  return withRetry((attempt) => watched(work, { attempt, purpose, settings }), {
    attempts,
    random,
    sleep: clock.sleep,
    signal: purpose.signal,
    isWorthRetrying: ({ retryable }) => retryable && clock.now() < end,
    onRetry: ({ code, message }, tries) =>
      log({ severity: 'WARNING', code, message: `${message}; attempt ${tries + 1} of ${attempts} follows` }),
  })
}

interface Watched {
  readonly attempt: number
  readonly purpose: Purpose
  readonly settings: CallSettings
}

/**
 * One try. The client hands its timeout to a `fetch` that has none, so a server that goes silent would be waited for
 * without end; what the client cannot abort is left behind.
 */
async function watched<Result>(
  work: (attempt: Attempt) => Promise<Result>,
  { attempt, purpose, settings: { inactivityTimeout } }: Watched,
): Promise<Result> {
  const abort = new AbortController()
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  const stop = (error: DaybreakError) => {
    reject(error)
    abort.abort(error)
  }
  const still = new DaybreakError(
    'STORAGE_FAILED',
    `cannot ${purpose.what} in bucket ${purpose.bucket}: nothing moved for ${inactivityTimeout} ms`,
  )
  const timer = setTimeout(() => stop(still), inactivityTimeout)
  const leave = () => stop(new DaybreakError('CANCELLED', `cancelled while trying to ${purpose.what}`))
  purpose.signal?.addEventListener('abort', leave, { once: true })
  try {
    const working = work({ attempt, moved: () => void timer.refresh(), signal: abort.signal })
    return await Promise.race([working, stopped])
  } catch (error) {
    throw storageError(abort.signal.aborted ? abort.signal.reason : error, purpose)
  } finally {
    clearTimeout(timer)
    purpose.signal?.removeEventListener('abort', leave)
  }
}
