import type { Refusal } from '../../value.ts'

/** A condition under which a value is one that the destination does not have; never NULL. `value` is SQL of the type of the column. */
export function refusalSql(refusal: Refusal, value: string): string {
  switch (refusal) {
    case 'infinite':
      return `coalesce(isinf(${value}), false)`
    case 'not a number':
      return `coalesce(isnan(${value}), false)`
    case 'years':
      return `coalesce(NOT isfinite(${value}) OR year(${value}) NOT BETWEEN 1 AND 9999, false)`
    case 'nul':
      return `coalesce(contains(${value}, chr(0)), false)`
  }
}

/** The value that was expected, in words. */
export const EXPECTED: Readonly<Record<Refusal, string>> = {
  infinite: 'a finite number',
  'not a number': 'a number',
  years: 'a year from 1 to 9999',
  nul: 'a text without NUL',
}
