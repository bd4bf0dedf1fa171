import { type DaybreakError, type ErrorCode, isDamagedRow, toDaybreakError } from '../../../errors.ts'
import { backoffAfter } from '../../../lib/backoff.ts'
import type { Message } from '../../../pipeline/entities.ts'
import type { Clock, Log } from '../../../pipeline/ports.ts'
import type { Entry } from './backlog.ts'

/** Facts that come with a message. */
export interface Delivery {
  /** Which attempt it is, from 1. */
  readonly attempt: number
  /** Aborts when the queue is to stop. What is thrown after that counts as no attempt. */
  readonly signal: AbortSignal
}

/** Handles a message. Throwing means: deliver it again. */
export type MessageHandler = (message: Message, delivery: Delivery) => Promise<void>

/** How often, and how soon, a message is delivered again. */
export interface Redelivery {
  readonly clock: Clock
  readonly log: Log
  /** A number from 0 to below 1, for the jitter of the backoff. */
  readonly random: () => number
  /** Failed deliveries after which a message is dead. */
  readonly maxAttempts: number
  /** Milliseconds. */
  readonly minBackoff: number
  readonly maxBackoff: number
}

/** Handler, signal and dead letters of a delivery. */
interface DeliveryContext extends Redelivery {
  readonly handler: MessageHandler
  readonly signal: AbortSignal
  /** Takes a message that failed too often. If it throws, the message is kept and delivered again. */
  readonly onDeadLetter?: (message: Message, error: DaybreakError) => Promise<void>
}

/** Outcome of an entry. */
export interface Outcome {
  /** Its next delivery; null when there is none. */
  readonly again: Entry | null
  readonly counts: readonly ('done' | 'failed' | 'dead')[]
}

// A handler records what it cannot do. One of these means that it could not record it either, and would not next time.
const ENDS_ALL: readonly ErrorCode[] = ['STORAGE_FULL', 'STORAGE_DENIED', 'LEDGER_DAMAGED']

/** True for a failure that the next message meets as well. A damaged row of the ledger stops only the work that reads it. */
function endsAll(failure: DaybreakError): boolean {
  return ENDS_ALL.includes(failure.code) && !isDamagedRow(failure)
}

/**
 * Delivers one message, and decides what becomes of it.
 * @throws {DaybreakError} STORAGE_FULL, STORAGE_DENIED, LEDGER_DAMAGED when nothing can be recorded any more.
 */
export async function deliver(entry: Entry, context: DeliveryContext): Promise<Outcome> {
  const { handler, signal } = context
  try {
    await handler(entry.message, { attempt: entry.failures + 1, signal })
    return { again: null, counts: ['done'] }
  } catch (error) {
    if (signal.aborted) return { again: entry, counts: [] }
    const failure = toDaybreakError(error)
    if (endsAll(failure)) throw failure
    return await redeliver(entry, failure, context)
  }
}

async function redeliver(entry: Entry, error: DaybreakError, context: DeliveryContext): Promise<Outcome> {
  const { clock, log, maxAttempts, minBackoff, maxBackoff, random } = context
  const failures = entry.failures + 1
  const pause = backoffAfter(failures, { min: minBackoff, max: maxBackoff, random })
  const again = { ...entry, failures, dueAt: clock.now() + pause }
  // A damaged row stays as it is, so another delivery would meet it as well.
  if (failures >= maxAttempts || isDamagedRow(error)) {
    const lost = await bury(entry, error, context)
    if (lost === null) return { again: null, counts: ['failed', 'dead'] }
    // The row of the message itself may be the damaged one. It stays pending in the ledger, until a person mends it.
    if (isDamagedRow(lost) && failures >= maxAttempts) return { again: null, counts: ['failed'] }
    return { again, counts: ['failed'] }
  }
  const fate = `delivery ${failures} of ${maxAttempts} failed, the next is in ${(pause / 1000).toFixed(1)} s`
  tell(entry, { error, fate }, { log })
  return { again, counts: ['failed'] }
}

/** Null when the message is a dead letter now, else why that could not be recorded. */
async function bury(entry: Entry, error: DaybreakError, context: DeliveryContext): Promise<DaybreakError | null> {
  try {
    await context.onDeadLetter?.(entry.message, error)
    return null
  } catch (thrown) {
    const failure = toDaybreakError(thrown)
    tell(entry, { error: failure, fate: 'the end of the message could not be recorded' }, context)
    return failure
  }
}

function tell(
  { message }: Entry,
  { error, fate }: { error: DaybreakError; fate: string },
  { log }: Pick<Redelivery, 'log'>,
): void {
  const { id, runId, work } = message
  log({
    severity: 'WARNING',
    message: `Message ${id} (${work.kind}): ${fate}: ${error.message}`,
    code: error.code,
    ...(runId !== null && { runId }),
    pipeline: work.pipeline,
  })
}
