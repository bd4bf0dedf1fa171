import type { Contract } from '../../contract/contract.ts'
import { tableOf } from '../../contract/table.ts'
import { DaybreakError } from '../../errors.ts'
import { didYouMean } from '../../lib/did-you-mean.ts'
import type { Dialect } from '../../sql/dialect.ts'
import type { BusinessDate } from '../entities.ts'

/** Days of a stream; without `from` or `to` the first or last that there is. */
interface StreamDays {
  readonly stream: string
  readonly from?: BusinessDate | undefined
  readonly to?: BusinessDate | undefined
}

/**
 * Pure: the query for all rows of these days, in the order of the files. Contracts are by pipeline and stream.
 * @throws {DaybreakError} USAGE_INVALID for an unknown stream, or for days of a stream without a date column for them.
 */
export function streamSql(
  { stream, from, to }: StreamDays,
  contracts: ReadonlyMap<string, ReadonlyMap<string, Contract>>,
  { identifier: id }: Pick<Dialect, 'identifier'>,
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
  const { columns, partitionColumn, shardColumn } = tableOf(found.contract, found.pipeline)
  const held = new Set(columns.map(({ name }) => name))
  const order = [partitionColumn, shardColumn, '_source_file', '_row_number'].flatMap((name) =>
    name !== null && held.has(name) ? [id(name)] : [],
  )
  const sorted = order.length > 0 ? ` ORDER BY ${order.join(', ')}` : ''
  const selected = `SELECT * FROM ${id(found.pipeline)}.${id(found.name)}`
  if (partitionColumn === null) {
    if (from === undefined && to === undefined) return `${selected}${sorted}`
    const message = `--from and --to need a date column, and ${found.name} has none for its days`
    throw new DaybreakError('USAGE_INVALID', message)
  }
  const days = `BETWEEN DATE '${from ?? '0001-01-01'}' AND DATE '${to ?? '9999-12-31'}'`
  return `${selected} WHERE ${id(partitionColumn)} ${days}${sorted}`
}
