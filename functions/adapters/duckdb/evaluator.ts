import { DuckDBInstance } from '@duckdb/node-api'
import { DaybreakError } from '../../errors.ts'
import type { Evaluator, FilledTable } from '../../models/analyser.ts'
import { duckdbType } from '../../sql/dialects/duckdb/column-type.ts'
import { quoteIdentifier } from '../../sql/dialects/duckdb/quote.ts'
import { readRows } from './connection.ts'

/** DuckDB in memory as an evaluator: the tables exist for one query. Types of the result decide how values are written. */
export async function openDuckdbEvaluator(): Promise<Evaluator> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  return {
    async evaluate({ file, text }, tables) {
      try {
        for (const table of tables) await fill(table)
        const described = await readRows(connection, `DESCRIBE ${text}`)
        const columns = described.map(([name]) => name ?? '')
        const texts = described.map(([name, type]) => textOf(quoteIdentifier(name ?? ''), type ?? ''))
        const rows = await readRows(connection, `SELECT ${texts.join(', ')} FROM (${text}) AS result`)
        return { columns, rows }
      } catch (error) {
        if (error instanceof DaybreakError) throw error
        throw new DaybreakError(
          'MODEL_INVALID',
          `${file}:1:1 DuckDB: ${error instanceof Error ? error.message : error}`,
        )
      } finally {
        const schemas = new Set(tables.map(({ name }) => name.split('.')[0] ?? ''))
        for (const schema of schemas) await connection.run(`DROP SCHEMA IF EXISTS ${quoteIdentifier(schema)} CASCADE`)
      }
    },
    async close() {
      connection.closeSync()
      instance.closeSync()
    },
  }

  async function fill({ name, columns, rows }: FilledTable): Promise<void> {
    const [schema = '', table = ''] = name.split('.')
    const path = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`
    const values = columns.map(
      (column, at) => `CAST(r[${at + 1}] AS ${duckdbType(column)}) AS ${quoteIdentifier(column.name)}`,
    )
    await connection.run(`CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}`)
    const texts = JSON.stringify(rows)
    await connection.run(
      `CREATE TABLE ${path} AS SELECT ${values.join(', ')} FROM (SELECT unnest(from_json($rows, '[["VARCHAR"]]')) AS r)`,
      { rows: texts },
    )
  }
}

/** A value as the evaluator of Google writes it. */
function textOf(column: string, type: string): string {
  if (type.startsWith('DECIMAL'))
    return `regexp_replace(CAST(${column} AS VARCHAR), '[.]0*$|([.][0-9]*[1-9])0*$', '\\1')`
  if (type === 'TIMESTAMP WITH TIME ZONE') return `CAST(timezone('UTC', ${column}) AS VARCHAR) || '+00'`
  return `CAST(${column} AS VARCHAR)`
}
