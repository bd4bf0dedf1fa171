import { join } from 'node:path'
import { isTooMuch, type KeyComparison, type KeyOutcome } from '../../pipeline/destination.ts'
import { deletesSql } from '../../sql/deletes.ts'
import { quoteIdentifier } from '../../sql/dialects/mysql/quote.ts'
import { describeTable } from './discover.ts'
import type { Client } from './table-client.ts'
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
  client: Client,
  comparison: KeyComparison,
  { toCsv, withScratch }: DestinationOptions,
): Promise<KeyOutcome> {
  const { table, part, effect, column } = comparison
  const { columns, key, asText } = writingOf(table)
  await client.run(loadsTable(table.schema))
  return await withScratch(async (folder) => {
    const csv = part.rows === 0 ? null : join(folder, 'keys.csv')
    const places = columns.map((one, place) => ({ place, column: one, asText }))
    if (csv !== null) await toCsv([part.uri], places, csv, 'NULL')
    await lock(client, table)
    // Statements that make tables and columns end a transaction, so they come before it.
    const found = await describeTable(client, table)
    if (effect === 'soft' && !found?.columns.some(({ name }) => name.toLowerCase() === column.toLowerCase()))
      await client.run(`ALTER TABLE ${qualified(table)} ADD COLUMN ${quoteIdentifier(column)} DATETIME(6) NULL`)
    await stage(client, { table, entries: [{ part }] }, csv)
    await client.run(`ALTER TABLE ${STAGE} ADD INDEX (${key.map(quoteIdentifier).join(', ')})`)
    return await inTransaction(client, () => remove(client, comparison))
  })
}

async function remove(client: Client, comparison: KeyComparison): Promise<KeyOutcome> {
  const { id, table, window, effect, column, at } = comparison
  const { key, number } = writingOf(table)
  if ((await statusOf(client, { id, table, window })) !== null) return { is: 'used' }
  if (((await recordedWindows(client, table)).at(-1)?.number ?? 0) > number) return { is: 'moved' }
  const sql = deletesSql({
    ...{ target: qualified(table), stage: STAGE, key: key.map(quoteIdentifier) },
    column: effect === 'soft' ? quoteIdentifier(column) : null,
    at: `'${new Date(at).toISOString().replace('T', ' ').replace('Z', '')}'`,
  })
  const count = async (from: string) =>
    Number((await client.rows(`SELECT CAST(COUNT(*) AS CHAR) AS n FROM ${from}`))[0]?.n ?? 0)
  const [rows, deleted] = [await count(sql.present), await count(sql.gone)]
  if (isTooMuch(comparison, rows, deleted)) return { is: 'refused', rows, deleted, most: comparison.most }
  if (deleted > 0) await client.run(sql.remove)
  const revived = sql.revive === null ? 0 : (await client.run(sql.revive)).rows
  await insertLoad(
    client,
    { id, table, window, content: '' },
    { state: 'deleted', row_count: rows, inserted: revived, updated: deleted },
  )
  return { is: 'done', rows, deleted, revived }
}
