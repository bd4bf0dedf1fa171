import { join } from 'node:path'
import type pg from 'pg'
import { isTooMuch, type KeyComparison, type KeyOutcome } from '../../pipeline/destination.ts'
import { deletesSql } from '../../sql/deletes.ts'
import { quoteIdentifier } from '../../sql/dialects/postgres/quote.ts'
import { rowsOf } from './discover.ts'
import {
  type DestinationOptions,
  insertLoad,
  inTransaction,
  lock,
  recordedWindows,
  STAGE,
  stage,
  statusOf,
  writingOf,
} from './table-load.ts'
import { loadsTable, qualified } from './table-target.ts'

/** Deletes rows whose key is gone, in one transaction with the record of it. */
export async function compareKeys(
  client: pg.Client,
  comparison: KeyComparison,
  { toCsv, withScratch }: DestinationOptions,
): Promise<KeyOutcome> {
  const { table, part } = comparison
  const { columns, asText } = writingOf(table)
  await client.query(loadsTable(table.schema))
  return await withScratch(async (folder) => {
    const csv = part.rows === 0 ? null : join(folder, 'keys.csv')
    const places = columns.map((column, place) => ({ place, column, asText }))
    if (csv !== null) await toCsv([part.uri], places, csv)
    return await inTransaction(client, () => remove(client, comparison, csv))
  })
}

async function remove(client: pg.Client, comparison: KeyComparison, csv: string | null): Promise<KeyOutcome> {
  const { id, table, window, effect, column, at } = comparison
  const { key, number } = writingOf(table)
  const target = qualified(table)
  await lock(client, table)
  if ((await statusOf(client, { id, table, window })) !== null) return { is: 'used' }
  if (((await recordedWindows(client, table)).at(-1)?.number ?? 0) > number) return { is: 'moved' }
  if (effect === 'soft')
    await client.query(`ALTER TABLE ${target} ADD COLUMN IF NOT EXISTS ${quoteIdentifier(column)} timestamptz`)
  await stage(client, table, csv)
  await client.query(`ANALYZE ${STAGE}`)
  const sql = deletesSql({
    ...{ target, stage: STAGE, key: key.map(quoteIdentifier), at: `to_timestamp(${at / 1000})` },
    column: effect === 'soft' ? quoteIdentifier(column) : null,
  })
  const count = async (from: string) =>
    Number((await rowsOf(client, `SELECT count(*)::text AS n FROM ${from}`))[0]?.n ?? 0)
  const [rows, deleted] = [await count(sql.present), await count(sql.gone)]
  if (isTooMuch(comparison, rows, deleted)) return { is: 'refused', rows, deleted, most: comparison.most }
  if (deleted > 0) await client.query(sql.remove)
  const revived = sql.revive === null ? 0 : ((await client.query(sql.revive)).rowCount ?? 0)
  await insertLoad(
    client,
    { id, table, window, content: '' },
    { state: 'deleted', rows, inserted: revived, updated: deleted },
  )
  return { is: 'done', rows, deleted, revived }
}
