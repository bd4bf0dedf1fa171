import type { Project } from '../../functions/config/project.ts'
import { partitionColumn } from '../../functions/contract/carried.ts'
import type { Contract } from '../../functions/contract/contract.ts'
import { rejectsTable } from '../../functions/engine/rejects/rejects.ts'
import { DaybreakError } from '../../functions/errors.ts'
import type { Reader } from '../../functions/pipeline/ports.ts'
import { type More, withReader } from '../ask.ts'
import type { Row } from '../cell.ts'
import { command } from '../command.ts'

const TIMEOUT = 60_000

interface Known {
  readonly pipeline: string
  readonly name: string
  readonly description: string
  readonly columns: number
  readonly partitionColumn: string | null
}

/** Tables of the project, those that nothing was loaded into as well. */
export const tables = command({
  name: 'tables',
  description: 'List the tables: what each holds, its rows, its dates and its columns.',
  examples: ['daybreak tables', "daybreak query 'describe toast.order_details'"],
  async run(call) {
    const rows = await withReader(call, async (reader, more, project) => {
      const all: Row[] = []
      for (const known of knownTables(project)) all.push(await describe(known, reader, more))
      return all
    })
    await call.output.rows({
      columns: [
        'table',
        { key: 'rows', align: 'right' },
        'from',
        'to',
        { key: 'columns', align: 'right' },
        'description',
      ],
      rows,
      empty: 'The project has no streams.',
    })
  },
})

function knownTables({ contracts, pipelines }: Project): readonly Known[] {
  return [...pipelines.keys()].flatMap((pipeline) => [
    ...streamsOf(contracts.get(pipeline)).map((contract) => ({
      pipeline,
      name: contract.stream,
      description: contract.description,
      columns: contract.columns.length + contract.derived.length,
      partitionColumn: partitionColumn(contract),
    })),
    rejectsOf(pipeline, streamsOf(contracts.get(pipeline))),
  ])
}

function streamsOf(contracts: ReadonlyMap<string, Contract> | undefined): readonly Contract[] {
  return [...(contracts?.values() ?? [])]
}

function rejectsOf(pipeline: string, contracts: readonly Contract[]): Known {
  const { name, description, columns, partitionColumn: by } = rejectsTable(pipeline, contracts)
  return { pipeline, name, description, columns: columns.length, partitionColumn: by }
}

async function describe(
  { pipeline, name, description, columns, partitionColumn: by }: Known,
  reader: Reader,
  more: More,
): Promise<Row> {
  const row = { table: `${pipeline}.${name}`, rows: 0, from: '', to: '', columns, description }
  const { identifier } = reader.dialect
  const table = `${identifier(pipeline)}.${identifier(name)}`
  const id = by === null ? null : identifier(by)
  // BigQuery answers nothing without a condition on the column that it partitions by.
  const sql =
    id === null
      ? `SELECT count(*), NULL, NULL FROM ${table}`
      : `SELECT count(*), min(${id}), max(${id}) FROM ${table} WHERE ${id} >= DATE '0001-01-01'`
  try {
    const answer = await reader.ask({ sql, limit: 1, countTo: 1, timeout: TIMEOUT, ...more })
    for await (const [[count, from, to] = []] of answer.batches)
      return { ...row, rows: Number(count), from: from ?? '', to: to ?? '' }
    return row
  } catch (error) {
    if (isNotThereYet(error)) return row
    throw error
  }
}

function isNotThereYet(error: unknown): boolean {
  if (!(error instanceof DaybreakError)) return false
  return (
    error.code === 'NOT_FOUND' || /Table with name \S+ does not exist|Not found: (Table|Dataset) /.test(error.message)
  )
}
