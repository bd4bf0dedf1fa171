import { open } from 'node:fs/promises'
import type { Contract } from '../../functions/contract/contract.ts'
import { headersOf } from '../../functions/contract/drift.ts'
import { compileToBigquery } from '../../functions/engine/bigquery/compile.ts'
import { scriptSql } from '../../functions/engine/bigquery/script.ts'
import { rebuildTables } from '../../functions/engine/bigquery/tables.ts'
import { headerAt, START_BYTES } from '../../functions/engine/file/header.ts'
import { command } from '../command.ts'
import { readPath } from '../values.ts'
import { findContract } from './contract-find.ts'

/** A contract as the script that BigQuery runs in the place of a worker. */
export const sql = command({
  name: 'contract sql',
  description: 'Print the script that transforms cut records in BigQuery, as a worker would with DuckDB.',
  args: {
    contract: { type: 'positional', description: 'A stream of the project, or a file.' },
    dialect: { type: 'enum', options: ['bigquery'], default: 'bigquery', description: 'Whose SQL.' },
    header: {
      type: 'string',
      valueHint: 'FILE',
      description: 'A CSV file whose header the script is for; else every column of the contract, in its order.',
    },
    dataset: {
      type: 'string',
      default: 'daybreak_rebuild',
      valueHint: 'PROJECT.DATASET',
      description: 'Where the tables of the cut records are, and those of the results.',
    },
    parts: {
      type: 'string',
      valueHint: 'gs://BUCKET/PREFIX',
      description: 'Write rows and rejects as Parquet below this, and not into tables.',
    },
  },
  examples: [
    'daybreak contract sql order_details --header OrderDetails.csv --dataset my-project.daybreak_rebuild',
    'daybreak contract sql order_details --parts gs://my-bucket/parts/order_details/2026-11-13/185129',
  ],
  async run(call) {
    const { args, context, output } = call
    const contract = await findContract(call, args.contract)
    const header = args.header ? await readHeaderOf(readPath('--header', args.header, context.cwd)) : headerOf(contract)
    const tables = rebuildTables(args.dataset, contract.stream)
    const transform = compileToBigquery(contract, { header, tables })
    return output.raw(
      scriptSql(transform, args.parts ? { kind: 'parts', uri: args.parts } : { kind: 'tables', ...tables }),
    )
  },
})

const headerOf = ({ columns }: Contract): readonly string[] =>
  columns.map((column) => headersOf(column)[0] ?? column.name)

async function readHeaderOf(path: string): Promise<readonly string[]> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const start = Buffer.alloc(Math.min(size, START_BYTES))
    await file.read(start, 0, start.length, 0)
    return headerAt(start, { name: path, bytes: size }).names
  } finally {
    await file.close()
  }
}
