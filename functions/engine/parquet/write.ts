import { assemble } from './assemble.ts'
import { type ColumnType, constantChunk, type MadeChunk, plainChunk, plainValue, schemaElement } from './column.ts'
import { emptyFooter, listRowGroup, MAGIC, writeFooter } from './footer.ts'

/** A column and its values, one per row. */
interface ValuesOfColumn extends ColumnType {
  readonly values: readonly (string | number | null)[]
}

/** A Parquet file of one row group. For tables of a few hundred rows: DuckDB would spend milliseconds on planning. */
export function parquetOf(columns: readonly ValuesOfColumn[]): Buffer {
  const chunks = columns.map(chunkOf)
  const rows = columns[0]?.values.length ?? 0
  const { rowGroup } = assemble({ rows, columns: [] }, chunks, MAGIC.length)
  const footer = writeFooter(emptyFooter(), {
    rowGroups: [listRowGroup(rowGroup, 0)],
    added: columns.map(schemaElement),
  })
  return Buffer.concat([MAGIC, ...chunks.map(({ bytes }) => bytes), footer])
}

function chunkOf(column: ValuesOfColumn): MadeChunk {
  const { type, values } = column
  const [first = null] = values
  if (first !== null && values.every((value) => value === first))
    return constantChunk(column, plainValue(type, String(first)), values.length)
  const stored = values.map((value) => (value === null ? null : plainValue(type, String(value))))
  return plainChunk(column, stored)
}
