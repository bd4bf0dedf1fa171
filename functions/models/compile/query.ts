import type { Shape } from '../../contract/expression/value.ts'
import { quoteIdentifier } from '../../sql/dialects/duckdb/quote.ts'
import type { Analysis, NamedTable } from '../analyser.ts'
import { aroundHoles, hole, type QueryText } from '../compiled.ts'
import type { Source } from '../place.ts'
import { type Expression, inputsOf, type Query, type Scan, tableScansOf } from '../tree.ts'
import { type Compilation, refused } from './compilation.ts'
import { compileExpression, nameOf } from './expression.ts'
import { type KeysOfTable, keysOf } from './keys.ts'
import { duckdbTypeOf, isScalar, nameOfType, piece } from './piece.ts'
import { compileScan, type ScanContext } from './scan.ts'

/** Facts about the tables that a query may name. */
export interface Tables {
  readonly keysOf: KeysOfTable
  /** Digits of a numeric column. */
  readonly shapeOf: (table: string, column: string) => Shape
}

// No literal holds it.
const MARK = '\0'

/**
 * The query in the SQL of each engine, with a numbered hole for each table in the order of the text.
 * @throws {DaybreakError} MODEL_REFUSED for what the engines would not answer alike.
 */
export function compileQuery(source: Source, { query, names, hasStar }: Analysis, tables: Tables): QueryText {
  if (hasStar) {
    throw refused(
      { source },
      { start: source.text.search(/\bselect\b/i), end: 0 },
      {
        what: '`*` in the output: a new column of a file would change the model',
        instead: 'Name the columns',
      },
    )
  }
  const order = holesOf(query, names)
  const duckdb = duckdbText(
    { source, tables, numberOf: (start) => order.findIndex((name) => name.start === start) },
    query,
  )
  return { bigquery: bigqueryText(source.text, order), duckdb }
}

/** Names of tables in the order of the text, each of which is a hole. Names of a WITH and of arrays are none. */
export function holesOf({ scan }: Query, names: readonly NamedTable[]): readonly NamedTable[] {
  const starts = new Set(tableScansOf(scan).map(({ span }) => span?.start))
  return names.filter(({ start }) => starts.has(start)).toSorted((a, b) => a.start - b.start)
}

function bigqueryText(text: string, order: readonly NamedTable[]): string {
  const bytes = Buffer.from(text)
  const pieces = order.map(({ start, end, hasAlias, alias }, number) => {
    const before = bytes.subarray(number === 0 ? 0 : order[number - 1]?.end, start).toString('utf8')
    return { before, hole: `${hole(number)}${hasAlias ? '' : ` AS \`${alias}\``}`, end }
  })
  const rest = bytes.subarray(order.at(-1)?.end ?? 0).toString('utf8')
  return `${pieces.map((each) => aroundHoles(each.before) + each.hole).join('')}${aroundHoles(rest)}`.trim()
}

interface Input {
  readonly source: Source
  readonly tables: Tables
  readonly numberOf: (start: number) => number
}

function duckdbText({ source, tables, numberOf }: Input, { output, scan }: Query): string {
  let count = 0
  const withs: Compilation['withs'] = new Map()
  const allWiths = entriesOf(scan, tables.keysOf)
  const context: ScanContext = {
    source,
    shapes: new Map(),
    withs,
    fresh: (prefix) => `${prefix}${count++}`,
    tableOf: (each) => ({
      sql: `${MARK}${numberOf(each.span?.start ?? -1)}${MARK}`,
      shapeOf: (column) => tables.shapeOf(each.table, column),
    }),
    keysOf: (each) => keysOf(each, tables.keysOf, allWiths),
    scan: (each) => compileScan(context, each),
    expression: (each: Expression) => compileExpression(context, each),
  }
  const body = compileScan(context, scan)
  const columns = output.map(({ name, column }) => {
    const type = duckdbTypeOf(column.type)
    if (type === null || column.type.kind !== 'scalar') {
      throw refused(context, null, {
        what: `the column ${name} of type ${nameOfType(column.type)}`,
        instead: 'A column of a model has one of the types of a contract',
      })
    }
    const { sql } = piece(column.type, nameOf(column))
    const isExact = isScalar(column.type, 'numeric') || isScalar(column.type, 'int64')
    return `${isExact ? `CAST(${sql} AS ${type})` : sql} AS ${quoteIdentifier(name)}`
  })
  const sql = `SELECT ${columns.join(', ')} FROM (${body}) AS result`
  return aroundHoles(sql).replaceAll(/\0(\d+)\0/g, (_, number: string) => hole(Number(number)))
}

/** Keys of every name of a WITH, wherever in the query it stands. */
function entriesOf(scan: Scan, known: KeysOfTable): Parameters<typeof keysOf>[2] {
  const entries = new Map<string, { columns: Scan['columns']; keys: ReturnType<typeof keysOf> }>()
  const visit = (each: Scan): void => {
    for (const input of each.kind === 'with' ? [] : inputsOf(each)) visit(input)
    if (each.kind !== 'with') return
    for (const { name, scan: entry } of each.entries) {
      visit(entry)
      entries.set(name, { columns: entry.columns, keys: keysOf(entry, known, entries) })
    }
    visit(each.query)
  }
  visit(scan)
  return entries
}
