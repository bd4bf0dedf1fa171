import type { Context } from './context.ts'

/** Who runs the command, for the audit. */
export function actorOf({ env }: Pick<Context, 'env'>): string {
  return env.USER ?? env.USERNAME ?? 'unknown'
}
