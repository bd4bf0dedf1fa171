import { z } from 'zod'
import type { Catalog } from './catalog.ts'
import { datasetOf, partitionSql, rowsOf, tableOf } from './catalog.ts'
import type { Rows } from './database.ts'
import { TableReference } from './load.ts'
import { notDone, Refusal } from './refusal.ts'
import { toDestination, write } from './write.ts'

/** A copy of one table or partition over another. */
export const CopyConfiguration = z.strictObject({
  sourceTable: TableReference,
  destinationTable: TableReference,
  createDisposition: z.enum(['CREATE_IF_NEEDED', 'CREATE_NEVER']).default('CREATE_IF_NEEDED'),
  writeDisposition: z.enum(['WRITE_TRUNCATE', 'WRITE_APPEND', 'WRITE_EMPTY']).default('WRITE_EMPTY'),
})
export type CopyConfiguration = z.infer<typeof CopyConfiguration>

export interface CopyResult {
  readonly copiedRows: number
}

/** Copies in the caller's transaction. BigQuery bills nothing for it. @throws {Refusal} */
export async function runCopy(
  { sourceTable, destinationTable, ...options }: CopyConfiguration,
  { catalog, location }: { readonly catalog: Catalog; readonly location: string },
  run: (sql: string) => Promise<Rows>,
): Promise<CopyResult> {
  const [from, destination] = [toDestination(sourceTable), toDestination(destinationTable)]
  const source = tableOf(catalog, from, location)
  datasetOf(catalog, destination.dataset, location)
  if (source.view) throw notDone('copies of views')
  const target = catalog.datasets.get(destination.dataset)?.tables.get(destination.table)
  const layout = (table: typeof source | undefined) =>
    JSON.stringify([table?.timePartitioning?.type, table?.timePartitioning?.field])
  if (target && (destination.partition !== null || from.partition !== null) && layout(source) !== layout(target))
    throw new Refusal(
      'invalid',
      'Incompatible table partitioning specification when copying to the column partitioned table',
    )
  const where = from.partition === null ? 'TRUE' : partitionSql(source, from.partition)
  const fields = source.schema.fields.map((field) => ({ field, sql: `"${field.name}"` }))
  const complaint = 'Provided Schema does not match the table that is copied over.'
  const copied = await write(
    catalog,
    {
      destination,
      options: { ...options, schemaUpdateOptions: [] },
      fields,
      source: `(SELECT * FROM ${rowsOf(from)} WHERE ${where})`,
      complaint,
    },
    run,
  )
  return { copiedRows: copied }
}
