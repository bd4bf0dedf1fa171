import { type Column, type Contract, type DerivedColumn, fileOf, LOAD_COLUMNS } from '../../contract/contract.ts'
import { compileDerived } from '../../contract/scope.ts'
import { addedColumns, tableOf } from '../../contract/table.ts'
import { DUCKDB } from '../../sql/dialects/duckdb/dialect.ts'
import { type ColumnEdge, type LineageNode, type LineagePart, WHOLE_FILE } from './node.ts'

/** A contract and the pipeline that its stream belongs to. */
export interface StreamOf {
  readonly pipeline: string
  readonly contract: Contract
}

/** Pure: the file of a stream and its table: each column with the headers that it is read from. */
export function streamLineage({ pipeline, contract }: StreamOf): LineagePart {
  const file = fileNode({ pipeline, contract })
  const table = tableNode({ pipeline, contract })
  const headers = headersOf(contract)
  const edge = (header: string, column: string, how: Pick<ColumnEdge, 'kind' | 'expression'>): ColumnEdge => ({
    from: { node: file.id, column: header },
    to: { node: table.id, column },
    ...how,
  })
  const own = contract.columns.flatMap((column) =>
    namesIn(column.from).map((header) => edge(header, column.name, readingOf(column))),
  )
  const derived = contract.derived.flatMap((column) =>
    [...(headers.get(column.name) ?? [])].map((header) =>
      edge(header, column.name, { kind: 'TRANSFORMATION', expression: expressionOf(column) }),
    ),
  )
  const kept = new Set(table.columns.map(({ name }) => name))
  const added = addedColumns(contract)
    .filter(({ name }) => kept.has(name))
    .map(({ name }) => edge(WHOLE_FILE, name, { kind: 'IDENTITY', expression: null }))
  return {
    nodes: [file, table],
    reads: [{ from: file.id, to: table.id, isKnown: true }],
    columns: [...own, ...derived, ...added],
    rows: [],
  }
}

function fileNode({ pipeline, contract }: StreamOf): LineageNode {
  const headers = contract.columns.flatMap(({ from, privacy, description }) =>
    namesIn(from).map((name) => ({ name, type: null, privacy, description })),
  )
  const whole = 'The file itself: its path, and the place of a row in it.'
  const name = fileOf(contract)
  return {
    id: `file:${pipeline}/${name}`,
    kind: 'file',
    name,
    description: contract.description,
    pipeline,
    columns: [
      ...new Map(headers.map((header) => [header.name, header])).values(),
      { name: WHOLE_FILE, type: null, privacy: 'keep', description: whole },
    ],
  }
}

function tableNode({ pipeline, contract }: StreamOf): LineageNode {
  const { schema, name, columns, description } = tableOf(contract, pipeline)
  const privacy = new Map(contract.columns.map((column) => [column.name, column.privacy]))
  const ofLoad = new Set<string>(LOAD_COLUMNS.map((column) => column.name))
  return {
    id: `${schema}.${name}`,
    kind: 'stream',
    name,
    description,
    pipeline,
    columns: columns
      .filter((column) => !ofLoad.has(column.name))
      .map((column) => ({
        ...{ name: column.name, type: column.type, description: column.description },
        privacy: privacy.get(column.name) ?? 'keep',
      })),
  }
}

/** Headers that each column of the table is made of, those of derived ones through the columns that they read. */
function headersOf(contract: Contract): ReadonlyMap<string, ReadonlySet<string>> {
  const headers = new Map<string, ReadonlySet<string>>()
  for (const { name } of addedColumns(contract)) headers.set(name, new Set([WHOLE_FILE]))
  for (const { name, from } of contract.columns) headers.set(name, new Set(namesIn(from)))
  for (const derived of contract.derived)
    headers.set(derived.name, new Set(readBy(contract, derived).flatMap((name) => [...(headers.get(name) ?? [])])))
  return headers
}

/** Columns that a derived one reads. */
function readBy(contract: Contract, { name, parse, from, expression }: DerivedColumn): readonly string[] {
  if (parse !== undefined) return from === undefined ? [] : [from]
  if (expression === undefined) return []
  const read = new Set<string>()
  const sql = (column: string): string => {
    read.add(column)
    return column
  }
  compileDerived(contract, name, { dialect: DUCKDB, sql })
  return [...read]
}

/** How a value becomes that of its column: as it stands, or changed for privacy or by its format. */
function readingOf({ type, format, privacy }: Column): Pick<ColumnEdge, 'kind' | 'expression'> {
  if (privacy !== 'keep') return { kind: 'TRANSFORMATION', expression: privacy }
  const formats = format === undefined ? [] : namesIn(format)
  return { kind: 'IDENTITY', expression: type === 'string' ? null : [type, ...formats].join(' ') }
}

function expressionOf({ expression, parse, from }: DerivedColumn): string | null {
  return expression ?? (parse === undefined ? null : `${parse}(${from ?? ''})`)
}

function namesIn(from: string | readonly string[]): readonly string[] {
  return typeof from === 'string' ? [from] : from
}
