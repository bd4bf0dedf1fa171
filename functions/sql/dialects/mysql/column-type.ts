import type { ColumnType } from '../../../contract/contract.ts'
import { decimalPlaces, numericPrecision } from '../../../contract/sql-type.ts'
import type { Relation, RelationColumn } from '../../relation.ts'

const TYPES = {
  int64: 'BIGINT',
  float64: 'DOUBLE',
  bool: 'BOOLEAN',
  date: 'DATE',
  time: 'TIME(6)',
  datetime: 'DATETIME(6)',
  // TIMESTAMP ends in 2038 there; this holds the UTC time.
  timestamp: 'DATETIME(6)',
} as const satisfies Record<Exclude<ColumnType, 'numeric' | 'string'>, string>

/** Bytes of an index of InnoDB. */
const INDEX_BYTES = 3_072
/** Bytes of a character of utf8mb4. */
const CHARACTER_BYTES = 4
/** Enough for every other type of a column. */
const OTHER_BYTES = 17
const LONGEST_INDEXED = 255

/** MySQL type of a column. A text of a key or index has a length, because an index holds only so many bytes. */
export function mysqlType(column: RelationColumn, relation: Relation): string {
  if (column.type === 'string') {
    const length = indexedLength(column, relation)
    return length === null ? 'LONGTEXT' : `VARCHAR(${length})`
  }
  if (column.type !== 'numeric') return TYPES[column.type]
  const scale = decimalPlaces(column)
  return `DECIMAL(${numericPrecision(scale)},${scale})`
}

/** Characters that fit when every index with the column holds its columns in equal parts; null for one in no index. */
function indexedLength(
  { name }: RelationColumn,
  { primaryKey, unique, foreignKeys, columns }: Relation,
): number | null {
  const isText = new Set(columns.filter(({ type }) => type === 'string').map((column) => column.name))
  const indexes = [primaryKey, ...unique, ...foreignKeys.map((key) => key.columns)].filter((key) => key.includes(name))
  if (indexes.length === 0) return null
  const rooms = indexes.map((key) => {
    const texts = key.filter((each) => isText.has(each)).length
    return Math.floor((INDEX_BYTES - (key.length - texts) * OTHER_BYTES) / texts / CHARACTER_BYTES)
  })
  return Math.min(LONGEST_INDEXED, ...rooms)
}
