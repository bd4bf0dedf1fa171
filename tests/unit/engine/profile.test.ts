import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, describe, expect, it } from 'vitest'
import { profileQuestions, profileSql, profilesOf } from '../../../functions/engine/duckdb/profile.ts'
import { summarySql } from '../../../functions/engine/duckdb/summary.ts'
import { aContract } from '../../support/definition.ts'

const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
const connection = await instance.connect()
afterAll(() => {
  connection.closeSync()
  instance.closeSync()
})

const column = (name: string, type: string, more: Record<string, unknown> = {}) => ({
  ...{ name, from: name, type, description: name },
  ...more,
})
const contract = aContract('orders', {
  columns: [
    column('id', 'string'),
    column('amount', 'numeric', { scale: 2 }),
    column('pieces', 'int64'),
    column('weight', 'float64'),
    column('at', 'datetime', { format: 'yyyy-MM-dd HH:mm' }),
    column('kind', 'string'),
    column('mail', 'string', { privacy: 'hash' }),
  ],
  derived: [
    { name: 'has_mail', type: 'bool', expression: 'mail is not null', description: 'Left a mail.' },
    { name: 'is_large', type: 'bool', expression: 'amount > 100', description: 'Above 100.' },
  ],
})

/** A part of so many rows; of ten kinds, the tenth once. */
async function partOf(rows: number): Promise<string> {
  await connection.run(`CREATE OR REPLACE TABLE part AS SELECT
    i AS _row_number, 'order ' || i AS id, CAST(i % 997 / 4 AS DECIMAL(18,2)) AS amount, i % 13 AS pieces, i / 8 AS weight,
    TIMESTAMP '2025-02-05 10:00:00' + INTERVAL (i) SECOND AS at,
    CASE WHEN i = 7 THEN 'rare' WHEN i % 10 = 3 THEN NULL ELSE 'kind ' || (i % 9) END AS kind,
    'guest' || i || '@example.com' AS mail, true AS has_mail, i % 997 / 4 > 100 AS is_large
    FROM range(${rows}) AS of(i)`)
  return 'part'
}

async function textOf(sql: string): Promise<readonly (readonly (string | null)[])[]> {
  const { getRows } = await connection.runAndReadAll(sql).then((reader) => ({ getRows: () => reader.getRows() }))
  return getRows().map((row) => row.map((value) => (value === null ? null : String(value))))
}

async function profile(rows: number) {
  const questions = profileQuestions(contract, rows)
  const [answers = []] = await textOf(summarySql(profileSql(questions), await partOf(rows)))
  const profiles = profilesOf(questions, answers, { stream: 'orders', rows, rawSha256: 'hash' })
  return new Map(profiles.map((one) => [one.column, one]))
}

describe('the profile of a part', () => {
  it('says what DuckDB says of the same rows', async () => {
    const profiles = await profile(1_242)
    const names = ['amount', 'pieces', 'at']
    const summary = await textOf(`SELECT column_name, min, max, avg, q50, null_percentage FROM (SUMMARIZE part)`)
    for (const [name, min, max, mean, median] of summary.filter(([found]) => names.includes(found ?? ''))) {
      const own = profiles.get(name ?? '')
      expect(own).toMatchObject({ row_count: 1_242, null_count: 0, min_value: min, max_value: max })
      if (own?.mean_value != null) expect(own.mean_value).toBeCloseTo(Number(mean), 6)
      // SUMMARIZE estimates quantiles.
      if (own?.quantile_50 != null) expect(Math.abs(Number(own.quantile_50) - Number(median))).toBeLessThan(2)
    }
    expect(profiles.get('amount')).toMatchObject({ sum_value: (await textOf('SELECT sum(amount) FROM part'))[0]?.[0] })
  })

  it('sums exact numbers alone', async () => {
    expect((await profile(100)).get('weight')).toMatchObject({ sum_value: null, mean_value: null, quantile_50: 6.1875 })
  })

  it('lists values that are in five rows or more, the most frequent first, and none of a key', async () => {
    const profiles = await profile(1_242)
    const frequent: readonly { readonly value: string; readonly rows: number }[] = JSON.parse(
      String(profiles.get('kind')?.top_values),
    )
    expect(frequent.map(({ value }) => value)).not.toContain('rare')
    expect(frequent).toHaveLength(9)
    expect(frequent.map(({ rows }) => rows)).toEqual(frequent.map(({ rows }) => rows).toSorted((a, b) => b - a))
    expect(profiles.get('kind')?.null_count).toBe(124)
    expect(profiles.get('id')).toMatchObject({ top_values: null, min_value: null, min_length: 7, max_length: 10 })
  })

  it('counts private columns and those that are computed from them, and shows nothing of either', async () => {
    const profiles = await profile(200)
    for (const name of ['mail', 'has_mail'])
      expect(profiles.get(name)).toMatchObject({
        ...{ row_count: 200, null_count: 0, min_value: null, max_value: null, top_values: null, max_length: null },
      })
    expect(profiles.get('is_large')?.top_values).toContain('"value":"false"')
  })

  it('takes quantiles and frequent values of every nth row of a long file, and counts all rows', async () => {
    const profiles = await profile(120_000)
    const amount = profiles.get('amount')
    expect(amount).toMatchObject({
      row_count: 120_000,
      sum_value: (await textOf('SELECT sum(amount) FROM part'))[0]?.[0],
    })
    expect(Number(amount?.quantile_50)).toBeCloseTo(124.5, 0)
    const [first] = JSON.parse(String(profiles.get('is_large')?.top_values))
    expect(first.rows % 3).toBe(0)
    expect(Math.abs(first.rows / 120_000 - 0.598)).toBeLessThan(0.01)
  })

  it('is that of no rows, too', async () => {
    expect((await profile(0)).get('amount')).toMatchObject({
      ...{ row_count: 0, null_count: 0, distinct_count: 0, min_value: null, mean_value: null, quantile_50: null },
    })
  })

  it('is the same each time', async () => {
    expect([...(await profile(5_000))]).toEqual([...(await profile(5_000))])
  })
})
