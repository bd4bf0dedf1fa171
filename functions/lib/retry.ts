import { handleWhen, retry } from 'cockatiel'
import { DaybreakError } from '../errors.ts'

/** Number of tries, and the pauses between them. */
export interface RetryOptions {
  /** Tries in all, the first included. */
  readonly attempts: number
  /** Waits; resolves early when the signal aborts. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>
  /** From 0 to 1, so that many workers do not come back at the same moment. */
  readonly random: () => number
  readonly signal?: AbortSignal | undefined
  /** Milliseconds before the second try; each further pause is twice as long, up to half a minute. */
  readonly firstPause?: number
  /** Which failures another try may mend. Default: those whose code says so. */
  readonly isWorthRetrying?: (error: DaybreakError) => boolean
  /** Told before each pause. */
  readonly onRetry?: (error: DaybreakError, attempt: number) => void
}

const MAX_PAUSE = 30_000

/**
 * Runs the work until it succeeds, fails for good, or was tried often enough; then the last failure is thrown.
 * Anything that is not a `DaybreakError` is a defect and never tried again.
 * @throws {DaybreakError} CANCELLED when the signal aborts between two tries.
 */
export function withRetry<Result>(work: (attempt: number) => Promise<Result>, options: RetryOptions): Promise<Result> {
  const { attempts, sleep, random, signal, firstPause = 500, onRetry } = options
  const isWorthRetrying = options.isWorthRetrying ?? (({ retryable }: DaybreakError) => retryable)
  const policy = retry(
    handleWhen((error) => error instanceof DaybreakError && isWorthRetrying(error)),
    { maxAttempts: attempts - 1 },
  )
  policy.onRetry((failed) => {
    if ('error' in failed && failed.error instanceof DaybreakError) onRetry?.(failed.error, failed.attempt)
  })
  return policy.execute(async ({ attempt }) => {
    // Cockatiel's own pause is a timer that no signal ends and no test clock knows, so it pauses for nothing and we do here.
    if (attempt > 0) await sleep(pauseBefore(attempt, { firstPause, random }), signal)
    if (signal?.aborted) throw new DaybreakError('CANCELLED', `cancelled before attempt ${attempt + 1} of ${attempts}`)
    return await work(attempt + 1)
  })
}

/** Half of the pause is certain, half is drawn. */
function pauseBefore(retries: number, { firstPause, random }: { firstPause: number; random: () => number }): number {
  const longest = Math.min(MAX_PAUSE, firstPause * 2 ** (retries - 1))
  return Math.round(longest * (0.5 + random() / 2))
}
