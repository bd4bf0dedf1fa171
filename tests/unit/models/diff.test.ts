import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { comparisonOf, sampleSql, summarySql } from '../../../functions/models/diff.ts'
import { DUCKDB } from '../../../functions/sql/dialects/duckdb/dialect.ts'
import { aModel } from '../../support/models.ts'

const COLUMNS = {
  location_id: 'string',
  business_date: 'date',
  net: 'numeric',
  rate: 'float64',
  is_open: 'bool',
} as const
const model = aModel('sales', { columns: COLUMNS, sql: 'SELECT 1' })

describe('comparisonOf', () => {
  it('pairs rows by a key that both have, and names columns that one lacks or types otherwise', () => {
    const { is_open: _, ...others } = COLUMNS
    const now = aModel('sales', { columns: { ...others, net: 'float64', guests: 'int64' }, sql: 'SELECT 1' })
    const found = comparisonOf(model, now)
    expect(found.key?.map(({ name }) => name)).toEqual(['location_id', 'business_date'])
    expect(found.columns.map(({ name }) => name)).toEqual(['rate'])
    expect(found.changes).toEqual([
      { column: 'net', old: 'numeric', new: 'float64' },
      { column: 'is_open', old: 'bool', new: null },
      { column: 'guests', old: null, new: 'int64' },
    ])
  })

  it('pairs no rows when the keys differ', () => {
    const now = { ...model, key: ['location_id'] }
    expect(comparisonOf(model, now)).toMatchObject({ key: null, changes: [] })
  })
})

describe('in DuckDB', () => {
  let instance: DuckDBInstance
  beforeAll(async () => {
    instance = await DuckDBInstance.create(':memory:')
  })
  afterAll(() => instance.closeSync())

  async function rowsOf(sql: string): Promise<readonly (string | null)[][]> {
    const connection = await instance.connect()
    const { columnCount } = await connection.runAndReadAll(sql)
    const casts = Array.from({ length: columnCount }, (_, at) => `CAST(x${at} AS VARCHAR)`)
    const named = casts.map((_, at) => `x${at}`).join(', ')
    const reader = await connection.runAndReadAll(`SELECT ${casts.join(', ')} FROM (${sql}) AS t(${named})`)
    connection.closeSync()
    return reader.getRows().map((row) => row.map((value) => (value === null ? null : String(value))))
  }

  const side = (...rows: readonly string[]) =>
    `(SELECT a AS location_id, CAST(b AS DATE) AS business_date, CAST(c AS DECIMAL(38,9)) AS net, CAST(d AS DOUBLE) AS rate, CAST(e AS BOOLEAN) AS is_open FROM (VALUES ${rows.join(', ')}) AS v(a, b, c, d, e))`
  const comparison = comparisonOf(model, model)
  const OLD = side(
    `('1', '2026-01-05', 10, 0.1, TRUE)`,
    `('2', '2026-01-05', 20, 0.2, NULL)`,
    `('3', '2026-01-05', 30, 0.3, TRUE)`,
    `(NULL, '2026-01-05', 5, 0.5, TRUE)`,
    `('5', '2026-01-05', 1, 1, TRUE)`,
  )
  const NEW = side(
    // A double that differs in its last digit is the same sum in another order.
    `('1', '2026-01-05', 10, 0.1 + 1e-17, TRUE)`,
    `('2', '2026-01-05', 20.01, 0.2, NULL)`,
    `('4', '2026-01-05', 40, 0.4, FALSE)`,
    `(NULL, '2026-01-05', 5, 0.5, NULL)`,
    `('5', '2026-01-05', 1, 1, TRUE)`,
    `('5', '2026-01-05', 1, 1, TRUE)`,
  )

  it('counts added, removed, changed and repeated keys, and sums additive columns of both', async () => {
    const [row = []] = await rowsOf(summarySql(comparison, { old: OLD, new: NEW }, DUCKDB))
    expect(row.slice(0, 6)).toEqual(['5', '6', '1', '1', '2', '1'])
    expect(row.slice(6)).toEqual([
      ...['1', '66.000000000', '77.010000000'],
      ...['0', '2.1', expect.stringMatching(/^3\.(2|19)/)],
      ...['1', null, null],
    ])
  })

  it('finds no difference of a side to itself', async () => {
    const [row = []] = await rowsOf(summarySql(comparison, { old: OLD, new: OLD }, DUCKDB))
    expect(row.slice(0, 6)).toEqual(['5', '5', '0', '0', '0', '0'])
    expect(await rowsOf(sampleSql(comparison, { old: OLD, new: OLD }, { ...DUCKDB, limit: 10 }))).toEqual([])
  })

  it('gives keys that differ with both values, in the order of the key and no more than asked for', async () => {
    const sample = await rowsOf(sampleSql(comparison, { old: OLD, new: NEW }, { ...DUCKDB, limit: 10 }))
    const seen = sample.map(([location, , old, now, netDiffers, net, newNet]) => [
      location,
      old,
      now,
      netDiffers,
      net,
      newNet,
    ])
    expect(seen).toContainEqual(['2', '1', '1', '1', '20.000000000', '20.010000000'])
    expect(seen).toContainEqual(['3', '1', '0', '1', '30.000000000', null])
    expect(seen).toContainEqual(['4', '0', '1', '1', null, '40.000000000'])
    expect(seen).toContainEqual(['5', '1', '2', '0', '1.000000000', '1.000000000'])
    expect(sample).toHaveLength(5)
    expect(await rowsOf(sampleSql(comparison, { old: OLD, new: NEW }, { ...DUCKDB, limit: 2 }))).toHaveLength(2)
  })

  it('compares rows and sums alone when there is no common key', async () => {
    const other = comparisonOf(model, { ...model, key: ['location_id'] })
    const [row = []] = await rowsOf(summarySql(other, { old: OLD, new: NEW }, DUCKDB))
    expect(row.slice(0, 2)).toEqual(['5', '6'])
    const net = other.columns.findIndex(({ name }) => name === 'net')
    expect(row.slice(7 + 3 * net, 9 + 3 * net)).toEqual(['66.000000000', '77.010000000'])
  })
})
