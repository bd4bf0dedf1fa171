import { createHash } from 'node:crypto'
import {
  type Column,
  type Computed,
  type Expression,
  expressionsOf,
  inputsOf,
  type Order,
  type Query,
  type Scan,
} from './tree.ts'

/** Fingerprints of what a query computes. Formatting, comments, aliases and the order of WITH do not count. */
export interface Fingerprints {
  /** Of the set of rows: tables, filters, joins, grouping. */
  readonly rows: string
  /** Of each output column: its expression over source columns. */
  readonly columns: Readonly<Record<string, string>>
}

/** SHA-256 of values, as hex. */
export function fingerprintOf(...values: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex')
}

/** Fingerprints of the rows and of each column of a query. */
export function fingerprintsOf({ output, scan }: Query): Fingerprints {
  const walk: Walk = { defined: new Map(), counts: new Map(), withs: new Map() }
  const rows = rowsOf(walk, scan)
  return {
    rows,
    columns: Object.fromEntries(output.map(({ name, column }) => [name, fingerprintOf(definition(walk, column))])),
  }
}

interface Walk {
  /** Fingerprint of the expression of each column. */
  readonly defined: Map<number, string>
  /** How often a table was met: two references to one table are two sources. */
  readonly counts: Map<string, number>
  readonly withs: Map<string, { readonly rows: string; readonly columns: readonly Column[] }>
}

const definition = ({ defined }: Walk, { id }: Column): string => defined.get(id) ?? 'undefined'

/** Fingerprint of the rows of a scan; defines its columns on the way. */
function rowsOf(walk: Walk, scan: Scan): string {
  if (scan.kind === 'table') return table(walk, scan)
  if (scan.kind === 'with') {
    for (const { name, scan: entry } of scan.entries)
      walk.withs.set(name, { rows: rowsOf(walk, entry), columns: entry.columns })
    return rowsOf(walk, scan.query)
  }
  if (scan.kind === 'with_reference') {
    const entry = walk.withs.get(scan.name)
    const count = occurrence(walk, `with ${entry?.rows}`)
    scan.columns.forEach((column, at) => {
      const source = entry?.columns[at]
      walk.defined.set(column.id, fingerprintOf('with', count, source ? definition(walk, source) : ''))
    })
    return entry?.rows ?? ''
  }
  const inputs = inputsOf(scan).map((input) => rowsOf(walk, input))
  return own(walk, scan, inputs)
}

function occurrence({ counts }: Walk, name: string): number {
  const count = counts.get(name) ?? 0
  counts.set(name, count + 1)
  return count
}

function table(walk: Walk, scan: Extract<Scan, { kind: 'table' }>): string {
  const count = occurrence(walk, scan.table)
  for (const column of scan.columns) walk.defined.set(column.id, fingerprintOf(scan.table, count, column.name))
  return fingerprintOf('table', scan.table, count)
}

function own(walk: Walk, scan: Scan, inputs: readonly string[]): string {
  const of = (expression: Expression) => described(walk, expression)
  const define = (computed: readonly Computed[], ...context: readonly unknown[]) => {
    for (const { column, expression } of computed)
      walk.defined.set(column.id, context.length === 0 ? of(expression) : fingerprintOf(of(expression), ...context))
  }
  switch (scan.kind) {
    case 'project':
      define(scan.computed)
      return inputs[0] ?? ''
    case 'filter':
      return fingerprintOf('filter', inputs, of(scan.condition))
    case 'aggregate': {
      define(scan.groupBy)
      define(scan.computed, 'group')
      return fingerprintOf('aggregate', inputs, scan.groupBy.map(({ expression }) => of(expression)).toSorted())
    }
    case 'window':
      for (const { partitionBy, order, computed } of scan.groups)
        define(computed, partitionBy.map((column) => definition(walk, column)).toSorted(), orders(walk, order))
      return inputs[0] ?? ''
    case 'join':
      return fingerprintOf('join', scan.join, inputs, scan.condition === null ? null : of(scan.condition))
    case 'array': {
      walk.defined.set(scan.element.id, fingerprintOf('element', of(scan.array)))
      if (scan.offset) walk.defined.set(scan.offset.id, fingerprintOf('offset', of(scan.array)))
      return fingerprintOf('array', inputs, of(scan.array), scan.isOuter)
    }
    case 'set': {
      scan.columns.forEach((column, at) => {
        const sources = scan.inputs.map(({ columns }) => (columns[at] ? definition(walk, columns[at]) : ''))
        walk.defined.set(column.id, fingerprintOf('set', sources))
      })
      const isAll = scan.operation === 'UNION_ALL'
      return fingerprintOf(
        scan.operation,
        inputs,
        isAll ? null : scan.columns.map((column) => definition(walk, column)),
      )
    }
    case 'limit':
      return fingerprintOf(
        'limit',
        inputs,
        of(scan.limit),
        scan.offset ? of(scan.offset) : null,
        ordering(walk, scan.input),
      )
    case 'pivot': {
      define(scan.groupBy)
      for (const { column, aggregate, value } of scan.cells) {
        const [call, wanted] = [scan.aggregates[aggregate], scan.values[value]]
        walk.defined.set(column.id, fingerprintOf('pivot', call ? of(call) : '', of(scan.by), wanted ? of(wanted) : ''))
      }
      return fingerprintOf('pivot', inputs, scan.groupBy.map(({ expression }) => of(expression)).toSorted())
    }
    case 'unpivot': {
      define(scan.kept)
      const sources = scan.sources.map((columns) => columns.map((column) => definition(walk, column)))
      for (const column of [...scan.values, scan.label])
        walk.defined.set(column.id, fingerprintOf('unpivot', column.name, sources))
      return fingerprintOf('unpivot', inputs, sources, scan.labels.map(of), scan.includesNulls)
    }
    default:
      return fingerprintOf(scan.kind, inputs, expressionsOf(scan).map(of))
  }
}

function ordering(walk: Walk, scan: Scan): unknown {
  return scan.kind === 'order' ? orders(walk, scan.order) : null
}

function orders(walk: Walk, order: readonly Order[]): readonly unknown[] {
  return order.map(({ column, isDescending, nulls }) => [definition(walk, column), isDescending, nulls])
}

/** An expression with every column replaced by what it is made of. */
function described(walk: Walk, expression: Expression): string {
  const of = (each: Expression) => described(walk, each)
  switch (expression.kind) {
    case 'column':
      return definition(walk, expression.column)
    case 'literal':
      return fingerprintOf('literal', expression.type, expression.value)
    case 'parameter':
      return fingerprintOf('parameter', expression.name)
    case 'call':
      return fingerprintOf(expression.name, expression.isSafe, expression.type, expression.args.map(of))
    case 'aggregate': {
      const { name, isDistinct, nulls, limit, frame, type } = expression
      const ends =
        frame === null
          ? null
          : [frame.start, frame.end].map(({ boundary, offset }) => [boundary, offset ? of(offset) : null])
      const details = [isDistinct, nulls, limit ? of(limit) : null, frame?.unit ?? null, ends]
      return fingerprintOf(name, type, details, orders(walk, expression.order), expression.args.map(of))
    }
    case 'cast':
      return fingerprintOf('cast', expression.type, expression.isSafe, of(expression.of))
    case 'struct':
      return fingerprintOf('struct', expression.type, expression.fields.map(of))
    case 'field':
      return fingerprintOf('field', expression.at, of(expression.of))
    case 'subquery': {
      const rows = rowsOf(walk, expression.of)
      const columns = expression.of.columns.map((column) => definition(walk, column))
      return fingerprintOf('subquery', expression.form, rows, columns, expression.in ? of(expression.in) : null)
    }
    case 'unknown':
      return fingerprintOf('unknown', expression.node)
  }
}
