import type { Lineage } from './compiled.ts'
import { linksOf } from './links.ts'
import {
  type Column,
  type Computed,
  type Expression,
  expressionsOf,
  inputsOf,
  operandsOf,
  type Query,
  type Scan,
} from './tree.ts'

type Kind = Lineage['columns'][string][number]['kind']
type Influence = Lineage['rows'][number]['kind']

/** Source columns by `table` and `column`, each with how it is used. */
type Sources = ReadonlyMap<string, Kind>

const STRENGTH: Readonly<Record<Kind, number>> = { IDENTITY: 0, TRANSFORMATION: 1, AGGREGATION: 2 }

/** Columns of the tables that each output column is made of, and those that decide which rows there are. */
export function lineageOf({ output, scan }: Query): Lineage {
  const links = linksOf({ output, scan })
  const tracing: Tracing = { sources: new Map(), influences: new Map(), withs: new Map() }
  trace(tracing, scan)
  const columns = output.map(({ name, column }) => {
    const found = [...(tracing.sources.get(column.id) ?? new Map<string, Kind>())]
    return [name, found.toSorted(byName).map(([source, kind]) => ({ ...named(source), kind }))] as const
  })
  const rows = [...tracing.influences].toSorted(byName).flatMap(([source, kinds]) => {
    return [...kinds].toSorted().map((kind) => ({ ...named(source), kind }))
  })
  return { columns: Object.fromEntries(columns), rows, links }
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}

// No name of a table or column has a line end.
const keyOf = (table: string, column: string): string => `${table}\n${column}`

function named(source: string): { readonly table: string; readonly column: string } {
  const [table = '', column = ''] = source.split('\n')
  return { table, column }
}

interface Tracing {
  readonly sources: Map<number, Sources>
  readonly influences: Map<string, Set<Influence>>
  readonly withs: Map<string, Extract<Scan, { kind: 'with' }>['entries'][number]['scan']>
}

function trace(tracing: Tracing, scan: Scan): void {
  if (scan.kind === 'with') {
    for (const { name, scan: entry } of scan.entries) {
      trace(tracing, entry)
      tracing.withs.set(name, entry)
    }
    trace(tracing, scan.query)
    return
  }
  for (const input of inputsOf(scan)) trace(tracing, input)
  for (const expression of expressionsOf(scan)) traceSubqueries(tracing, expression)
  own(tracing, scan)
}

function traceSubqueries(tracing: Tracing, expression: Expression): void {
  if (expression.kind === 'subquery') trace(tracing, expression.of)
  for (const operand of operandsOf(expression)) traceSubqueries(tracing, operand)
}

/** Sources of the columns that the scan itself makes, and its influence on the rows. */
function own(tracing: Tracing, scan: Scan): void {
  const { sources } = tracing
  const compute = (computed: readonly Computed[], kind: Kind) => {
    for (const { column, expression } of computed) sources.set(column.id, sourcesOf(tracing, expression, kind))
  }
  switch (scan.kind) {
    case 'table':
      for (const { id, name } of scan.columns) sources.set(id, new Map([[keyOf(scan.table, name), 'IDENTITY']]))
      return
    case 'project':
      compute(scan.computed, 'TRANSFORMATION')
      return
    case 'filter':
      influence(tracing, [scan.condition], 'FILTER')
      return
    case 'aggregate':
      compute(scan.groupBy, 'TRANSFORMATION')
      compute(scan.computed, 'AGGREGATION')
      influence(tracing, termsOf(scan.groupBy), 'GROUP_BY')
      return
    case 'window':
      for (const group of scan.groups) {
        compute(group.computed, 'AGGREGATION')
        influenceOf(tracing, idsOf([...group.partitionBy, ...columnsOf(group.order)]), 'WINDOW')
      }
      return
    case 'join':
      influence(tracing, scan.condition === null ? [] : [scan.condition], 'JOIN')
      return
    case 'array': {
      const found = sourcesOf(tracing, scan.array, 'TRANSFORMATION')
      for (const column of [scan.element, ...(scan.offset ? [scan.offset] : [])]) sources.set(column.id, found)
      influence(tracing, [scan.array], 'JOIN')
      return
    }
    case 'set':
      scan.columns.forEach((column, at) => {
        sources.set(column.id, merged(scan.inputs.map(({ columns }) => sources.get(columns[at]?.id ?? -1))))
      })
      if (scan.operation !== 'UNION_ALL')
        for (const { columns } of scan.inputs) influenceOf(tracing, idsOf(columns), 'FILTER')
      return
    case 'order':
      influenceOf(tracing, idsOf(columnsOf(scan.order)), 'SORT')
      return
    case 'with_reference': {
      const entry = tracing.withs.get(scan.name)
      scan.columns.forEach((column, at) => {
        sources.set(column.id, sources.get(entry?.columns[at]?.id ?? -1) ?? new Map())
      })
      return
    }
    case 'pivot': {
      compute(scan.groupBy, 'TRANSFORMATION')
      influence(tracing, termsOf(scan.groupBy), 'GROUP_BY')
      influence(tracing, [scan.by], 'FILTER')
      for (const { column, aggregate } of scan.cells) {
        const call = scan.aggregates[aggregate]
        const found = call ? sourcesOf(tracing, call, 'AGGREGATION') : new Map<string, Kind>()
        sources.set(column.id, merged([found, sourcesOf(tracing, scan.by, 'TRANSFORMATION')]))
      }
      return
    }
    case 'unpivot': {
      compute(scan.kept, 'TRANSFORMATION')
      const [value] = scan.values
      const found = scan.sources.flat().map(({ id }) => sources.get(id))
      if (value) sources.set(value.id, merged(found))
      return
    }
    default:
      return
  }
}

const idsOf = (columns: readonly Column[]): readonly number[] => columns.map(({ id }) => id)

const columnsOf = (terms: readonly { readonly column: Column }[]): readonly Column[] =>
  terms.map(({ column }) => column)

const termsOf = (computed: readonly Computed[]): readonly Expression[] => computed.map(({ expression }) => expression)

function merged(all: readonly (Sources | undefined)[]): Sources {
  const result = new Map<string, Kind>()
  for (const [source, kind] of all.flatMap((each) => [...(each ?? [])])) {
    const before = result.get(source)
    if (before === undefined || STRENGTH[before] < STRENGTH[kind]) result.set(source, kind)
  }
  return result
}

function sourcesOf({ sources }: Tracing, expression: Expression, kind: Kind): Sources {
  const found = merged(columnsIn(expression).map((id) => sources.get(id)))
  if (expression.kind === 'column') return found
  return new Map([...found].map(([source, before]) => [source, STRENGTH[before] > STRENGTH[kind] ? before : kind]))
}

/** Columns of an expression, those that its subqueries give as well. */
function columnsIn(expression: Expression): readonly number[] {
  const own = expression.kind === 'column' ? [expression.column.id] : []
  const inner = expression.kind === 'subquery' ? expression.of.columns.map(({ id }) => id) : []
  return [...own, ...inner, ...operandsOf(expression).flatMap(columnsIn)]
}

function influence(tracing: Tracing, expressions: readonly Expression[], kind: Influence): void {
  influenceOf(tracing, expressions.flatMap(columnsIn), kind)
}

function influenceOf({ sources, influences }: Tracing, columns: readonly number[], kind: Influence): void {
  for (const id of columns) {
    for (const source of sources.get(id)?.keys() ?? []) {
      const kinds = influences.get(source) ?? new Set()
      influences.set(source, kinds.add(kind))
    }
  }
}
