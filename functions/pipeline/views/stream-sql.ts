import type { Contract } from '../../contract/contract.ts'
import { tableOf } from '../../contract/table.ts'
import { DaybreakError } from '../../errors.ts'
import { didYouMean } from '../../lib/did-you-mean.ts'
import type { Dialect } from '../../sql/dialect.ts'
import { isHourly, windowsBetweenSql } from '../../sql/window-literal.ts'
import type { BusinessDate } from '../entities.ts'

/** Days of a stream; without `from` or `to` the first or last that there is. */
interface StreamDays {
  readonly stream: string
  readonly from?: BusinessDate | undefined
  readonly to?: BusinessDate | undefined
  /** Shards to take; all if absent or empty. */
  readonly shards?: readonly string[]
}

/**
 * Pure: the query for all rows of these days, in the order of the files. Contracts are by pipeline and stream.
 * @throws {DaybreakError} USAGE_INVALID for an unknown stream, or for days or shards of a stream whose rows do not say theirs.
 */
export function streamSql(
  { stream, from, to, shards = [] }: StreamDays,
  contracts: ReadonlyMap<string, ReadonlyMap<string, Contract>>,
  { identifier: id, literal }: Pick<Dialect, 'identifier' | 'literal'>,
): string {
  const known = [...contracts].flatMap(([pipeline, all]) =>
    [...all].map(([name, contract]) => ({ pipeline, name, contract })),
  )
  const found = known.find(({ name }) => name === stream)
  if (!found) {
    const names = known.map(({ name }) => name)
    const message = `there is no stream ${JSON.stringify(stream)}; expected one of ${names.join(', ')}.${didYouMean(stream, names)}`
    throw new DaybreakError('USAGE_INVALID', message)
  }
  const table = tableOf(found.contract, found.pipeline)
  const { columns, partitionColumn, shardColumn } = table
  const held = new Set(columns.map(({ name }) => name))
  const order = [partitionColumn, shardColumn, '_source_file', '_row_number'].flatMap((name) =>
    name !== null && held.has(name) ? [id(name)] : [],
  )
  const sorted = order.length > 0 ? ` ORDER BY ${order.join(', ')}` : ''
  const selected = `SELECT * FROM ${id(found.pipeline)}.${id(found.name)}`
  if (shards.length > 0 && (shardColumn === null || !held.has(shardColumn)))
    throw new DaybreakError('USAGE_INVALID', `rows of ${found.name} do not say their shard`)
  const some =
    shards.length > 0 && shardColumn !== null ? `${id(shardColumn)} IN (${shards.map(literal).join(', ')})` : null
  if (partitionColumn === null) {
    if (from === undefined && to === undefined) return `${selected}${some === null ? '' : ` WHERE ${some}`}${sorted}`
    const message = `--from and --to need a date column, and ${found.name} has none for its days`
    throw new DaybreakError('USAGE_INVALID', message)
  }
  const days = windowsBetweenSql(id(partitionColumn), { from, to }, isHourly(table))
  return `${selected} WHERE ${days}${some === null ? '' : ` AND ${some}`}${sorted}`
}
