import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, describe, expect, it } from 'vitest'
import { PARQUET_OPTIONS } from '../../../functions/engine/duckdb/compile.ts'
import { profileQuestions, profileSql, profilesOf } from '../../../functions/engine/duckdb/profile.ts'
import { summarySql } from '../../../functions/engine/duckdb/summary.ts'
import { countedProfiles } from '../../../functions/engine/profiles/counted-profiles.ts'
import { PROFILE_COLUMNS, type Profile } from '../../../functions/engine/profiles/profiles.ts'
import { profilesParquet } from '../../../functions/engine/profiles/profiles-parquet.ts'
import { aContract } from '../../support/definition.ts'

const folder = mkdtempSync(join(tmpdir(), 'daybreak-counted-'))
const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
const connection = await instance.connect()
await connection.run("SET TimeZone = 'America/New_York'")
afterAll(() => {
  connection.closeSync()
  instance.closeSync()
  rmSync(folder, { recursive: true })
})

const TYPES = {
  text: ['string', "'text ' || (i % 7)"],
  long: ['string', "repeat('é😀', CAST(i AS INTEGER) % 9)"],
  own: ['string', "'own ' || i"],
  small: ['numeric', 'CAST((i % 97 - 40) / 4 AS DECIMAL(9,2))'],
  amount: ['numeric', 'CAST((i % 997 - 400) / 8 AS DECIMAL(18,3))'],
  wide: ['numeric', 'CAST((i - 150) AS DECIMAL(38,9)) * 1000000000000'],
  pieces: ['int64', 'i % 13 - 5'],
  huge: ['int64', '9223372036854775807 - i'],
  weight: ['float64', 'i / 8 - 3'],
  day: ['date', "DATE '1969-12-25' + CAST(i % 12 AS INTEGER)"],
  clock: ['time', "TIME '23:59:50.5' + INTERVAL (i % 30) SECOND"],
  at: ['datetime', "TIMESTAMP '1969-12-31 23:59:00.25' + INTERVAL (i) SECOND"],
  instant: ['timestamp', "TIMESTAMPTZ '2025-03-09 06:59:00+00' + INTERVAL (i) MINUTE"],
  yes: ['bool', 'i % 3 = 0'],
} as const
const NAMES = Object.keys(TYPES)

const contract = aContract('orders', {
  columns: [
    ...Object.entries(TYPES).flatMap(([name, [type]]) =>
      type === 'timestamp'
        ? []
        : [
            {
              ...{ name, from: name, type, description: name },
              ...(type === 'datetime' && { format: 'yyyy-MM-dd HH:mm' }),
              ...(type === 'date' && { format: 'yyyy-MM-dd' }),
              ...(type === 'time' && { format: 'HH:mm' }),
              ...(name === 'wide' && { scale: 9 }),
            },
          ],
    ),
    { name: 'mail', from: 'mail', type: 'string', privacy: 'hash', description: 'mail' },
  ],
  key: ['own'],
  derived: [{ name: 'instant', from: 'at', type: 'timestamp', parse: 'utc', description: 'Instant.' }],
})

/** A part as the transformer writes it: every eleventh value of each column is missing. */
async function partOf(rows: number): Promise<string> {
  const path = join(folder, `${rows}.parquet`)
  const columns = Object.entries(TYPES).map(
    ([name, [, sql]], at) => `CASE WHEN (i + ${at}) % 11 <> 0 THEN ${sql} END AS ${name}`,
  )
  await connection.run(
    `COPY (SELECT i AS _row_number, ${columns.join(', ')}, 'guest' || i || '@example.com' AS mail FROM range(${rows}) AS of(i)) TO '${path}' (${PARQUET_OPTIONS})`,
  )
  return path
}

async function textOf(sql: string): Promise<readonly (readonly (string | null)[])[]> {
  const reader = await connection.runAndReadAll(sql)
  return reader.getRows().map((row) => row.map((value) => (value === null ? null : String(value))))
}

const SLICE = { stream: 'orders', rawSha256: 'hash' }

async function both(rows: number): Promise<readonly (readonly [counted: Profile, asked: Profile])[]> {
  const path = await partOf(rows)
  const questions = profileQuestions(contract, rows)
  const [answers = []] = await textOf(summarySql(profileSql(questions), `read_parquet('${path}')`))
  const asked = profilesOf(questions, answers, { ...SLICE, rows })
  const counted = countedProfiles(contract, readFileSync(path), { ...SLICE, rows })
  expect(counted.map(({ column }) => column)).toEqual(asked.map(({ column }) => column))
  return counted.map((one, at) => [one, asked[at] ?? one])
}

const QUANTILES = ['quantile_05', 'quantile_25', 'quantile_50', 'quantile_75', 'quantile_95'] as const

describe('a profile that is counted from the pages of a part', () => {
  it.each([0, 1, 5, 300, 4_000])('says of %i rows what DuckDB says', async (rows) => {
    for (const [counted, asked] of await both(rows)) {
      const { distinct_count: _one, ...facts } = counted
      const { distinct_count: _other, ...expected } = asked
      const ends = Object.fromEntries(QUANTILES.map((name) => [name, expect.anything()]))
      expect(facts).toEqual({ ...expected, ...(asked.quantile_50 !== null && ends) })
      for (const name of QUANTILES) {
        // DuckDB rounds a quantile of decimals to their scale.
        const [own, other] = [Number(counted[name]), Number(asked[name])]
        expect(Math.abs(own - other), `${counted.column} ${name}`).toBeLessThanOrEqual(0.01 + Math.abs(other) * 1e-12)
      }
    }
  })

  it('counts distinct values exactly', async () => {
    const path = await partOf(4_000)
    const profiles = countedProfiles(contract, readFileSync(path), { ...SLICE, rows: 4_000 })
    const [counts = []] = await textOf(
      `SELECT ${NAMES.map((name) => `count(DISTINCT "${name}")`).join(', ')} FROM '${path}'`,
    )
    const distinct = new Map(profiles.map((profile) => [profile.column, String(profile.distinct_count)]))
    expect(NAMES.map((name) => distinct.get(name))).toEqual(counts)
  })

  it('is in the file of profiles as it was counted', async () => {
    const path = join(folder, 'profiles.parquet')
    const profiles = countedProfiles(contract, readFileSync(await partOf(300)), { ...SLICE, rows: 300 })
    const carried = { name: 'business_date', type: 'date', description: 'Day.', value: '1968-02-29' } as const
    writeFileSync(path, profilesParquet(profiles, [carried]))
    const columns = PROFILE_COLUMNS.map(({ name }) => `"${name}"`)
    const rows = await textOf(`SELECT business_date, ${columns.join(', ')} FROM '${path}'`)
    const wide = (sum: string | number | null) => (sum === null ? null : String(sum).replace(/^([^.]*)$/, '$1.'))
    expect(rows).toEqual(
      profiles.map((profile) => [
        '1968-02-29',
        ...PROFILE_COLUMNS.map(({ name, type }) => {
          const value = profile[name]
          if (type === 'numeric' && value !== null) {
            const [whole = '', fraction = ''] = String(wide(value)).split('.')
            return `${whole}.${fraction.padEnd(9, '0')}`
          }
          return value === null ? null : String(value)
        }),
      ]),
    )
    const types = await textOf(
      `SELECT column_type FROM (DESCRIBE SELECT * FROM '${path}') WHERE column_name = 'sum_value'`,
    )
    expect(types).toEqual([['DECIMAL(38,9)']])
  })

  it('refuses pages that DuckDB does not write for us', async () => {
    const path = join(folder, 'other.parquet')
    await connection.run(
      `COPY (SELECT * FROM '${await partOf(300)}') TO '${path}' (FORMAT parquet, COMPRESSION snappy, WRITE_BLOOM_FILTER false)`,
    )
    expect(() => countedProfiles(contract, readFileSync(path), { ...SLICE, rows: 300 })).toThrow('pages of codec 1')
  })
})
