import type { Args } from './args.ts'
import { readCount } from './values.ts'

const SHOWN = 50

/** Flag of a command that lists many things. */
export const LIMIT_ARG = {
  limit: {
    type: 'string',
    default: String(SHOWN),
    valueHint: 'N',
    description: 'Most rows of a table, which says how many there are. Other formats have all.',
  },
} as const satisfies Args

/** Rows that a table shows. @throws {DaybreakError} USAGE_INVALID. */
export function readLimit({ limit }: { readonly limit: string }): number {
  return readCount('--limit', limit, { min: 1, max: 1_000_000 })
}
