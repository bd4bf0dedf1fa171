import { DaybreakError } from '../errors.ts'

/** Kinds of requests that are counted apart. */
export type LimitKind = 'read' | 'write' | 'preview' | 'test'

/** Requests per second on average, and at once. */
interface Limit {
  readonly perSecond: number
  readonly burst: number
}

/** Requests that a principal may send. */
export type LimitTable = Readonly<Record<LimitKind, Limit>>

/** Limits of a principal: 20 reads and 2 writes a second, 10 previews a minute, 5 test messages an hour. */
export const LIMITS: LimitTable = {
  read: { perSecond: 20, burst: 60 },
  write: { perSecond: 2, burst: 20 },
  preview: { perSecond: 10 / 60, burst: 10 },
  test: { perSecond: 5 / 3600, burst: 5 },
}

/** Counts requests by principal. */
export interface Limits {
  /** Takes one request. @throws {DaybreakError} RATE_LIMITED, with the seconds to wait as `retryAfter` of its details. */
  take(principal: string, kind: LimitKind): void
  /**
   * Counts an answer that stays open, until the function that it returns is called.
   * @throws {DaybreakError} RATE_LIMITED when the principal has ten of them.
   */
  open(principal: string): () => void
}

const MOST_OPEN = 10
// More principals than a company has people; the least recent go first.
const MOST = 10_000

/** A bucket of requests per principal and kind, which fills with time. */
export function createLimits(table: LimitTable, now: () => number): Limits {
  const buckets = new Map<string, { readonly left: number; readonly at: number }>()
  const openAnswers = new Map<string, Set<symbol>>()
  return {
    take(principal, kind) {
      const { perSecond, burst } = table[kind]
      const key = `${kind} ${principal}`
      const { left, at } = buckets.get(key) ?? { left: burst, at: now() }
      const filled = Math.min(burst, left + (Math.max(0, now() - at) / 1000) * perSecond)
      buckets.delete(key)
      buckets.set(key, { left: filled < 1 ? filled : filled - 1, at: now() })
      for (const oldest of buckets.keys()) if (buckets.size > MOST) buckets.delete(oldest)
      if (filled >= 1) return
      const retryAfter = Math.ceil((1 - filled) / perSecond)
      const message = `${principal} sends more ${kind} requests than ${burst} at once`
      throw new DaybreakError('RATE_LIMITED', message, { details: { retryAfter } })
    },
    open(principal) {
      const own = openAnswers.get(principal) ?? new Set<symbol>()
      if (own.size >= MOST_OPEN)
        throw new DaybreakError('RATE_LIMITED', `${principal} has ${own.size} open answers, the most there may be`)
      const answer = Symbol()
      openAnswers.set(principal, own.add(answer))
      return () => {
        own.delete(answer)
        if (own.size === 0) openAnswers.delete(principal)
      }
    },
  }
}
