import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { isTooMuch, type KeyComparison, type KeyOutcome } from '../../pipeline/destination.ts'
import { deletesSql } from '../../sql/deletes.ts'
import { quoteIdentifier, quoteString } from '../../sql/dialects/sqlite/quote.ts'
import type { DestinationOptions } from './config.ts'
import { describeTable } from './discover.ts'
import { inTransaction, rowsOf } from './table-client.ts'
import { findLoad, record, recordedWindows, STAGE, stageRows, writingOf } from './table-load.ts'
import { LOADS_TABLE } from './table-target.ts'

/** Deletes rows whose key is gone, in one transaction with the record of it. */
export async function compareKeys(
  database: DatabaseSync,
  comparison: KeyComparison,
  { toCsv, withScratch }: Pick<DestinationOptions, 'toCsv' | 'withScratch'>,
): Promise<KeyOutcome> {
  const { table, part } = comparison
  const { columns, key, asText } = writingOf(table)
  database.exec(LOADS_TABLE)
  return await withScratch(async (folder) => {
    const csv = part.rows === 0 ? null : join(folder, 'keys.csv')
    const places = columns.map((column, place) => ({ place, column, asText }))
    if (csv !== null) await toCsv([part.uri], places, csv)
    await stageRows(database, { table, entries: [{ part }] }, csv)
    database.exec(`CREATE INDEX temp.daybreak_keys ON daybreak_stage (${key.map(quoteIdentifier).join(', ')})`)
    return inTransaction(database, () => remove(database, comparison))
  })
}

function remove(database: DatabaseSync, comparison: KeyComparison): KeyOutcome {
  const { id, table, window, effect, column, at } = comparison
  const { key, number } = writingOf(table)
  const target = quoteIdentifier(table.name)
  if (findLoad(database, id) !== null) return { is: 'used' }
  if ((recordedWindows(database, table).at(-1)?.number ?? 0) > number) return { is: 'moved' }
  const found = describeTable(database, table.name)
  if (effect === 'soft' && !found?.columns.some(({ name }) => name.toLowerCase() === column.toLowerCase()))
    database.exec(`ALTER TABLE ${target} ADD COLUMN ${quoteIdentifier(column)} DATETIME`)
  const sql = deletesSql({
    ...{ target, stage: STAGE, key: key.map(quoteIdentifier) },
    column: effect === 'soft' ? quoteIdentifier(column) : null,
    at: quoteString(new Date(at).toISOString().replace('T', ' ').replace('Z', '')),
  })
  const count = (from: string) => Number(rowsOf(database, `SELECT count(*) AS n FROM ${from}`)[0]?.n ?? 0)
  const [rows, deleted] = [count(sql.present), count(sql.gone)]
  if (isTooMuch(comparison, rows, deleted)) return { is: 'refused', rows, deleted, most: comparison.most }
  if (deleted > 0) database.exec(sql.remove)
  const revived = sql.revive === null ? 0 : Number(database.prepare(sql.revive).run().changes)
  record(
    database,
    { id, table, window, content: '' },
    { state: 'deleted', row_count: rows, inserted: revived, updated: deleted },
  )
  return { is: 'done', rows, deleted, revived }
}
