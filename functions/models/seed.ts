import { parse } from 'csv-parse/sync'
import type { ColumnType } from '../contract/contract.ts'
import { DaybreakError } from '../errors.ts'
import type { Dialect } from '../sql/dialect.ts'
import { BIGQUERY } from '../sql/dialects/bigquery/dialect.ts'
import { DUCKDB } from '../sql/dialects/duckdb/dialect.ts'
import { aroundHoles, type QueryText } from './compiled.ts'
import { placeAt, type Source } from './place.ts'

/** Most rows of a seed. What is larger is data, and comes through a pipeline. */
const MOST_ROWS = 1_000

const FORMS: Readonly<Partial<Record<ColumnType, RegExp>>> = {
  int64: /^-?\d{1,18}$/,
  numeric: /^-?\d{1,29}(\.\d{1,9})?$/,
  bool: /^(true|false)$/,
  date: /^\d{4}-\d{2}-\d{2}$/,
  string: /^[\s\S]*$/,
}

interface SeedColumn {
  readonly name: string
  readonly type: ColumnType
}

/**
 * Rows of a CSV file as a query without tables. An empty field is NULL.
 * @throws {DaybreakError} MODEL_INVALID with the place of a header or value that does not fit.
 */
export function compileSeed(source: Source, columns: readonly SeedColumn[]): QueryText {
  const [header = [], ...rows] = recordsOf(source)
  const expected = columns.map(({ name }) => name)
  if (header.join() !== expected.join())
    throw invalid(source, 1, `the header is "${header.join(',')}"; its YAML says "${expected.join(',')}"`)
  if (rows.length === 0 || rows.length > MOST_ROWS)
    throw invalid(source, 1, `the file has ${rows.length} rows; a seed has from 1 to ${MOST_ROWS}`)
  rows.forEach((row, at) => {
    columns.forEach((column, place) => {
      expectForm(source, at + 2, { column, value: row[place] ?? '' })
    })
  })
  return { bigquery: seedSql(BIGQUERY, columns, rows), duckdb: seedSql(DUCKDB, columns, rows) }
}

function recordsOf(source: Source): readonly (readonly string[])[] {
  try {
    return parse(source.text, { bom: true, skip_empty_lines: true })
  } catch (error) {
    throw invalid(source, 1, `the file is no CSV: ${error instanceof Error ? error.message : error}`)
  }
}

function expectForm(source: Source, line: number, { column, value }: { column: SeedColumn; value: string }): void {
  if (value === '') return
  const form = FORMS[column.type]
  if (form?.test(value)) return
  const problem = form ? `"${value}" is no ${column.type}` : `a seed cannot have a ${column.type}`
  throw invalid(source, line, `${column.name}: ${problem}`)
}

function seedSql(
  { identifier, literal, type }: Dialect,
  columns: readonly SeedColumn[],
  rows: readonly (readonly string[])[],
): string {
  const selects = rows.map((row) => {
    const values = columns.map((column, at) => {
      const value = row[at] ?? ''
      return `CAST(${value === '' ? 'NULL' : literal(value)} AS ${type(column)}) AS ${identifier(column.name)}`
    })
    return `SELECT ${values.join(', ')}`
  })
  return aroundHoles(selects.join('\nUNION ALL '))
}

function invalid(source: Source, line: number, problem: string): DaybreakError {
  return new DaybreakError('MODEL_INVALID', `${placeAt(source, { line, column: 1 })} ${problem}`)
}
