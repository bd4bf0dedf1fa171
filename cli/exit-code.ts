import { ERRORS, type ErrorCode, type ErrorKind } from '../functions/errors.ts'
import type { BackfillState, RunState } from '../functions/pipeline/entities.ts'

/** Exit codes of the command line by what went wrong. */
const EXIT_CODES = {
  machinery: 1,
  usage: 2,
  data: 3,
  drift: 4,
  incomplete: 5,
} as const satisfies Record<ErrorKind, number>

/** How a command, a run or a backfill ended, and why. */
export interface Outcome {
  readonly state: RunState | BackfillState
  readonly reason: { readonly code: ErrorCode } | null
}

/**
 * The exit code of an outcome, for every command: 0 when the whole scope is published and agrees; what failed by
 * its kind; 3, 4 or 5 for a part of it that is held, disputed, drifted, late or missing; 5 for work that is not over.
 */
export function exitCodeOf({ state, reason }: Outcome): number {
  if (state === 'succeeded' || state === 'skipped') return 0
  const code = reason === null ? null : EXIT_CODES[ERRORS[reason.code].kind]
  if (state === 'failed' || state === 'cancelled' || state === 'timed_out') return code ?? EXIT_CODES.machinery
  return code === EXIT_CODES.data || code === EXIT_CODES.drift ? code : EXIT_CODES.incomplete
}
