import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { Contract } from '../../functions/contract/contract.ts'
import { tableOf } from '../../functions/contract/table.ts'
import { rejectsTable } from '../../functions/engine/rejects/rejects.ts'
import type { Table } from '../../functions/pipeline/destination.ts'
import { listRejects } from '../../functions/pipeline/views/rejects.ts'
import { bigqueryColumns, LOADS_TABLE } from '../../functions/sql/dialects/bigquery/columns.ts'
import { BIGQUERY_DDL } from '../../functions/sql/dialects/bigquery/ddl.ts'
import { duckdbType } from '../../functions/sql/dialects/duckdb/column-type.ts'
import { bigqueryWithParts } from '../support/bigquery.ts'
import { hasZetasql, openZetasql, type SqlTable, type Zetasql } from '../support/zetasql.ts'

const FOLDER = 'config/contracts/toast'
const DATE = '2026-01-05'
const PROJECT = 'acme-daybreak'

const contracts = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => Contract.parse(parse(readFileSync(join(FOLDER, file), 'utf8'))))
const tables: readonly Table[] = [...contracts.map((contract) => tableOf(contract, 'toast')), rejectsTable('toast', [])]

const declared = (name: string, columns: SqlTable['columns']): SqlTable => ({
  name: `${PROJECT}.toast.${name}`,
  columns,
})
const schemas = [
  ...tables.map(({ name, columns }) => declared(name, bigqueryColumns(columns))),
  declared(LOADS_TABLE.name, LOADS_TABLE.columns),
]

/** Everything that a night, a correction and an operator make the warehouse say, over one table. */
async function statementsOver(table: Table): Promise<readonly string[]> {
  const { server, open, part } = await bigqueryWithParts()
  const warehouse = open()
  await warehouse.ensureTable(table)
  const loaded = table.columns.filter(({ name }) => name !== '_run_id' && name !== '_loaded_at')
  const columns = Object.fromEntries(loaded.map(({ name, ...typed }) => [name, duckdbType(typed)]))
  const row = loaded.map(({ name, type }) => (name === 'business_date' ? DATE : type === 'numeric' ? '1.25' : null))
  const entries = [await part(table.name, columns, [row])]
  for (const [id, manifest] of [
    ['j1', entries],
    ['j2', []],
  ] as const) {
    await warehouse.startLoad({ id, content: 'c0ffee', table, window: DATE, entries: manifest, runId: 'run-1' })
    expect(await warehouse.loadStatus({ id, table: table, window: DATE })).toMatchObject({
      state: 'done',
      rows: manifest.length,
    })
  }
  await warehouse.partitionTotals(table, DATE)
  await warehouse.shardTotals(table, DATE)
  if (table.name === 'rejects') {
    await listRejects(warehouse, table, { limit: 10 })
    const filter = { windows: [DATE], shards: ['1'], streams: ['order_details'], line: 7, limit: 10 }
    await listRejects(warehouse, table, filter)
  }
  return server.statements()
}

describe.skipIf(!hasZetasql)(
  'SQL for BigQuery, by Google’s analyser (skipped: not present, where the package has no binary)',
  () => {
    let zetasql: Zetasql
    beforeAll(async () => {
      zetasql = await openZetasql()
    })
    afterAll(() => zetasql.close())

    it.each(tables.map((table) => [table.name, table] as const))(
      'is right for the table %s after every operation',
      async (_, table) => {
        const statements = await statementsOver(table)
        const kinds = await Promise.all(statements.map(async (sql) => (await zetasql.analyze(sql, schemas)).kind))
        expect(new Set(kinds)).toEqual(new Set(['query', 'insert', 'delete']))
        expect(kinds.length).toBeGreaterThanOrEqual(5)
      },
    )

    it.each(tables.map((table) => [table.name, table] as const))('makes the table %s', async (_, table) => {
      const columns = table.columns.map((column) => ({ ...column, isRequired: false, rules: [] }))
      const layout = { catalog: null, columns, partitionBy: 'business_date', foreignKeys: [], unique: [] }
      const statements = BIGQUERY_DDL.createTable({ ...table, ...layout, primaryKey: ['business_date'] })
      expect(statements).toHaveLength(2)
      for (const sql of statements)
        expect(await zetasql.analyze(sql.replace(/;$/, ''))).toMatchObject({ kind: 'create' })
    })

    it('would not pass if a statement named a column that its table has not', async () => {
      const [table] = tables
      const [statement = ''] = (await statementsOver(table!)).filter((sql) => sql.startsWith('SELECT'))
      const without = schemas.map((schema) => ({
        ...schema,
        columns: schema.columns.filter(({ name }) => name !== 'business_date'),
      }))
      await expect(zetasql.analyze(statement, without)).rejects.toThrow(/Unrecognized name: `?business_date/)
    })

    it('counts what Google’s own engine counts', async () => {
      const { server, open, part } = await bigqueryWithParts()
      const columns = { location_id: 'VARCHAR', business_date: 'DATE', amount: 'DECIMAL(18,2)', _raw_sha256: 'VARCHAR' }
      const table: Table = {
        ...{
          schema: 'toast',
          name: 'sums',
          description: 'Sums.',
          clusterBy: [],
          totals: ['amount'],
          rawColumn: '_raw_sha256',
          shardColumn: 'location_id',
          partitionColumn: 'business_date',
        },
        columns: [
          { name: 'location_id', type: 'string', description: 'location_id' },
          { name: 'business_date', type: 'date', description: 'business_date' },
          { name: 'amount', type: 'numeric', scale: 2, description: 'amount' },
          { name: '_raw_sha256', type: 'string', description: '_raw_sha256' },
        ],
      }
      const rows = [
        ['1', DATE, '9007199254740993.01', 'ab'],
        ['1', DATE, '-0.02', 'ab'],
        ['2', DATE, null, 'ab'],
        ['2', DATE, '0.10', 'ab'],
      ] as const
      const warehouse = open()
      await warehouse.ensureTable(table)
      await warehouse.startLoad({
        id: 'j1',
        table,
        window: DATE,
        entries: [await part('sums', columns, rows)],
        content: 'c0ffee',
        runId: 'r',
      })
      const counted = await warehouse.shardTotals(table, DATE)

      const sql = server.statements().find((statement) => statement.includes('GROUP BY')) ?? ''
      const held = { ...declared('sums', bigqueryColumns(table.columns)), rows }
      expect((await zetasql.evaluate(sql, [held])).rows).toEqual([
        ['1', '2', '9007199254740992.99'],
        ['2', '2', '0.1'],
      ])
      expect(counted).toEqual([
        { shard: '1', rows: 2, totals: { amount: '9007199254740992.99' } },
        { shard: '2', rows: 2, totals: { amount: '0.10' } },
      ])
    })

    it('finds the run of each row, as docs/decisions/0028 says', async () => {
      const page = readFileSync('docs/decisions/0028-load-log-table.md', 'utf8')
      const [, sql = ''] = /```sql\n([\s\S]*?)```/.exec(page) ?? []
      const { columns } = await zetasql.analyze(sql.trim().replace(/;$/, ''), schemas)
      expect(columns.map(({ name }) => name)).toContain('run_id')
    })
  },
)
