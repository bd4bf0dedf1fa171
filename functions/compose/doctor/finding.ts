import { ERRORS, toDaybreakError } from '../../errors.ts'

/** Result of one check. */
export interface Finding {
  readonly check: string
  /** `off`: the check has nothing to look at, because it is not configured. That is no problem. */
  readonly state: 'pass' | 'warn' | 'fail' | 'off'
  readonly message: string
  /** Next action; empty when the check passed. */
  readonly remedy: string
}

/** A finding before its check has a name. */
export type Outcome = Omit<Finding, 'check'>

/** Checks by name. A check that throws has failed. */
export type Checks = Readonly<Record<string, () => Promise<Outcome>>>

/** Nothing to look at; the remedy says how to configure it. */
export const off = (message: string, remedy: string): Outcome => ({ state: 'off', message, remedy })
/** Nothing to do. */
export const pass = (message: string): Outcome => ({ state: 'pass', message, remedy: '' })
/** Works now, and may not for long. */
export const warn = (message: string, remedy: string): Outcome => ({ state: 'warn', message, remedy })
/** Does not work. */
export const fail = (message: string, remedy: string): Outcome => ({ state: 'fail', message, remedy })

/** The outcome of a check that threw: code, message and remedy of its error. */
export function failed(thrown: unknown): Outcome {
  const { code, message } = toDaybreakError(thrown)
  return fail(`[${code}] ${message}`, ERRORS[code].remedy)
}

/** Runs checks one after the other, in their order. */
export async function* runChecks(checks: Checks): AsyncGenerator<Finding> {
  for (const [check, run] of Object.entries(checks)) yield { check, ...(await run().catch(failed)) }
}
