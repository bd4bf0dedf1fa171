import { zstdDecompressSync } from 'node:zlib'
import { type ColumnChunk, fieldsOf, integer, type StoredColumn } from './footer.ts'
import { readStructAt } from './thrift.ts'

/** A value as Parquet stores it: text, a number of a 64-bit fraction or of 32 bits, a whole number, or yes and no. */
type StoredValue = string | number | bigint | boolean

/** The values of a column: each with the rows that it stands in. */
export interface CountedColumn {
  readonly nulls: number
  readonly values: ReadonlyMap<StoredValue, number>
}

const DATA_PAGE = 0
const DICTIONARY_PAGE = 2
const PLAIN = 0
const DICTIONARIES = [2, 8]
const PAGE = { type: 1, uncompressed: 2, compressed: 3, data: 5 }
const CODEC = 4
const CODECS = { none: 0, zstd: 6 }

/**
 * Counts the values of a column from the pages of a file that DuckDB wrote for us: optional flat columns, plain or by dictionary.
 * Only the distinct values are made, so most columns cost less than asking DuckDB for them. @throws {TypeError} for other pages.
 */
export function countColumn(file: Buffer, column: StoredColumn, chunks: readonly ColumnChunk[]): CountedColumn {
  const values = new Map<StoredValue, number>()
  const count = (value: StoredValue | undefined, rows: number) => {
    if (value === undefined) throw new TypeError(`${column.name} has an index beyond its dictionary`)
    values.set(value, (values.get(value) ?? 0) + rows)
  }
  let nulls = 0
  for (const chunk of chunks) {
    let dictionary: readonly StoredValue[] = []
    for (const page of pagesOf(file, chunk)) {
      if (page.type === DICTIONARY_PAGE) {
        dictionary = plainValues(page.content, 0, column, Number.POSITIVE_INFINITY)
        continue
      }
      const start = 4 + page.content.readUInt32LE(0)
      const present = sumOfLevels(page.content.subarray(4, start), page.values)
      nulls += page.values - present
      if (page.encoding === PLAIN) {
        for (const value of plainValues(page.content, start, column, present)) count(value, 1)
      } else if (DICTIONARIES.includes(page.encoding)) {
        const rows = countIndices(page.content, start, { present, size: dictionary.length })
        for (const [index, of] of rows.entries()) if (of > 0) count(dictionary[index], of)
      } else throw new TypeError(`${column.name} has a page of encoding ${page.encoding}`)
    }
  }
  return { nulls, values }
}

interface Page {
  readonly type: number
  readonly values: number
  readonly encoding: number
  readonly content: Buffer
}

function* pagesOf(file: Buffer, { offset, bytes, meta }: ColumnChunk): Generator<Page> {
  const codec = integer(meta, CODEC)
  if (codec !== CODECS.none && codec !== CODECS.zstd) throw new TypeError(`pages of codec ${codec}`)
  for (let at = offset; at < offset + bytes; ) {
    const { fields, end } = readStructAt(file, at)
    const type = integer(fields, PAGE.type)
    const stored = file.subarray(end, end + integer(fields, PAGE.compressed))
    at = end + stored.length
    if (type !== DATA_PAGE && type !== DICTIONARY_PAGE) throw new TypeError(`a page of type ${type}`)
    const data = type === DATA_PAGE ? fieldsOf(fields.get(PAGE.data)) : null
    yield {
      ...{ type, values: data ? integer(data, 1) : 0, encoding: data ? integer(data, 2) : PLAIN },
      content: codec === CODECS.zstd ? zstdDecompressSync(stored) : stored,
    }
  }
}

function plainValues(bytes: Buffer, start: number, column: StoredColumn, most: number): readonly StoredValue[] {
  const values: StoredValue[] = []
  let at = start
  const { physical, length } = column
  const next = NEXT[physical]
  if (physical !== BOOLEAN && !next) throw new TypeError(`${column.name} has values of the physical type ${physical}`)
  while (values.length < most && (next ? at < bytes.length : true)) {
    if (!next) {
      values.push(((bytes[start + (values.length >> 3)] ?? 0) & (1 << (values.length & 7))) !== 0)
      continue
    }
    const { value, end } = next(bytes, at, length)
    values.push(value)
    at = end
  }
  return values
}

const BOOLEAN = 0

type Next = (bytes: Buffer, at: number, length: number) => { readonly value: StoredValue; readonly end: number }

/** How the next plain value is read, by the number of the physical type. */
const NEXT: Readonly<Record<number, Next>> = {
  1: (bytes, at) => ({ value: bytes.readInt32LE(at), end: at + 4 }),
  2: (bytes, at) => ({ value: bytes.readBigInt64LE(at), end: at + 8 }),
  5: (bytes, at) => ({ value: bytes.readDoubleLE(at), end: at + 8 }),
  6: (bytes, at) => {
    const end = at + 4 + bytes.readUInt32LE(at)
    return { value: bytes.toString('utf8', at + 4, end), end }
  },
  7: (bytes, at, length) => ({ value: bigEndian(bytes, at, length), end: at + length }),
}

// Decimals of more than 18 digits have the highest byte first.
function bigEndian(bytes: Buffer, at: number, length: number): bigint {
  let value = 0n
  for (let place = 0; place < length; place++) value = (value << 8n) | BigInt(bytes[at + place] ?? 0)
  return BigInt.asIntN(8 * length, value)
}

/** Values that are there: definition levels are one bit, in runs and in groups of eight. */
function sumOfLevels(bytes: Buffer, values: number): number {
  let present = 0
  hybrid(bytes, 0, { width: 1, values }, (level, times) => {
    present += level * times
  })
  return present
}

function countIndices(
  bytes: Buffer,
  start: number,
  { present, size }: { readonly present: number; readonly size: number },
): readonly number[] {
  const rows: number[] = new Array(size).fill(0)
  const width = bytes[start] ?? 0
  hybrid(bytes, start + 1, { width, values: present }, (index, times) => {
    if (index >= size) throw new TypeError(`index ${index} beyond a dictionary of ${size} values`)
    rows[index] = (rows[index] ?? 0) + times
  })
  return rows
}

/** Reads Parquet's mixture of runs and packed groups. https://parquet.apache.org/docs/file-format/data-pages/encodings/ */
function hybrid(
  bytes: Buffer,
  start: number,
  { width, values }: { readonly width: number; readonly values: number },
  take: (value: number, times: number) => void,
): void {
  const wide = Math.ceil(width / 8)
  let [at, left] = [start, values]
  while (left > 0) {
    let [head, scale] = [0, 1]
    for (let more = true; more; scale *= 128) {
      const byte = bytes[at++] ?? 0
      head += (byte & 0x7f) * scale
      more = byte > 0x7f
    }
    const isPacked = head % 2 === 1
    const count = isPacked ? 8 * Math.floor(head / 2) : head / 2
    if (count === 0) throw new TypeError('an empty run')
    if (isPacked) packed(bytes, at, { width, values: Math.min(left, count) }, take)
    else take(wide === 0 ? 0 : bytes.readUIntLE(at, wide), Math.min(left, count))
    at += isPacked ? (count * width) / 8 : wide
    left -= count
  }
}

function packed(
  bytes: Buffer,
  start: number,
  { width, values }: { readonly width: number; readonly values: number },
  take: (value: number, times: number) => void,
): void {
  const mask = 2 ** width - 1
  let [at, held, bits] = [start, 0, 0]
  for (let read = 0; read < values; read++) {
    for (; bits < width; bits += 8) held |= (bytes[at++] ?? 0) << bits
    take(held & mask, 1)
    held >>>= width
    bits -= width
  }
}
