import { i32, i64, listOf, readStruct, struct, type ThriftStruct, type ThriftValue, writeStruct } from './thrift.ts'

// Field numbers of parquet.thrift.
const FILE = { version: 1, schema: 2, rows: 3, rowGroups: 4, createdBy: 6, columnOrders: 7 }
const ROOT = { children: 5 }
const ROW_GROUP = { columns: 1, bytes: 2, rows: 3, fileOffset: 5, compressedBytes: 6, ordinal: 7 }
const CHUNK = { fileOffset: 2, meta: 3 }
const META = { path: 3, uncompressed: 6, compressed: 7, dataPage: 9, dictionaryPage: 11, bloomFilter: 14 }

/** One column of one row group: consecutive bytes of the file, and how the footer describes them. */
export interface ColumnChunk {
  readonly name: string
  readonly offset: number
  readonly bytes: number
  readonly uncompressed: number
  readonly meta: ThriftStruct
}

/** Row group of a Parquet file. */
export interface RowGroup {
  readonly rows: number
  readonly columns: readonly ColumnChunk[]
}

/** Contents of the footer of a Parquet file. */
export interface Footer {
  readonly fields: ThriftStruct
  readonly rowGroups: readonly RowGroup[]
}

/** `PAR1`, which stands at the start and the end of every Parquet file. */
export const MAGIC = Buffer.from('PAR1')

/** Bytes of the footer, from the last eight bytes of a file. @throws {TypeError} when they are not the end of a Parquet file. */
export function footerBytes(tail: Buffer): number {
  if (!tail.subarray(4, 8).equals(MAGIC)) throw new TypeError('not a Parquet file')
  return tail.readUInt32LE(0)
}

/** Rows of a whole Parquet file. @throws {TypeError} when it is none. */
export function countRows(file: Buffer): number {
  const length = footerBytes(file.subarray(-8))
  return readFooter(file.subarray(file.length - 8 - length, -8)).rowGroups.reduce((sum, { rows }) => sum + rows, 0)
}

/** @throws {TypeError} for a file with features that DuckDB does not write, such as bloom filters outside the row groups. */
export function readFooter(bytes: Buffer): Footer {
  const fields = readStruct(bytes)
  return { fields, rowGroups: items(fields, FILE.rowGroups).map(readRowGroup) }
}

/** How a file stores the values of a column. */
export interface StoredColumn {
  readonly name: string
  /** Number of the physical type in parquet.thrift. */
  readonly physical: number
  /** Bytes of a value of fixed length; 0 for others. */
  readonly length: number
  /** Digits behind the point of a decimal; 0 for others. */
  readonly scale: number
}

/** The columns of a file of flat rows, in order. */
export function storedColumns({ fields }: Footer): readonly StoredColumn[] {
  const [, ...columns] = items(fields, FILE.schema).map(fieldsOf)
  return columns.map((column) => {
    const name = column.get(4)
    const number = (id: number) => (column.has(id) ? integer(column, id) : 0)
    return {
      name: name && 'bytes' in name ? name.bytes.toString() : '',
      ...{ physical: number(1), length: number(2), scale: number(7) },
    }
  })
}

/** The footer of a file of no columns, for `writeFooter` to add them. */
export function emptyFooter(): Footer {
  const root = struct([
    [4, { type: 8, bytes: Buffer.from('schema') }],
    [ROOT.children, i32(0)],
  ])
  const created = { type: 8, bytes: Buffer.from('daybreak') } as const
  const fields = new Map<number, ThriftValue>([
    [FILE.version, i32(1)],
    [FILE.schema, listOf([root])],
    [FILE.rows, i64(0)],
    [FILE.rowGroups, listOf([])],
    [FILE.createdBy, created],
  ])
  return { fields, rowGroups: [] }
}

function readRowGroup(value: ThriftValue): RowGroup {
  const group = fieldsOf(value)
  return { rows: integer(group, ROW_GROUP.rows), columns: items(group, ROW_GROUP.columns).map(readChunk) }
}

function readChunk(value: ThriftValue): ColumnChunk {
  const meta = fieldsOf(fieldsOf(value).get(CHUNK.meta))
  if (meta.has(META.bloomFilter)) throw new TypeError('a bloom filter cannot be moved')
  const dataPage = integer(meta, META.dataPage)
  const dictionaryPage = meta.has(META.dictionaryPage) ? integer(meta, META.dictionaryPage) : dataPage
  const path = items(meta, META.path)
  return {
    name: path.map((part) => ('bytes' in part ? part.bytes.toString() : '')).join('.'),
    offset: Math.min(dataPage, dictionaryPage),
    bytes: integer(meta, META.compressed),
    uncompressed: integer(meta, META.uncompressed),
    meta,
  }
}

/** A row group as the footer lists it. */
export interface ListedRowGroup {
  readonly rows: number
  readonly value: ThriftValue
}

/** The footer of a file with these row groups, in order; `added` columns end its schema. */
export function writeFooter(
  { fields: first }: Footer,
  { rowGroups, added }: { readonly rowGroups: readonly ListedRowGroup[]; readonly added: readonly ThriftValue[] },
): Buffer {
  const fields = new Map(first)
  const [root, ...columns] = items(first, FILE.schema)
  const rootFields = new Map(fieldsOf(root))
  rootFields.set(ROOT.children, i32(columns.length + added.length))
  fields.set(FILE.schema, listOf([struct(rootFields), ...columns, ...added]))
  if (first.has(FILE.columnOrders)) {
    const byType = struct([[1, struct([])]])
    fields.set(FILE.columnOrders, listOf([...items(first, FILE.columnOrders), ...added.map(() => byType)]))
  }
  fields.set(FILE.rows, i64(rowGroups.reduce((sum, group) => sum + group.rows, 0)))
  fields.set(FILE.rowGroups, listOf(rowGroups.map(({ value }) => value)))
  const bytes = writeStruct(fields)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes.length)
  return Buffer.concat([bytes, length, MAGIC])
}

/**
 * Lists a row group, whose chunks say where they stand in the file; `ordinal` counts from 0. It is written at once: a gigabyte
 * has hundreds of row groups, and as structures they would take a hundred times the memory until the end of the file.
 */
export function listRowGroup({ rows, columns }: RowGroup, ordinal: number): ListedRowGroup {
  const total = (size: (chunk: ColumnChunk) => number) => columns.reduce((sum, chunk) => sum + size(chunk), 0)
  const fields: readonly (readonly [number, ThriftValue])[] = [
    [
      ROW_GROUP.columns,
      listOf(
        columns.map(({ meta }) =>
          struct([
            [CHUNK.fileOffset, i64(0)],
            [CHUNK.meta, { type: 12, fields: meta }],
          ]),
        ),
      ),
    ],
    [ROW_GROUP.bytes, i64(total(({ uncompressed }) => uncompressed))],
    [ROW_GROUP.rows, i64(rows)],
    [ROW_GROUP.fileOffset, i64(columns[0]?.offset ?? 0)],
    [ROW_GROUP.compressedBytes, i64(total(({ bytes }) => bytes))],
    [ROW_GROUP.ordinal, { type: 4, number: ordinal }],
  ]
  return { rows, value: { type: 12, written: writeStruct(new Map(fields)) } }
}

/** The same chunk at another place of another file. */
export function moveChunk(chunk: ColumnChunk, offset: number): ColumnChunk {
  const meta = new Map(chunk.meta)
  for (const field of [META.dataPage, META.dictionaryPage])
    if (meta.has(field)) meta.set(field, i64(integer(meta, field) + offset - chunk.offset))
  return { ...chunk, offset, meta }
}

/** Items of a list. @throws {TypeError} when the field is none. */
export function items(fields: ThriftStruct, id: number): readonly ThriftValue[] {
  const value = fields.get(id)
  if (!value || !('items' in value)) throw new TypeError(`field ${id} is not a list`)
  return value.items
}

/** @throws {TypeError} when the field is no number. */
export function integer(fields: ThriftStruct, id: number): number {
  const value = fields.get(id)
  if (!value || !('number' in value)) throw new TypeError(`field ${id} is not a number`)
  return value.number
}

/** @throws {TypeError} when the value is no structure. */
export function fieldsOf(value: ThriftValue | undefined): ThriftStruct {
  if (!value || !('fields' in value)) throw new TypeError('expected a structure')
  return value.fields
}
