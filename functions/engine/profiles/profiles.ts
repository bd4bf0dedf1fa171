import type { Column, ColumnType, Contract, DerivedColumn } from '../../contract/contract.ts'
import { type StreamTable, sharedTable } from '../../contract/table.ts'
import { isPublic } from '../privacy.ts'

/** Changes with every change of the code that gives other profiles of the same part. Goes into their names. */
export const PROFILES_VERSION = 'p2'

/** Rows that quantiles and frequent values are taken of at most; of a longer file every nth row counts. */
export const MOST_SAMPLED = 50_000

/** Rows of a file whose values are counted one by one; the distinct values of a longer file are estimated. */
export const MOST_COUNTED = 5_000

/** Rows that a value must stand in before a profile shows it: a rarer one may say something about one guest. */
export const FEWEST_OF_VALUE = 5

/** Frequent values that a profile lists at most. */
export const MOST_VALUES = 10

/** Columns of a profile, behind those of its slice. */
export const PROFILE_COLUMNS = [
  { name: 'stream', type: 'string', description: 'Stream of the file.' },
  { name: 'column', type: 'string', description: 'Column of the stream, also a derived one.' },
  { name: 'type', type: 'string', description: 'Type of the column in its contract.' },
  { name: 'row_count', type: 'int64', description: 'Accepted rows of the file.' },
  { name: 'null_count', type: 'int64', description: 'Rows without a value.' },
  {
    name: 'distinct_count',
    type: 'int64',
    description: 'Different values; beyond 5,000 rows a rough estimate, which can be off by 40 %.',
  },
  {
    name: 'min_value',
    type: 'string',
    description: 'Smallest number or earliest time; empty for text and private columns.',
  },
  {
    name: 'max_value',
    type: 'string',
    description: 'Largest number or latest time; empty for text and private columns.',
  },
  { name: 'sum_value', type: 'numeric', description: 'Exact sum of a column of exact numbers.' },
  { name: 'mean_value', type: 'float64', description: 'Sum by rows with a value.' },
  { name: 'quantile_05', type: 'float64', description: 'A twentieth of the values is smaller.' },
  { name: 'quantile_25', type: 'float64', description: 'A quarter of the values is smaller.' },
  { name: 'quantile_50', type: 'float64', description: 'Median.' },
  { name: 'quantile_75', type: 'float64', description: 'A quarter of the values is larger.' },
  { name: 'quantile_95', type: 'float64', description: 'A twentieth of the values is larger.' },
  { name: 'min_length', type: 'int64', description: 'Characters of the shortest text.' },
  { name: 'max_length', type: 'int64', description: 'Characters of the longest text.' },
  { name: 'mean_length', type: 'float64', description: 'Characters by text.' },
  {
    name: 'top_values',
    type: 'string',
    description: 'Most frequent values as a JSON list of value and rows; empty for private columns and rare values.',
  },
  { name: 'raw_sha256', type: 'string', description: 'SHA-256 of the file: the name of the raw object.' },
] as const satisfies readonly { name: string; type: ColumnType; description: string }[]

type Value = string | number | null

/** Counted facts about one column of one slice: a row of the table `profiles` without the columns of its slice. */
export type Profile = Readonly<Record<(typeof PROFILE_COLUMNS)[number]['name'], Value>>

/** A column of a stream, and how much of its values a profile may say. */
export interface ProfiledColumn {
  readonly name: string
  readonly type: ColumnType
  /** False for a private column, and for one that is computed from one: it is only counted. */
  readonly isShown: boolean
  /** False for the key, whose values are each their own. */
  readonly hasFrequent: boolean
}

/** The table that the profiles of all streams of a pipeline become. */
export function profilesTable(pipeline: string, contracts: Iterable<Contract>): StreamTable {
  return sharedTable(contracts, {
    schema: pipeline,
    name: 'profiles',
    description: 'One row per column of each file: how many rows and values it has, and how they are spread.',
    columns: PROFILE_COLUMNS,
  })
}

/** Columns of a stream that are profiled, in the order of the table: one row each. */
export function profiledColumns(contract: Contract): readonly ProfiledColumn[] {
  const hidden = contract.columns.filter((column) => !isPublic(column)).map(({ name }) => name)
  const keys = new Set(contract.key)
  const read = contract.columns.map((column: Column) => ({ column, isShown: isPublic(column) }))
  const derived = contract.derived.map((column: DerivedColumn) => ({ column, isShown: !usesAny(column, hidden) }))
  return [...read, ...derived].map(({ column: { name, type }, isShown }) => ({
    ...{ name, type, isShown },
    hasFrequent: isShown && (type === 'string' || type === 'bool') && !keys.has(name),
  }))
}

/** True for a column that is computed from one of these. */
function usesAny({ from, expression = '' }: DerivedColumn, names: readonly string[]): boolean {
  const words = new Set(expression.match(/\w+/g) ?? [])
  return names.some((name) => name === from || words.has(name))
}

const NUMBERS: readonly ColumnType[] = ['int64', 'numeric', 'float64']
const TIMES: readonly ColumnType[] = ['date', 'time', 'datetime', 'timestamp']

/** True for a type whose values are numbers. */
export const isNumber = (type: ColumnType): boolean => NUMBERS.includes(type)
/** True for a type whose sum does not depend on the order of the rows. */
export const isExact = (type: ColumnType): boolean => isNumber(type) && type !== 'float64'
/** True for a type of which a profile says the ends. */
export const isOrdered = (type: ColumnType): boolean => isNumber(type) || TIMES.includes(type)
