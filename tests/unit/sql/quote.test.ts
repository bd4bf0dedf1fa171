import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BIGQUERY } from '../../../functions/sql/dialects/bigquery/dialect.ts'
import { DUCKDB } from '../../../functions/sql/dialects/duckdb/dialect.ts'
import { LONGEST_NAME } from '../../../functions/sql/name.ts'
import { hasZetasql, openZetasql } from '../../support/zetasql.ts'

const DIALECTS = { duckdb: DUCKDB, bigquery: BIGQUERY }
const { duckdb, bigquery } = DIALECTS
const connection = await (await DuckDBInstance.create(':memory:')).connect()

const texts = fc
  .oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: fc.constantFrom("'", '\\', '"', '`', '\n', '\r', '\u202e', 'a', ';') }),
  )
  .filter((text) => text.isWellFormed() && !text.includes('\0'))
const names = texts.filter((text) => text !== '')

describe('a quoted text', () => {
  it('means itself in DuckDB, for any text', async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        const result = await connection.runAndReadAll(`SELECT ${duckdb.literal(text)}`)
        expect(result.getRowsJS()[0]?.[0]).toBe(text)
      }),
    )
  })

  it('escapes quotes, backslashes and line ends for BigQuery', () => {
    expect(bigquery.literal("a'b\\c\nd\re")).toBe("'a\\'b\\\\c\\nd\\re'")
  })

  it.each(Object.values(DIALECTS))('cannot hold NUL in $name', ({ literal }) => {
    expect(() => literal('a\0b')).toThrow(TypeError)
  })
})

describe('a quoted identifier', () => {
  it('wears the quotes of its dialect', () => {
    expect(duckdb.identifier('order_id')).toBe('"order_id"')
    expect(bigquery.identifier('order_id')).toBe('`order_id`')
  })

  it('names itself in DuckDB', async () => {
    await fc.assert(
      fc.asyncProperty(names, async (name) => {
        const result = await connection.runAndReadAll(`SELECT 1 AS ${duckdb.identifier(name)}`)
        expect(result.columnNames()).toEqual([name])
      }),
    )
  })

  it.skipIf(!hasZetasql)('names itself in BigQuery (skipped: not present)', async () => {
    const zetasql = await openZetasql()
    await fc
      .assert(
        fc.asyncProperty(names, async (name) => {
          const { columns } = await zetasql.evaluate(`SELECT 1 AS ${bigquery.identifier(name)}`, [])
          expect(columns.map((column) => column.name)).toEqual([name])
        }),
        { numRuns: 50 },
      )
      .finally(() => zetasql.close())
  })

  it.each(Object.values(DIALECTS))(
    'of $name is refused when empty, over-long, with NUL or half a character',
    ({ identifier }) => {
      expect(identifier('x'.repeat(LONGEST_NAME))).toContain('x'.repeat(LONGEST_NAME))
      for (const name of ['', 'x'.repeat(LONGEST_NAME + 1), 'a\0b', '\ud800'])
        expect(() => identifier(name)).toThrow(TypeError)
    },
  )
})
