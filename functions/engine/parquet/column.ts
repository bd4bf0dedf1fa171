import { zstdCompressSync } from 'node:zlib'
import { Temporal } from 'temporal-polyfill'
import type { ColumnChunk } from './footer.ts'
import { i32, i64, listOf, struct, type ThriftStruct, type ThriftValue, writeStruct } from './thrift.ts'

/** Numbers of parquet.thrift for the types of the columns written here. */
const TYPES = {
  string: { physical: 6, converted: 0 },
  date: { physical: 1, converted: 6 },
  int64: { physical: 2, converted: 18 },
  float64: { physical: 5, converted: null },
  numeric: { physical: 7, converted: 5 },
  datetime: { physical: 2, converted: 10 },
} as const
// Setting up the compression of a page takes longer than writing a kilobyte.
const LEAST_COMPRESSED = 1_000
/** Of a `numeric` column: what BigQuery calls NUMERIC, as DuckDB stores it. */
const NUMERIC = { bytes: 16, digits: 38, scale: 9 }
const PLAIN = 0
const PLAIN_DICTIONARY = 2
const RLE = 3
const UNCOMPRESSED = 0
const ZSTD = 6
const DATA_PAGE = 0
const DICTIONARY_PAGE = 2
const OPTIONAL = 1
const EPOCH = Temporal.PlainDate.from('1970-01-01')

/** Column of a Parquet file. */
export interface ColumnType {
  readonly name: string
  readonly type: keyof typeof TYPES
}

/** One column of one row group, ready to be written. */
export interface MadeChunk {
  readonly chunk: ColumnChunk
  readonly bytes: Buffer
}

/** How the schema of a file declares a column: optional, as DuckDB declares all of its own. */
export function schemaElement({ name, type }: ColumnType): ThriftValue {
  const { physical, converted } = TYPES[type]
  const decimal = type === 'numeric'
  return struct([
    [1, i32(physical)],
    ...(decimal ? [[2, i32(NUMERIC.bytes)] as const] : []),
    [3, i32(OPTIONAL)],
    [4, binary(Buffer.from(name))],
    ...(converted === null ? [] : [[6, i32(converted)] as const]),
    ...(decimal ? [[7, i32(NUMERIC.scale)] as const, [8, i32(NUMERIC.digits)] as const] : []),
  ])
}

/** A column that has one value in all rows: a dictionary of it, and one run of its index. Fifty bytes for any number of rows. */
export function constantChunk(column: ColumnType, value: Buffer, rows: number): MadeChunk {
  const stored = column.type === 'string' ? Buffer.concat([uint32(value.length), value]) : value
  const dictionary = page(DICTIONARY_PAGE, stored, [
    7,
    struct([
      [1, i32(1)],
      [2, i32(PLAIN_DICTIONARY)],
    ]),
  ])
  const indices = Buffer.concat([levels(rows), Buffer.from([1]), run(rows, 0)])
  const data = page(DATA_PAGE, indices, [5, dataPage(rows, PLAIN_DICTIONARY)])
  const bytes = Buffer.concat([dictionary, data])
  const sizes = { values: rows, uncompressed: bytes.length, compressed: bytes.length }
  const places = [
    [9, i64(dictionary.length)],
    [11, i64(0)],
  ] as const
  const meta = columnMeta(column, {
    ...sizes,
    codec: UNCOMPRESSED,
    encodings: [PLAIN_DICTIONARY, RLE],
    places,
    min: value,
    max: value,
  })
  return { chunk: { name: column.name, offset: 0, bytes: bytes.length, uncompressed: bytes.length, meta }, bytes }
}

/** An int64 column without NULLs, smallest value first and largest last: one page of plain values, compressed. */
export function ascendingChunk(column: ColumnType, values: BigInt64Array): MadeChunk {
  const plain = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  const body = Buffer.concat([levels(values.length), plain])
  const compressed = zstdCompressSync(body)
  const bytes = page(DATA_PAGE, compressed, [5, dataPage(values.length, PLAIN)], body.length)
  const uncompressed = bytes.length - compressed.length + body.length
  const sizes = { values: values.length, uncompressed, compressed: bytes.length }
  // Copies: a view would keep all values in memory until the footer is written.
  const ends = { min: Buffer.from(plain.subarray(0, 8)), max: Buffer.from(plain.subarray(plain.length - 8)) }
  const meta = columnMeta(column, { ...sizes, codec: ZSTD, encodings: [PLAIN, RLE], places: [[9, i64(0)]], ...ends })
  return { chunk: { name: column.name, offset: 0, bytes: bytes.length, uncompressed, meta }, bytes }
}

/** A column of any values: one page of them as they are, compressed where that saves more than it costs. */
export function plainChunk(column: ColumnType, values: readonly (Buffer | null)[]): MadeChunk {
  const stored = values.filter((value) => value !== null)
  const plain = column.type === 'string' ? stored.flatMap((value) => [uint32(value.length), value]) : stored
  const body = Buffer.concat([levelsOf(values), ...plain])
  const codec = body.length < LEAST_COMPRESSED ? UNCOMPRESSED : ZSTD
  const content = codec === ZSTD ? zstdCompressSync(body) : body
  const bytes = page(DATA_PAGE, content, [5, dataPage(values.length, PLAIN)], body.length)
  const uncompressed = bytes.length - content.length + body.length
  const sizes = { values: values.length, uncompressed, compressed: bytes.length }
  const meta = columnMeta(column, {
    ...{ ...sizes, codec, encodings: [PLAIN, RLE], places: [[9, i64(0)]] },
    nulls: values.length - stored.length,
  })
  return { chunk: { name: column.name, offset: 0, bytes: bytes.length, uncompressed, meta }, bytes }
}

/** A value as its column stores it, e.g. UTF-8, days since 1970-01-01, or microseconds of a clock without a zone. */
export function plainValue(type: ColumnType['type'], text: string): Buffer {
  if (type === 'string') return Buffer.from(text)
  if (type === 'numeric') return numericValue(text)
  const bytes = Buffer.alloc(type === 'date' ? 4 : 8)
  if (type === 'date') bytes.writeInt32LE(EPOCH.until(Temporal.PlainDate.from(text)).days)
  else if (type === 'int64') bytes.writeBigInt64LE(BigInt(text))
  else if (type === 'datetime') bytes.writeBigInt64LE(BigInt(Date.parse(`${text.replace(' ', 'T')}Z`)) * 1000n)
  else bytes.writeDoubleLE(Number(text))
  return bytes
}

// Decimals are stored with the highest byte first.
function numericValue(text: string): Buffer {
  const [whole = '', fraction = ''] = text.split('.')
  if (fraction.length > NUMERIC.scale) throw new TypeError(`${text} has more than ${NUMERIC.scale} decimals`)
  const units = BigInt(whole + fraction.padEnd(NUMERIC.scale, '0'))
  const bytes = Buffer.alloc(NUMERIC.bytes)
  bytes.writeBigInt64BE(units >> 64n)
  bytes.writeBigUInt64BE(BigInt.asUintN(64, units), 8)
  return bytes
}

const binary = (bytes: Buffer): ThriftValue => ({ type: 8, bytes })

function uint32(number: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(number)
  return bytes
}

/** Run-length encoding of one value of one bit, so many times. */
function run(times: number, value: 0 | 1): Buffer {
  const bytes: number[] = []
  let rest = times * 2
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return Buffer.from([...bytes, rest, value])
}

// Definition levels: every value is there.
function levels(values: number): Buffer {
  const ones = run(values, 1)
  return Buffer.concat([uint32(ones.length), ones])
}

function levelsOf(values: readonly (Buffer | null)[]): Buffer {
  const runs: Buffer[] = []
  for (let start = 0; start < values.length; ) {
    const isThere = values[start] !== null
    let end = start
    while (end < values.length && (values[end] !== null) === isThere) end++
    runs.push(run(end - start, isThere ? 1 : 0))
    start = end
  }
  const bytes = Buffer.concat(runs)
  return Buffer.concat([uint32(bytes.length), bytes])
}

function dataPage(values: number, encoding: number): ThriftValue {
  return struct([
    [1, i32(values)],
    [2, i32(encoding)],
    [3, i32(RLE)],
    [4, i32(RLE)],
  ])
}

function page(
  type: number,
  content: Buffer,
  details: readonly [number, ThriftValue],
  uncompressed = content.length,
): Buffer {
  const header = writeStruct(new Map([[1, i32(type)], [2, i32(uncompressed)], [3, i32(content.length)], details]))
  return Buffer.concat([header, content])
}

interface MetaInput {
  readonly values: number
  readonly uncompressed: number
  readonly compressed: number
  readonly codec: number
  readonly encodings: readonly number[]
  readonly places: readonly (readonly [number, ThriftValue])[]
  readonly nulls?: number
  readonly min?: Buffer
  readonly max?: Buffer
}

function columnMeta(
  { name, type }: ColumnType,
  { values, uncompressed, compressed, codec, encodings, places, nulls = 0, min, max }: MetaInput,
): ThriftStruct {
  const statistics = struct([
    [3, i64(nulls)],
    ...(max ? [[5, binary(max)] as const] : []),
    ...(min ? [[6, binary(min)] as const] : []),
  ])
  return new Map([
    [1, i32(TYPES[type].physical)],
    [2, listOf(encodings.map(i32))],
    [3, listOf([binary(Buffer.from(name))])],
    [4, i32(codec)],
    [5, i64(values)],
    [6, i64(uncompressed)],
    [7, i64(compressed)],
    ...places,
    [12, statistics],
  ])
}
