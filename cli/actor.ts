import type { Context } from './context.ts'

/** Name of the user that runs the command, for the audit. */
export function actorOf({ env }: Pick<Context, 'env'>): string {
  return env.USER ?? env.USERNAME ?? 'unknown'
}
