import type { Args } from './args.ts'

/** Flag of commands whose reason goes into the audit. */
export const REASON_ARG = {
  reason: {
    type: 'string',
    default: 'asked for on the command line',
    valueHint: 'TEXT',
    description: 'Why, in a sentence; it goes into the audit.',
  },
} as const satisfies Args
