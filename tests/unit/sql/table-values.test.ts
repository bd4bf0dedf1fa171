import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { toValueType as readInDuckdb } from '../../../functions/adapters/duckdb/tables/read-types.ts'
import { addTableFunctions } from '../../../functions/adapters/sqlite/table-functions.ts'
import { createdType, toStored, toValueType } from '../../../functions/adapters/sqlite/value-types.ts'
import { equalDecimals } from '../../../functions/lib/decimal.ts'
import { firstRecords } from '../../../functions/lib/first-records.ts'
import { quotedRecords } from '../../../functions/lib/quoted-records.ts'
import { lossOf } from '../../../functions/sql/fidelity.ts'

async function* pieces(text: string, size: number) {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size)
}

describe('records in quotes', () => {
  const text = '"a","b ""q"" , x",\n,"line\nbreak",""\n"","",\n'
  const records = [
    ['a', 'b "q" , x', null],
    [null, 'line\nbreak', ''],
    ['', '', null],
  ]
  it.each([1, 2, 3, 5, 7, 100])('are the same in pieces of %i characters', async (size) => {
    expect(await Array.fromAsync(quotedRecords(pieces(text, size)))).toEqual(records)
  })

  it('end at a line end outside of quotes, and no more of them is read', async () => {
    async function* bytes() {
      yield Buffer.from(text)
      throw new Error('read further')
    }
    const { bytes: first, records: count } = await firstRecords(bytes(), 2)
    expect({ first: Buffer.from(first).toString(), count }).toEqual({ first: text.slice(0, -7), count: 2 })
  })
})

describe('functions of SQLite', () => {
  const database = new DatabaseSync(':memory:')
  addTableFunctions(database)
  const ask = (sql: string) => Object.values(database.prepare(`SELECT ${sql} AS value`).get() ?? {})[0]
  it.each([
    ["daybreak_days('1970-01-02')", '1'],
    ["daybreak_days('0001-01-01')", '-719162'],
    ["daybreak_days('2026-13-01')", null],
    ["daybreak_days('soon')", null],
    ["daybreak_microseconds('1970-01-01 00:00:01.5')", '1500000'],
    ["daybreak_microseconds('1970-01-01 01:00:00+01')", '0'],
    ["daybreak_microseconds('1969-12-31T23:59:59.999999Z')", '-1'],
    ["daybreak_microseconds('23:59:59.999999')", '86399999999'],
    ["daybreak_places('1.5', 4)", '1.5000'],
    ["daybreak_places('abc', 4)", 'abc'],
    [
      "(SELECT daybreak_sum(v) FROM (SELECT '12345678901234567890.01' AS v UNION ALL SELECT '0.99' UNION ALL SELECT NULL UNION ALL SELECT 'x'))",
      '12345678901234567891.00',
    ],
  ])('%s is %s', (sql, value) => {
    expect(ask(sql)).toBe(value)
  })
})

describe('types of SQLite and DuckDB', () => {
  it.each([
    ['DECIMAL(10,2)', { type: 'numeric', precision: 10, scale: 2 }],
    ['NUMERIC_TEXT(38,10)', { type: 'numeric', precision: 38, scale: 10 }],
    ['UNSIGNED BIG INT', { type: 'int64', precision: null, scale: null }],
    ['VARCHAR(20)', { type: 'string', precision: null, scale: null }],
    ['', { type: 'string', precision: null, scale: null }],
  ] as const)('%s of SQLite is read as its words say', (native, shape) => {
    expect(toValueType(native)).toEqual(shape)
  })

  it('are read back as the type that was written', () => {
    for (const type of [
      'int64',
      'float64',
      'bool',
      'date',
      'time',
      'datetime',
      'timestamp',
      'bytes',
      'json',
      'uuid',
      'string',
    ] as const) {
      const column = { name: 'a', type, precision: null, scale: null, native: null, isRequired: false }
      expect(toValueType(createdType(column, false)).type, type).toBe(type)
    }
    expect(readInDuckdb('INTEGER[]').type).toBe('json')
    expect(readInDuckdb('DECIMAL(38,10)')).toEqual({ type: 'numeric', precision: 38, scale: 10 })
    expect(readInDuckdb('UBIGINT')).toEqual({ type: 'numeric', precision: 20, scale: 0 })
  })

  it('store a value as the column has it', () => {
    expect(toStored({ type: 'int64' }, '9223372036854775807', false)).toBe(9223372036854775807n)
    expect(toStored({ type: 'bytes' }, '\\x00ff', false)).toEqual(Buffer.from([0, 255]))
    expect(toStored({ type: 'bool' }, 'true', false)).toBe(1)
    expect(toStored({ type: 'float64' }, '-inf', false)).toBe(Number.NEGATIVE_INFINITY)
    expect(toStored({ type: 'string' }, 'r9.0e+999', true)).toBe(Number.POSITIVE_INFINITY)
    expect(toStored({ type: 'string' }, 'tr1', true)).toBe('r1')
    expect(toStored({ type: 'string' }, null, true)).toBeNull()
  })
})

describe('losses', () => {
  it('are none between two of one system, and are named between others', () => {
    const limits = { type: 'numeric', precision: null } as const
    expect(
      lossOf({ source: 'mysql', destination: 'mysql', native: 'time', to: { type: 'string', precision: null } }),
    ).toBe('')
    expect(lossOf({ source: 'postgres', destination: 'duckdb', native: 'numeric', to: limits })).toBe(
      'the digits as text',
    )
    expect(
      lossOf({
        source: 'postgres',
        destination: 'mysql',
        native: 'timestamp with time zone',
        to: { type: 'timestamp', precision: null },
      }),
    ).toBe('the time in UTC; rejects years before 1 and after 9999, infinity')
  })
})

it('two decimals are equal by their amount', () => {
  expect([equalDecimals('12.5', '12.50'), equalDecimals('-0', '0'), equalDecimals('12.5', '12.51')]).toEqual([
    true,
    true,
    false,
  ])
})
