import type { DuckDBConnection } from '@duckdb/node-api'
import { isTooMuch, type KeyComparison, type KeyOutcome, type Writing } from '../../../pipeline/destination.ts'
import { deletesSql } from '../../../sql/deletes.ts'
import { quoteIdentifier, quoteString } from '../../../sql/dialects/duckdb/quote.ts'
import { inTransaction, readRows } from '../connection.ts'
import { instantSql } from './jobs.ts'
import { tableName } from './names.ts'
import { columnsOf, record, recordedWindows, targetStatus } from './table-load.ts'

const STAGE = 'daybreak_keys'

/** Deletes rows whose key is gone, in one transaction with the record of it. */
export async function compareKeys(
  connection: DuckDBConnection,
  comparison: KeyComparison,
  writing: Writing,
): Promise<KeyOutcome> {
  const { part, table } = comparison
  const types = await columnsOf(connection, table)
  const values = writing.columns.map(
    ({ name }, place) => `CAST(c${place} AS ${types.get(name) ?? 'VARCHAR'}) AS ${quoteIdentifier(name)}`,
  )
  try {
    await connection.run(
      `CREATE OR REPLACE TEMPORARY TABLE ${STAGE} AS SELECT ${values.join(', ')} FROM read_parquet(${quoteString(part.uri)})`,
    )
    return await inTransaction(connection, () => remove(connection, comparison, { writing, types }))
  } finally {
    await connection.run(`DROP TABLE IF EXISTS ${STAGE}`).catch(() => undefined)
  }
}

interface Target {
  readonly writing: Writing
  readonly types: ReadonlyMap<string, string>
}

async function remove(
  connection: DuckDBConnection,
  comparison: KeyComparison,
  { writing, types }: Target,
): Promise<KeyOutcome> {
  const { id, table, window, effect, column, at } = comparison
  const { key, number } = writing
  const target = tableName(table)
  if ((await targetStatus(connection, { id })) !== null) return { is: 'used' }
  if (((await recordedWindows(connection, writing)).at(-1)?.number ?? 0) > number) return { is: 'moved' }
  if (effect === 'soft' && !types.has(column))
    await connection.run(`ALTER TABLE ${target} ADD COLUMN ${quoteIdentifier(column)} TIMESTAMP WITH TIME ZONE`)
  const sql = deletesSql({
    ...{ target, stage: STAGE, key: key.map(quoteIdentifier), at: instantSql(at) },
    column: effect === 'soft' ? quoteIdentifier(column) : null,
  })
  const count = async (from: string) =>
    Number((await readRows(connection, `SELECT count(*) FROM ${from}`))[0]?.[0] ?? 0)
  const [rows, deleted] = [await count(sql.present), await count(sql.gone)]
  if (isTooMuch(comparison, rows, deleted)) return { is: 'refused', rows, deleted, most: comparison.most }
  if (deleted > 0) await connection.run(sql.remove)
  const revived = sql.revive === null ? 0 : (await connection.run(sql.revive)).rowsChanged
  await record(connection, { id, window, content: '' }, writing, {
    ...{ state: 'deleted', rows, inserted: revived, updated: deleted, now: at },
  })
  return { is: 'done', rows, deleted, revived }
}
