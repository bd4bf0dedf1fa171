import type { Dialect } from '../../sql/quote.ts'
import type { ColumnType } from '../contract.ts'
import { tried } from './value.ts'

/** A function of the expression language whose types are fixed. */
export interface FunctionEntry {
  readonly parameters: readonly (readonly [name: string, type: ColumnType])[]
  readonly result: ColumnType
  readonly meaning: string
  readonly sql: Readonly<Record<Dialect, (a: string, b: string) => string>>
}

const text = (result: ColumnType, meaning: string, sql: FunctionEntry['sql']): FunctionEntry => ({
  parameters: [['text', 'string']],
  result,
  meaning,
  sql,
})
const twoTexts = (meaning: string, sql: FunctionEntry['sql']): FunctionEntry => ({
  parameters: [
    ['text', 'string'],
    ['part', 'string'],
  ],
  result: 'bool',
  meaning,
  sql,
})
const elapsed = (meaning: string, microseconds: number): FunctionEntry => ({
  parameters: [
    ['from', 'datetime'],
    ['to', 'datetime'],
  ],
  result: 'int64',
  meaning,
  sql: {
    duckdb: (a, b) => tried(`(epoch_us(${b}) - epoch_us(${a})) // ${microseconds}`),
    bigquery: (a, b) => `DIV(DATETIME_DIFF(${b}, ${a}, MICROSECOND), ${microseconds})`,
  },
})

// Letters whose case is more than one letter, depends on their neighbours, or is younger than DuckDB's tables: ß, İ, Σ, ŉ,
// ligatures, Greek with iota below, and some rare scripts. Found by asking both for every code point.
const UNALIKE =
  '\\x{df}\\x{130}\\x{149}\\x{1f0}\\x{390}\\x{3a3}\\x{3b0}\\x{587}\\x{1e96}-\\x{1e9a}\\x{1f50}-\\x{1f56}\\x{1f80}-\\x{1ffc}' +
  '\\x{2c2f}\\x{2c5f}\\x{a7c0}-\\x{a7f6}\\x{fb00}-\\x{fb17}\\x{10570}-\\x{105bc}'

/** BigQuery would answer otherwise than DuckDB for a few letters, so a text that has one fails the query instead. */
function cased(name: 'LOWER' | 'UPPER'): (text: string) => string {
  const problem = `${name.toLowerCase()}() of a letter whose case is not the same in every warehouse`
  return (a) => `IF(REGEXP_CONTAINS(${a}, r'[${UNALIKE}]'), ERROR('${problem}'), ${name}(${a}))`
}

/** Every function with fixed types, in both dialects. Those whose type follows their arguments are in the compiler. */
export const FUNCTIONS: ReadonlyMap<string, FunctionEntry> = new Map(
  Object.entries({
    lower: text('string', 'In lower case.', { duckdb: (a) => `lower(${a})`, bigquery: cased('LOWER') }),
    upper: text('string', 'In upper case.', { duckdb: (a) => `upper(${a})`, bigquery: cased('UPPER') }),
    trim: text('string', 'Without spaces at both ends.', {
      duckdb: (a) => `trim(${a}, ' ')`,
      bigquery: (a) => `TRIM(${a}, ' ')`,
    }),
    length: text('int64', 'Number of code points.', {
      duckdb: (a) => `length(${a})`,
      bigquery: (a) => `CHAR_LENGTH(${a})`,
    }),
    starts_with: twoTexts('Whether the text starts with the part.', {
      duckdb: (a, b) => `starts_with(${a}, ${b})`,
      bigquery: (a, b) => `STARTS_WITH(${a}, ${b})`,
    }),
    ends_with: twoTexts('Whether the text ends with the part.', {
      duckdb: (a, b) => `suffix(${a}, ${b})`,
      bigquery: (a, b) => `ENDS_WITH(${a}, ${b})`,
    }),
    contains: twoTexts('Whether the part occurs in the text.', {
      duckdb: (a, b) => `contains(${a}, ${b})`,
      bigquery: (a, b) => `(STRPOS(${a}, ${b}) > 0)`,
    }),
    hour: {
      parameters: [['at', 'datetime']],
      result: 'int64',
      meaning: 'Hour of the local day, 0 to 23.',
      sql: { duckdb: (a) => `hour(${a})`, bigquery: (a) => `EXTRACT(HOUR FROM ${a})` },
    },
    datetime: {
      parameters: [
        ['day', 'date'],
        ['at', 'time'],
      ],
      result: 'datetime',
      meaning: 'A day and a time of day together.',
      sql: { duckdb: (a, b) => tried(`(${a} + ${b})`), bigquery: (a, b) => `DATETIME(${a}, ${b})` },
    },
    add_days: {
      parameters: [
        ['day', 'date'],
        ['days', 'int64'],
      ],
      result: 'date',
      meaning: 'The day so many days later, earlier for a negative number; null outside of the years 1 to 9999.',
      sql: {
        duckdb: (a, b) => {
          const day = tried(`${a} + CAST(${b} AS INTEGER)`)
          return `CASE WHEN ${day} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN ${day} END`
        },
        bigquery: (a, b) => `SAFE.DATE_ADD(${a}, INTERVAL ${b} DAY)`,
      },
    },
    days_between: {
      parameters: [
        ['from', 'date'],
        ['to', 'date'],
      ],
      result: 'int64',
      meaning: 'Days from the first to the second; negative when the second is earlier.',
      sql: { duckdb: (a, b) => tried(`(${b} - ${a})`), bigquery: (a, b) => `DATE_DIFF(${b}, ${a}, DAY)` },
    },
    minutes_between: elapsed('Whole minutes from the first to the second, cut towards zero.', 60_000_000),
    seconds_between: elapsed('Whole seconds from the first to the second, cut towards zero.', 1_000_000),
  }),
)
