import type { ColumnType } from '../../contract/contract.ts'
import { isHourly, windowsBetweenSql } from '../../sql/window-literal.ts'
import type { Table, Warehouse } from '../destination.ts'
import type { BusinessDate } from '../entities.ts'
import { noneYet } from './none-yet.ts'

/** Profiles to read: of one stream and a range of dates. Absent members match all. */
interface ProfileFilter {
  readonly stream: string
  readonly from: BusinessDate
  readonly to: BusinessDate
  readonly shards?: readonly string[]
  readonly columns?: readonly string[]
}

/** How the numbers of one file are spread. */
interface Spread {
  readonly q05: number
  readonly q25: number
  readonly q50: number
  readonly q75: number
  readonly q95: number
}

/** A value that is in at least five rows of a file. */
interface FrequentValue {
  readonly value: string
  readonly rows: number
}

/** Profile of a column on one date: of one file, or of the files of several shards together. */
export interface ProfilePoint {
  readonly window: BusinessDate
  readonly column: string
  readonly type: string
  /** Files that it is of. */
  readonly files: number
  readonly rows: number
  readonly nulls: number
  /** Of several files that of the file with the most. */
  readonly distinct: number
  readonly min: string | null
  readonly max: string | null
  /** Exact, as decimal text. */
  readonly sum: string | null
  readonly mean: number | null
  readonly lengths: { readonly min: number; readonly max: number; readonly mean: number } | null
  /** Null for several files: quantiles do not add up. */
  readonly spread: Spread | null
  /** Most frequent first; empty for several files. */
  readonly frequent: readonly FrequentValue[]
}

type Readable = Pick<Warehouse, 'query' | 'dialect'>

/**
 * Profiles of a stream by date, then in the order of the table's rows by name. One statement over the partitions of the range; the
 * files of several shards are added up in the warehouse, so the answer has a row per date and column.
 */
export async function readProfiles(
  warehouse: Readable,
  table: Table,
  filter: ProfileFilter,
): Promise<readonly ProfilePoint[]> {
  const { rows } = await warehouse.query(profilesSql(warehouse, table, filter)).catch(noneYet)
  return rows.map(pointOf)
}

const NUMBERS: readonly ColumnType[] = ['int64', 'numeric', 'float64']

function profilesSql({ dialect }: Readable, table: Table, filter: ProfileFilter): string {
  const { identifier: id, literal } = dialect
  const float = (sql: string) => `CAST(${sql} AS ${dialect.type({ type: 'float64' })})`
  const text = (sql: string) => `CAST(${sql} AS ${dialect.type({ type: 'string' })})`
  const isNumber = `type IN (${NUMBERS.map(literal).join(', ')})`
  // Of one file the text itself; numbers of several are compared as numbers, everything else sorts as text.
  const end = (which: 'min' | 'max') => {
    const value = id(`${which}_value`)
    const number = text(`${which}(CASE WHEN ${isNumber} THEN ${float(value)} END)`)
    return `CASE WHEN count(*) = 1 THEN max(${value}) ELSE coalesce(${number}, ${which}(CASE WHEN NOT ${isNumber} THEN ${value} END)) END`
  }
  const ofOne = (column: string) => `CASE WHEN count(*) = 1 THEN max(${id(column)}) END`
  const filled = float('(row_count - null_count)')
  const date = id(table.partitionColumn ?? '')
  const within = (column: string, values: readonly string[] | undefined) =>
    values ? [`${id(column)} IN (${values.map(literal).join(', ')})`] : []
  return [
    `SELECT ${[
      ...[date, id('column'), 'max(type)', 'count(*)', 'sum(row_count)', 'sum(null_count)', 'max(distinct_count)'],
      ...[
        end('min'),
        end('max'),
        'sum(sum_value)',
        `sum(mean_value * ${filled}) / nullif(sum(CASE WHEN mean_value IS NOT NULL THEN ${filled} END), 0)`,
      ],
      ...['min(min_length)', 'max(max_length)'],
      `sum(mean_length * ${filled}) / nullif(sum(CASE WHEN mean_length IS NOT NULL THEN ${filled} END), 0)`,
      ...['quantile_05', 'quantile_25', 'quantile_50', 'quantile_75', 'quantile_95', 'top_values'].map(ofOne),
    ].join(', ')}`,
    `FROM ${id(table.schema)}.${id(table.name)}`,
    `WHERE ${[
      windowsBetweenSql(date, filter, isHourly(table)),
      `stream = ${literal(filter.stream)}`,
      ...(table.shardColumn === null ? [] : within(table.shardColumn, filter.shards)),
      ...within('column', filter.columns),
    ].join(' AND ')}`,
    `GROUP BY ${date}, ${id('column')}`,
    `ORDER BY ${date}, ${id('column')}`,
  ].join('\n')
}

function pointOf(row: readonly (string | null)[]): ProfilePoint {
  const [window, column, type, files, rows, nulls, distinct, min, max, sum, mean, shortest, longest, length, ...rest] =
    row
  const [q05, q25, q50, q75, q95] = rest.map(numberOf)
  const isSpread = q05 != null && q25 != null && q50 != null && q75 != null && q95 != null
  const lengths = [numberOf(shortest), numberOf(longest), numberOf(length)]
  return {
    ...{ window: window ?? '', column: column ?? '', type: type ?? '' },
    ...{ files: Number(files), rows: Number(rows), nulls: Number(nulls), distinct: Number(distinct) },
    ...{ min: min ?? null, max: max ?? null, sum: sum ?? null, mean: numberOf(mean) },
    lengths:
      lengths[0] == null || lengths[1] == null ? null : { min: lengths[0], max: lengths[1], mean: lengths[2] ?? 0 },
    spread: isSpread ? { q05, q25, q50, q75, q95 } : null,
    frequent: frequentOf(rest[5]),
  }
}

function numberOf(text: string | null | undefined): number | null {
  return text === null || text === undefined || text === '' ? null : Number(text)
}

function frequentOf(text: string | null | undefined): readonly FrequentValue[] {
  const parsed: unknown = JSON.parse(text || '[]')
  if (!Array.isArray(parsed)) return []
  return parsed.map(({ value, rows }: { value: unknown; rows: unknown }) => ({
    value: String(value),
    rows: Number(rows),
  }))
}
