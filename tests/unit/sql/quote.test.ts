import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quoteIdentifier, quoteString } from '../../../functions/sql/quote.ts'

describe('a quoted text', () => {
  it('means itself in DuckDB, whatever it is', async () => {
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const texts = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom("'", '\\', '"', '\n', '\r', 'a', ';') }),
    )
    await fc.assert(
      fc.asyncProperty(
        texts.filter((text) => text.isWellFormed() && !text.includes('\0')),
        async (text) => {
          const result = await connection.runAndReadAll(`SELECT ${quoteString(text)}`)
          expect(result.getRowsJS()[0]?.[0]).toBe(text)
        },
      ),
    )
  })

  it('escapes quotes, backslashes and line ends for BigQuery', () => {
    expect(quoteString("a'b\\c\nd\re", 'bigquery')).toBe("'a\\'b\\\\c\\nd\\re'")
  })

  it('cannot hold NUL', () => {
    expect(() => quoteString('a\0b')).toThrow(TypeError)
  })
})

describe('a quoted identifier', () => {
  it('wears the quotes of its dialect', () => {
    expect(quoteIdentifier('order_id')).toBe('"order_id"')
    expect(quoteIdentifier('order_id', 'bigquery')).toBe('`order_id`')
  })

  it.each(['', 'a b', 'a"b', 'a`b', '1a', 'a;b', 'é'])('%j is refused', (name) => {
    expect(() => quoteIdentifier(name)).toThrow(TypeError)
  })
})
