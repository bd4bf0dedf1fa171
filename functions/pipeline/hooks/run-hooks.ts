import { type Hook, type Moment, type PlacedHook, policyOf } from '../../config/hooks-config.ts'
import { DaybreakError, toDaybreakError } from '../../errors.ts'
import { backoffAfter } from '../../lib/backoff.ts'
import type { Reason } from '../entities.ts'
import type { Clock, Log } from '../ports.ts'
import type { HookCaller, HookEvent } from './ports.ts'

/** Subject of the hooks of a moment. */
export interface HookSubject {
  readonly event: Omit<HookEvent, 'v' | 'hook' | 'attempt'>
  /** Begins the keys of the calls. */
  readonly key: string
  readonly isBackfill: boolean
}

/** Ports of hooks. */
export interface HookPorts {
  readonly caller: HookCaller
  readonly clock: Clock
  readonly log: Log
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs the hooks of a moment in their order. Gives the reason for which a window is held back, null for none.
 * @throws {DaybreakError} of the first hook that fails and says `fail`.
 */
export async function runHooks(
  moment: Moment,
  hooks: readonly PlacedHook[],
  subject: HookSubject,
  ports: HookPorts,
): Promise<Reason | null> {
  for (const placed of hooks.filter(({ hook }) => isDue(hook, subject))) {
    const failure = await runHook(placed, subject, ports)
    const reason = failure && judge(failure, moment, placed, ports)
    if (reason) return reason
  }
  return null
}

const isDue = (hook: Hook, { isBackfill }: Pick<HookSubject, 'isBackfill'>): boolean => hook.backfill || !isBackfill

/** A failure by the policy of its hook: thrown, told, or the reason to hold the window back. */
function judge(failure: DaybreakError, moment: Moment, { hook, name }: PlacedHook, { log }: HookPorts): Reason | null {
  const policy = policyOf(hook, moment)
  if (policy === 'quarantine') return { code: failure.code, message: failure.message }
  if (policy !== 'warn') throw failure
  tellFailure(name, failure, log)
  return null
}

/** Tells of a failure that changes nothing. */
export function tellFailure(name: string, { code, message }: DaybreakError, log: Log): void {
  log({ severity: 'WARNING', message: `Hook ${name} failed, and the work goes on: ${message}`, code })
}

async function runHook(
  { hook, name }: PlacedHook,
  { event, key }: HookSubject,
  ports: HookPorts,
): Promise<DaybreakError | null> {
  const { clock, log, caller, signal } = ports
  const retries = 'retries' in hook ? hook.retries : 0
  const started = clock.now()
  for (let attempt = 1; ; attempt++) {
    try {
      await caller.call({ hook, key: `${key}/${name}`, event: { v: 1, hook: name, ...event, attempt } }, signal)
      log({ severity: 'INFO', message: `Hook ${name} is done`, milliseconds: clock.now() - started })
      return null
    } catch (error) {
      const failure = hookFailure(error)
      if (failure.details['again'] !== true || attempt > retries) return failure
      await clock.sleep(backoffAfter(attempt, PAUSES), signal)
    }
  }
}

const PAUSES = { min: 1_000, max: 60_000, random: () => 0 }

/** A failure of a hook. A defect of ours, and the end of the process, are thrown on. */
export function hookFailure(error: unknown): DaybreakError {
  const failure = toDaybreakError(error)
  if (failure.code === 'CANCELLED' || failure.code === 'INTERNAL') throw failure
  return isOfHook(failure)
    ? failure
    : new DaybreakError('HOOK_FAILED', failure.message, { cause: failure, details: { again: failure.retryable } })
}

const CODES: readonly string[] = ['HOOK_FAILED', 'HOOK_PROTOCOL', 'HOOK_REFUSED']

/** True for a failure of a hook itself. */
export function isOfHook({ code }: Pick<DaybreakError, 'code'>): boolean {
  return CODES.includes(code)
}
