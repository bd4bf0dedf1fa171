import { join } from 'node:path'
import type { Ports } from '../pipeline/ports.ts'
import type { PartRows } from '../pipeline/views/slice-diff.ts'

/** Reads the rows of parts in object storage, values as text. */
export function partRowsReader({
  objects,
  withScratch,
}: Pick<Ports, 'objects' | 'withScratch'>): (object: string) => Promise<PartRows> {
  return (object) =>
    withScratch(async (folder) => {
      const { readParquetRows } = await import('../adapters/duckdb/part-rows.ts')
      const path = join(folder, 'part.parquet')
      await objects.fetch(object, path)
      return await readParquetRows(path)
    })
}
