import { partitionColumn } from '../../contract/carried.ts'
import type { Contract } from '../../contract/contract.ts'
import { profilesTable } from '../../engine/profiles/profiles.ts'
import { rejectsTable } from '../../engine/rejects/rejects.ts'
import { DaybreakError } from '../../errors.ts'
import type { Question, Reader } from '../ports.ts'

/** A table of the project. */
interface KnownTable {
  readonly pipeline: string
  readonly name: string
  readonly description: string
  readonly columns: number
  /** Date by which its days are told apart; null where it has none. */
  readonly partitionColumn: string | null
}

/** A table and its rows. `from` and `to` are empty where it has none. */
export interface TableRow {
  readonly table: string
  readonly rows: number
  readonly from: string
  readonly to: string
  readonly columns: number
  readonly description: string
}

type Contracts = ReadonlyMap<string, ReadonlyMap<string, Contract>>
type Asking = Pick<Question, 'timeout' | 'signal' | 'onWait'>

/** Pure: the tables that contracts make, by pipeline, and each pipeline's rejects and profiles. */
export function knownTables(pipelines: Iterable<string>, contracts: Contracts): readonly KnownTable[] {
  return [...pipelines].flatMap((pipeline) => {
    const streams = [...(contracts.get(pipeline)?.values() ?? [])]
    const added = [rejectsTable(pipeline, streams), profilesTable(pipeline, streams)]
    return [
      ...streams.map((contract) => ({
        pipeline,
        name: contract.stream,
        description: contract.description,
        columns: contract.columns.length + contract.derived.length,
        partitionColumn: partitionColumn(contract),
      })),
      ...added.map(({ name, description, columns, partitionColumn: column }) => ({
        ...{ pipeline, name, description, columns: columns.length, partitionColumn: column },
      })),
    ]
  })
}

/** Counts each table and its dates. A table that nothing was loaded into yet has no rows. */
export async function describeTables(
  tables: readonly KnownTable[],
  reader: Reader,
  asking: Asking,
): Promise<readonly TableRow[]> {
  const counted = new Map<string, readonly (string | null)[]>()
  for (const some of await groupsOf(tables, reader, asking))
    for (const [name, ...counts] of await rowsOf(countsSql(some, reader), reader, asking))
      counted.set(name ?? '', counts)
  return tables.map((table) => {
    const [rows, from, to] = counted.get(nameOf(table)) ?? []
    const { columns, description } = table
    return { table: nameOf(table), rows: Number(rows ?? 0), from: from ?? '', to: to ?? '', columns, description }
  })
}

/** Tables that one question asks for. Where a question costs a process, all that are there; otherwise each by itself. */
async function groupsOf(
  tables: readonly KnownTable[],
  reader: Reader,
  asking: Asking,
): Promise<readonly (readonly KnownTable[])[]> {
  const { listTables } = reader.dialect
  if (listTables === null) return tables.map((table) => [table])
  const there = new Set((await rowsOf(listTables, reader, asking)).map(([schema, name]) => `${schema}.${name}`))
  const found = tables.filter((table) => there.has(nameOf(table)))
  return found.length === 0 ? [] : [found]
}

const nameOf = ({ pipeline, name }: KnownTable): string => `${pipeline}.${name}`

function countsSql(tables: readonly KnownTable[], { dialect: { identifier: id, literal } }: Reader): string {
  const selects = tables.map((table) => {
    const [name, from] = [literal(nameOf(table)), `FROM ${id(table.pipeline)}.${id(table.name)}`]
    if (table.partitionColumn === null) return `SELECT ${name}, count(*), NULL, NULL ${from}`
    const date = id(table.partitionColumn)
    // BigQuery answers nothing without a condition on the column that it partitions by.
    return `SELECT ${name}, count(*), min(${date}), max(${date}) ${from} WHERE ${date} >= DATE '0001-01-01'`
  })
  return selects.join('\nUNION ALL\n')
}

async function rowsOf(sql: string, reader: Reader, asking: Asking): Promise<readonly (readonly (string | null)[])[]> {
  try {
    const answer = await reader.ask({ sql, limit: MOST, countTo: MOST, ...asking })
    const rows: (readonly (string | null)[])[] = []
    for await (const batch of answer.batches) rows.push(...batch)
    return rows
  } catch (error) {
    if (isNotThereYet(error)) return []
    throw error
  }
}

const MOST = 100_000

function isNotThereYet(error: unknown): boolean {
  if (!(error instanceof DaybreakError)) return false
  return (
    error.code === 'NOT_FOUND' || /Table with name \S+ does not exist|Not found: (Table|Dataset) /.test(error.message)
  )
}
