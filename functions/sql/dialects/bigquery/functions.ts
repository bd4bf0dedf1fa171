import type { ExpressionSql } from '../../dialect.ts'

/**
 * Letters whose case is more than one letter, depends on their neighbours, or is younger than DuckDB's tables: ß, İ, Σ, ŉ,
 * ligatures, Greek with iota below, and some rare scripts. Found by asking both for every code point.
 */
export const UNALIKE =
  '\\x{df}\\x{130}\\x{149}\\x{1f0}\\x{390}\\x{3a3}\\x{3b0}\\x{587}\\x{1e96}-\\x{1e9a}\\x{1f50}-\\x{1f56}\\x{1f80}-\\x{1ffc}' +
  '\\x{2c2f}\\x{2c5f}\\x{a7c0}-\\x{a7f6}\\x{fb00}-\\x{fb17}\\x{10570}-\\x{105bc}'

/** BigQuery would answer otherwise than DuckDB for a few letters, so a text that has one fails the query instead. */
function cased(name: 'LOWER' | 'UPPER'): (text: string) => string {
  const problem = `${name.toLowerCase()}() of a letter whose case is not the same in every warehouse`
  return (a) => `IF(REGEXP_CONTAINS(${a}, r'[${UNALIKE}]'), ERROR('${problem}'), ${name}(${a}))`
}

const elapsed = (microseconds: number) => (a: string, b: string) =>
  `DIV(DATETIME_DIFF(${b}, ${a}, MICROSECOND), ${microseconds})`

/** The functions of the expression language. */
export const FUNCTIONS: ExpressionSql['functions'] = {
  lower: cased('LOWER'),
  upper: cased('UPPER'),
  trim: (a) => `TRIM(${a}, ' ')`,
  length: (a) => `CHAR_LENGTH(${a})`,
  starts_with: (a, b) => `STARTS_WITH(${a}, ${b})`,
  ends_with: (a, b) => `ENDS_WITH(${a}, ${b})`,
  contains: (a, b) => `(STRPOS(${a}, ${b}) > 0)`,
  hour: (a) => `EXTRACT(HOUR FROM ${a})`,
  datetime: (a, b) => `DATETIME(${a}, ${b})`,
  add_days: (a, b) => `SAFE.DATE_ADD(${a}, INTERVAL ${b} DAY)`,
  days_between: (a, b) => `DATE_DIFF(${b}, ${a}, DAY)`,
  minutes_between: elapsed(60_000_000),
  seconds_between: elapsed(1_000_000),
}
