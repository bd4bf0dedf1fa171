import type { Ports } from '../functions/pipeline/ports.ts'
import { actorOf } from './actor.ts'
import type { Args } from './args.ts'
import type { Call } from './command.ts'

const DEFAULT = 'asked for on the command line'

/** Flag of commands whose reason goes into the audit. */
export const REASON_ARG = {
  reason: {
    type: 'string',
    default: DEFAULT,
    valueHint: 'TEXT',
    description: 'Why, in a sentence; it goes into the audit.',
  },
} as const satisfies Args

/** True for a reason that a person wrote. */
export function isGiven(reason: string): boolean {
  return reason !== DEFAULT
}

/** Records in the audit who asked for something, and why, under the name that the API records for the same. */
export async function recordReason(
  entry: { readonly action: 'run.create' | 'rejects.replay' | 'backfill.create'; readonly subject: string },
  { args, context }: Pick<Call<{ readonly reason: string }>, 'args' | 'context'>,
  { ledger, clock }: Pick<Ports, 'ledger' | 'clock'>,
): Promise<void> {
  const { reason: details } = args
  await ledger.apply([{ change: 'audit', entry: { at: clock.now(), actor: actorOf(context), ...entry, details } }])
}
