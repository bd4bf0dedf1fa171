import type { KeyRange } from './ports.ts'

/** Pure: ranges of a whole number between limits, each value in exactly one of them. */
export function keyRanges(column: string, limits: readonly string[]): readonly KeyRange[] {
  if (limits.length === 0) return [WHOLE]
  return Array.from({ length: limits.length + 1 }, (_, at) => ({
    id: `k${String(at).padStart(4, '0')}`,
    column,
    from: limits[at - 1] ?? null,
    to: limits[at] ?? null,
  }))
}

/** The only shard of a window that is not cut. */
export const WHOLE: KeyRange = { id: 'all', column: null, from: null, to: null }
