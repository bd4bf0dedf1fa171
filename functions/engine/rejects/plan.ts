/** Why a record is no row at all, before any column is looked at. */
export type RecordFault = 'field_count' | 'quotes' | 'encoding' | 'nul' | 'too_long' | 'swallowed_lines'

/** A rejected record: its number in the file, the header being 0, and what is wrong with it. */
export interface RejectedRecord {
  readonly record: number
  readonly cause: RecordFault | BrokenRules
}

/** Positions of the broken rules, as the engine names them: `0,17`. */
type BrokenRules = { readonly rules: string }

/** DuckDB's names for what it cannot read. */
const FAULTS: Readonly<Record<string, RecordFault>> = {
  'MISSING COLUMNS': 'field_count',
  'TOO MANY COLUMNS': 'field_count',
  'UNQUOTED VALUE': 'quotes',
  'LINE SIZE OVER MAXIMUM': 'too_long',
  'INVALID ENCODING': 'encoding',
  'INVALID UNICODE': 'encoding',
}

/** The fault behind an error type of DuckDB's table of rejects; null for one that this file does not know. */
export function faultOf(errorType: string): RecordFault | null {
  return FAULTS[errorType] ?? null
}

/**
 * Joins what DuckDB could not read with the rows that broke a rule. DuckDB numbers only the rows it could read, so every
 * unreadable record before a row shifts it by one. Both lists ascend; so does the result.
 */
export function joinRejected(
  first: number,
  unreadable: readonly RejectedRecord[],
  broken: readonly { readonly row: number; readonly rules: string }[],
): readonly RejectedRecord[] {
  const joined: RejectedRecord[] = []
  let skipped = 0
  for (const { row, rules } of broken) {
    for (let next = unreadable[skipped]; next && next.record <= first + row - 1 + skipped; next = unreadable[skipped]) {
      joined.push(next)
      skipped++
    }
    joined.push({ record: first + row - 1 + skipped, cause: { rules } })
  }
  return [...joined, ...unreadable.slice(skipped)]
}
