import type { Column, UniqueCheck } from '../contract/contract.ts'
import type { RecordFault } from './reject-plan.ts'
import type { RowRule } from './rule.ts'

/** One thing that is wrong with a record. The texts are part of what rejects promise: every engine takes them from here. */
export interface Failure {
  readonly column: string | null
  readonly rule: string
  readonly message: string
}

/** Longest raw text that a reject carries, in characters; the rest is found by its byte range. */
export const LONGEST_RAW = 100_000
/** Longest value that a reject carries, in characters. */
export const LONGEST_VALUE = 2_000

/** A record that is no row at all. `found` is the number of its fields, which only `field_count` tells. */
export function faultFailure(
  fault: RecordFault,
  { width, found }: { readonly width: number; readonly found: number | string },
): Failure {
  const messages: Record<RecordFault, string> = {
    field_count: `expected ${width} fields, found ${found}`,
    quotes: 'a quote is opened or closed in the middle of a field',
    encoding: 'it holds bytes that are no characters in the encoding of the file',
    nul: 'it holds NUL bytes',
    too_long: 'it is longer than any record should be',
  }
  return { column: null, rule: fault, message: messages[fault] }
}

/** A required value that is not there. */
export function emptyFailure({ name }: Column): Failure {
  return { column: name, rule: 'required', message: `${name} is empty, but required` }
}

/** A value that is none of its column's type. */
export function typeFailure(column: Column): Failure {
  return { column: column.name, rule: column.type, message: `expected ${expected(column)}` }
}

/** A row that breaks a check of single rows. */
export function checkFailure({ check, columns }: Pick<RowRule & { kind: 'check' }, 'check' | 'columns'>): Failure {
  const [only, ...others] = columns
  const tolerance = check.within > 0 ? ` (within ${check.within})` : ''
  return {
    column: others.length === 0 && only ? only : null,
    rule: check.name,
    message: `expected ${check.that}${tolerance}`,
  }
}

/** A row whose key an earlier one has. */
export function uniqueFailure({ name, unique }: UniqueCheck): Failure {
  return { column: unique[0] ?? null, rule: name, message: `an earlier row has the same ${unique.join(' + ')}` }
}

function expected({ type, format, scale }: Column): string {
  const formats = typeof format === 'string' ? [format] : format
  if (formats) return `a ${type} as ${formats.map((each) => `\`${each}\``).join(' or ')}`
  if (type === 'numeric') return `a number with at most ${scale} decimal places`
  if (type === 'int64') return 'a whole number'
  if (type === 'bool') return 'true or false'
  return `a ${type}`
}
