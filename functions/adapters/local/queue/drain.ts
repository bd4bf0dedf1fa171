import type { DaybreakError } from '../../../errors.ts'
import type { Instant, Message } from '../../../pipeline/entities.ts'
import type { Backlog, Entry } from './backlog.ts'
import type { Bell } from './bell.ts'
import { deliver, type MessageHandler, type Redelivery } from './delivery.ts'

/** When a drain ends, and where dead letters go. */
export interface DrainOptions {
  readonly signal?: AbortSignal
  /** Does not wait for messages that are due after this instant. */
  readonly until?: Instant
  /** Waits for new messages instead of ending, until the signal aborts. */
  readonly keepOpen?: boolean
  /** Takes a message that failed too often. If it throws, the message is kept and delivered again. */
  readonly onDeadLetter?: (message: Message, error: DaybreakError) => Promise<void>
}

/** How many messages... */
export interface DrainResult {
  /** ...were handled, */
  readonly done: number
  /** ...came back from a failed delivery, */
  readonly failed: number
  /** ...failed too often, */
  readonly dead: number
  /** ...still wait. */
  readonly left: number
}

interface Drain extends Redelivery, DrainOptions {
  readonly backlog: Backlog
  readonly bell: Bell
  readonly handler: MessageHandler
  readonly concurrency: number
}

/**
 * Delivers what is in the backlog, several messages at a time, until nothing is left or the signal aborts.
 * @throws {DaybreakError} as `deliver`, after the deliveries that were under way.
 */
export async function drain(options: Drain): Promise<DrainResult> {
  const { backlog, bell, clock, concurrency, keepOpen = false, signal = new AbortController().signal } = options
  const lanes = new Set<Promise<void>>()
  const result = { done: 0, failed: 0, dead: 0 }
  const failures: unknown[] = []

  const run = async (entry: Entry) => {
    const { again, counts } = await deliver(entry, { ...options, signal })
    backlog.end(entry, again)
    for (const count of counts) result[count]++
  }
  const fillLanes = () => {
    while (lanes.size < concurrency) {
      const entry = backlog.take(clock.now())
      if (entry === null) return
      const lane = run(entry)
        .catch((error: unknown) => void failures.push(error))
        .finally(() => {
          lanes.delete(lane)
          bell.ring()
        })
      lanes.add(lane)
    }
  }

  signal.addEventListener('abort', bell.ring)
  while (!signal.aborted && failures.length === 0) {
    fillLanes()
    // On a virtual clock, sleeping during work would let hours pass within one delivery.
    const onlyForWork = lanes.size === concurrency || (lanes.size > 0 && clock.virtual === true)
    const next = onlyForWork ? null : nextDelivery(options)
    if (lanes.size === 0 && next === null && !keepOpen) break
    await bell.wait(next === null ? null : next - clock.now())
  }
  signal.removeEventListener('abort', bell.ring)
  await Promise.all(lanes)
  if (failures.length > 0) throw failures[0]
  return { ...result, left: backlog.size() }
}

function nextDelivery({ backlog, clock, until = Number.POSITIVE_INFINITY }: Drain): Instant | null {
  const next = backlog.nextAt(clock.now())
  return next !== null && next <= until ? next : null
}
