import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ColumnType } from '../../../functions/contract/contract.ts'
import {
  compileExpression,
  compileRowCheck,
  type Expression,
  parseExpression,
  type Scope,
} from '../../../functions/contract/expression/expression.ts'
import { FUNCTIONS } from '../../../functions/contract/expression/functions.ts'
import type { Dialect } from '../../../functions/sql/dialect.ts'
import { BIGQUERY } from '../../../functions/sql/dialects/bigquery/dialect.ts'
import { DUCKDB } from '../../../functions/sql/dialects/duckdb/dialect.ts'
import { evaluate, exact, type Result, show, TooLarge } from '../../support/expression/evaluate.ts'
import { COLUMNS, condition, number, text } from '../../support/expression/generate.ts'
import { printExpression } from '../../support/expression/print.ts'

const connection = await (await DuckDBInstance.create(':memory:')).connect()

const OTHERS: readonly (readonly [string, ColumnType])[] = [
  ['f', 'float64'],
  ['d', 'date'],
  ['h', 'time'],
  ['at', 'datetime'],
  ['until', 'datetime'],
  ['utc', 'timestamp'],
  ['business_date', 'date'],
  ['location_id', 'string'],
  ['closeout_hour', 'int64'],
]
const SCALES = new Map([
  ['a', { digits: 14, scale: 4 }],
  ['b', { digits: 14, scale: 4 }],
  ['tax', { digits: 10, scale: 8 }],
])
const scope = (dialect: Dialect = DUCKDB): Scope => ({
  dialect,
  columns: new Map<string, ColumnType>([...COLUMNS, ...OTHERS]),
  scales: SCALES,
  sql: (name) => dialect.identifier(name),
})

await connection.run(`CREATE TABLE one AS SELECT 10.5::DECIMAL(18,4) a, -3::DECIMAL(18,4) b, 0.00000001::DECIMAL(18,8) tax,
  7::BIGINT i, NULL::BIGINT j, 'it''s' s, NULL::VARCHAR t, true p, NULL::BOOLEAN q, 0.25::DOUBLE f, DATE '2025-02-05' d,
  TIME '23:30' h, TIMESTAMP '2025-02-06 03:59:30' AS at, TIMESTAMP '2025-02-06 04:01:00' AS until,
  TIMESTAMPTZ '2025-02-06 04:01:00Z' AS utc, DATE '2025-02-05' business_date, '185001' location_id, 4::BIGINT closeout_hour`)

async function inOneRow(sql: string): Promise<string | null> {
  const [row] = (await connection.runAndReadAll(`SELECT (${sql})::VARCHAR FROM one`)).getRowsJS()
  return row?.[0] === null ? null : String(row?.[0])
}
const run = (expression: string): Promise<string | null> => inOneRow(compileExpression(expression, scope()).sql)
const check = (that: string, within = 0): Promise<string | null> =>
  inOneRow(compileRowCheck({ that, within }, scope()).sql)

function refusal(work: () => unknown): { readonly code: string; readonly message: string } {
  try {
    work()
  } catch (error) {
    return error as { code: string; message: string }
  }
  throw new Error('it was accepted')
}

describe('an expression', () => {
  it.each([
    ['1 + 2 * 3', '7'],
    ['(1 + 2) * 3', '9'],
    ['-2 - -3', '1'],
    ['7 - 2 - 1', '4'],
    ['a -- b', '7.5000'],
    ['1 / 3', '0.333333333'],
    ['2 / 3', '0.666666667'],
    ['-2 / 3', '-0.666666667'],
    ['1 / 8000000000', '0.000000000'],
    ['1 / 2000000000', '0.000000001'],
    ['-1 / 2000000000', '-0.000000001'],
    ['i / 0', null],
    ['i / j', null],
    ['a / b', '-3.500000000'],
    ['round(i / 2, 0)', '4'],
    ['round(-i / 2, 0)', '-4'],
    ['round(2.345, 2)', '2.35'],
    ['0.1 + 0.2 = 0.3', 'true'],
    ['a + tax', '10.50000001'],
    ['99999999999999.9999 + 99999999999999.9999', '199999999999999.9998'],
    ['-99999999999999.9999 - 99999999999999.9999', '-199999999999999.9998'],
    ['99999999999999.9999 * 99999999999999.9999', '9999999999999999980000000000.00000001'],
    ['99999999999999.9999 * 99999999999999.9999 * 99999999999999.9999', null],
    ['99999999999999.9999 / 0.0003', '333333333333333333.000000000'],
    ['9223372036854775807 + 1', null],
    ['9223372036854775807 * 1.5', '13835058055282163710.5'],
    ['not p or q', null],
    ['p or q', 'true'],
    ['not p and q', 'false'],
    ['not p = false', 'true'],
    ['j is null and i is not null', 'true'],
    ['i in (1, 7)', 'true'],
    ['i not in (1, 8.5)', 'true'],
    ['i in (1, j)', null],
    ['a between 10 and 11', 'true'],
    ['a not between 10 and 11', 'false'],
    ["case when a > 11 then 'x' when p then 'y' else 'z' end", 'y'],
    ["case when q then 'x' end", null],
    ["s = 'it''s'", 'true'],
    ["s || '!' || trim('  x ')", "it's!x"],
    ["length('🌶️é')", '3'],
    ["upper('aé') || lower('ABC')", 'AÉabc'],
    ["starts_with(s, 'it') and ends_with(s, 's') and contains(s, '''')", 'true'],
    ['coalesce(j, i, 1)', '7'],
    ['coalesce(null, a)', '10.5000'],
    ['nullif(i, 7)', null],
    ['nullif(i, 7.5)', '7'],
    ['abs(b)', '3.0000'],
    ['f * 2 = 0.5', 'true'],
    ['numeric(f) + 1', '1.250000000'],
    ['date(at)', '2025-02-06'],
    ["date('2025-02-05') = business_date", 'true'],
    ['hour(at)', '3'],
    ['add_days(d, 1) = date(at)', 'true'],
    ['add_days(d, -5)', '2025-01-31'],
    ['add_days(d, 99999999999)', null],
    ['days_between(d, date(at))', '1'],
    ['datetime(d, h)', '2025-02-05 23:30:00'],
    ['minutes_between(at, until)', '1'],
    ['minutes_between(until, at)', '-1'],
    ['seconds_between(at, until)', '90'],
    ['date(at) = business_date or (date(at) = add_days(business_date, 1) and hour(at) < closeout_hour)', 'true'],
    ["CASE WHEN A > 1 AND NOT Q IS NOT NULL THEN LOCATION_ID ELSE 'x' END", '185001'],
  ])('%s is %s', async (expression, value) => {
    expect(await run(expression)).toBe(value)
  })

  it('says its type and the columns it reads', () => {
    expect(compileExpression('case when p then i else a end', scope())).toMatchObject({
      type: 'numeric',
      columns: ['a', 'i', 'p'],
    })
    expect(compileExpression("s || 'x'", scope())).toMatchObject({ type: 'string', columns: ['s'] })
  })

  it('computes with a numeric column of unknown SQL type', async () => {
    const { scales: _, ...untyped } = scope()
    const { sql } = compileExpression('a + tax', untyped)
    expect(await inOneRow(sql)).toBe('10.500000010')
  })

  it.each([
    ['amont + 1', 'unknown column `amont`.', 1],
    ['starts(s, t)', 'unknown function `starts`.', 1],
    ['1 + length(d)', '`text` of length() must be a string, this is a date', 12],
    ["s = 'a' and i", 'expected a condition', 13],
    ['s = 1', 'a int64 does not go with a string', 5],
    ['f > a', 'use float64(...) or numeric(...)', 5],
    ['a = null', 'write `is null`', 5],
    ['a < b < i', 'cannot be chained', 7],
    ['p < q', 'no order', 1],
    ['1.0000000001', 'nine decimal places|9 decimal places', 1],
    ['9223372036854775808', 'too large', 1],
    ["'open", 'no closing', 1],
    ['"a"', 'single quotes', 1],
    ['a; drop table one', 'unexpected ";"', 2],
    ['a b', 'unexpected `b`', 3],
    ['a =', 'the expression ends', 4],
    ['', 'the expression ends', 1],
    ['round(a, 10)', 'one digit', 10],
    ['date(s)', 'date() takes', 6],
    ["date('2025-02-29')", 'YYYY-MM-DD', 6],
    ['coalesce(a)', 'two values', 1],
    ['null', 'always null', 1],
    ['a not 5', '`in` or `between`', 7],
    ['case a when 1 then 2 end', '`when`', 6],
    ["'\0'", 'NUL', 1],
  ])('%j is refused, the place marked', (expression, problem, position) => {
    const error = refusal(() => compileExpression(expression, scope()))
    expect(error).toMatchObject({ code: 'EXPRESSION_INVALID', details: { position } })
    expect(error.message).toMatch(
      new RegExp(problem.includes('|') ? problem : problem.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')),
    )
    const lines = error.message.split('\n')
    expect(lines[2]?.indexOf('^')).toBe(1 + position)
  })

  it('guesses what was meant', () => {
    expect(refusal(() => compileExpression('closeout_hours', scope())).message).toContain(
      'Did you mean "closeout_hour"?',
    )
    expect(refusal(() => compileExpression('start_with(s, t)', scope())).message).toContain(
      'Did you mean "starts_with"?',
    )
  })

  it('may not nest, chain or grow without end', () => {
    for (const expression of [
      `${'('.repeat(900)}1${')'.repeat(900)}`,
      Array(600).fill('1').join('+'),
      `${'not '.repeat(400)}p`,
      `${'-'.repeat(1_000)}1`,
      Array(12).fill('a').join('/'),
      'a '.repeat(2_000),
    ])
      expect(refusal(() => compileExpression(expression, scope())).code).toBe('EXPRESSION_INVALID')
  })
})

describe('a row check', () => {
  it.each([
    ['a + b = 7.5', 0, 'true'],
    ['a + b = 7.51', 0, 'false'],
    ['a + b = 7.51', 0.01, 'true'],
    ['a + b = 7.49', 0.01, 'true'],
    ['a + b = 7.5101', 0.01, 'false'],
    ['a <= 10.4', 0.1, 'true'],
    ['a <= 10.3', 0.1, 'false'],
    ['a >= 10.6', 0.1, 'true'],
    ['a >= 10.7', 0.1, 'false'],
    ['i = 67', 60, 'true'],
    ['i = 68', 60, 'false'],
    ['j = 68', 60, null],
    ['f = 0.26', 0.011, 'true'],
  ])('%s within %d is %s', async (that, within, value) => {
    expect(await check(that, within)).toBe(value)
  })

  it.each([
    ['a = b and p', 0.01, 'needs one comparison'],
    ['a <> b', 0.01, 'needs one comparison'],
    ['a < b', 0.01, 'needs one comparison'],
    ["s = 'x'", 0.01, 'compares numbers, this is a string'],
    ['at = until', 1, 'compares numbers, this is a datetime'],
    ['a = b', 1e-10, 'nine decimal places'],
    ['a + b', 0, 'expected a condition'],
  ])('%s within %d is refused', (that, within, problem) => {
    const error = refusal(() => compileRowCheck({ that, within }, scope()))
    expect(error).toMatchObject({ code: 'EXPRESSION_INVALID', message: expect.stringContaining(problem) })
  })
})

describe('for any expression', () => {
  const bare = (expression: Expression): unknown =>
    JSON.parse(JSON.stringify(expression, (key, value) => (key === 'start' || key === 'end' ? undefined : value)))

  it('printing and parsing gives the same tree', () => {
    fc.assert(
      fc.property(fc.oneof(number, text, condition), (expression) => {
        const printed = printExpression(expression)
        fc.pre(printed.length <= 2_000)
        expect(bare(parseExpression(printed))).toEqual(bare(expression))
      }),
    )
  })

  const money = fc.integer({ min: -99_999_999, max: 99_999_999 })
  const rows = fc.record({
    a: fc.option(money.map((n) => exact(BigInt(n), 10_000n))),
    b: fc.option(fc.constantFrom(0, 10_000, -10_000, 5).map((n) => exact(BigInt(n), 10_000n))),
    tax: fc.option(money.map((n) => exact(BigInt(n), 100_000_000n))),
    i: fc.option(fc.integer({ min: -1_000, max: 1_000 }).map((n) => exact(BigInt(n), 1n, true))),
    j: fc.option(fc.constantFrom(0, 1, 3).map((n) => exact(BigInt(n), 1n, true))),
    s: fc.option(fc.constantFrom('', 'a', ' b ', 'é', '🌶️', "it's")),
    t: fc.option(fc.string({ maxLength: 3 }).filter((value) => !value.includes('\0'))),
    p: fc.option(fc.boolean()),
    q: fc.option(fc.boolean()),
  })
  const TYPES: Readonly<Record<string, string>> = {
    a: 'DECIMAL(18,4)',
    b: 'DECIMAL(18,4)',
    tax: 'DECIMAL(18,8)',
    i: 'BIGINT',
    j: 'BIGINT',
    s: 'VARCHAR',
    t: 'VARCHAR',
    p: 'BOOLEAN',
    q: 'BOOLEAN',
  }
  const asText = (name: string, value: Result): string | null => {
    const shown = show(value)
    return TYPES[name] === 'BIGINT' && shown !== null ? shown.replace('.000000000', '') : shown
  }

  async function inDuckDB(sql: string, row: ReadonlyMap<string, Result>): Promise<string | null> {
    const names = [...row.keys()]
    const columns = names.map((name, index) => `CAST($${index + 1}::VARCHAR AS ${TYPES[name]}) AS "${name}"`).join(', ')
    const values = names.map((name) => asText(name, row.get(name) ?? null))
    const result = await connection.runAndReadAll(`SELECT ${sql} FROM (SELECT ${columns})`, values)
    const [found] = result.getRowsJson()[0] ?? []
    return found === null || found === undefined ? null : String(found)
  }

  /** Nine decimal places, as the evaluator shows them. */
  const normal = (shown: string | null, type: ColumnType): string | null => {
    if (shown === null || (type !== 'numeric' && type !== 'int64')) return shown
    const [whole = '', decimals = ''] = shown.split('.')
    const padded = `${whole}.${decimals.padEnd(9, '0')}`
    return /^-0\.0+$/.test(padded) ? padded.slice(1) : padded
  }

  it('DuckDB computes what the definition says', async () => {
    let compared = 0
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(number, text, condition),
        fc.array(rows, { minLength: 1, maxLength: 3 }),
        async (expression, tried) => {
          const printed = printExpression(expression)
          fc.pre(printed.length <= 2_000)
          for (const values of tried) {
            const row = new Map<string, Result>(Object.entries(values))
            let expected: string | null
            try {
              expected = show(evaluate(expression, row))
            } catch (error) {
              if (error instanceof TooLarge) continue
              throw error
            }
            const compiled = tryCompile(printed)
            if (!compiled) continue
            compared++
            expect(normal(await inDuckDB(compiled.sql, row), compiled.type), printed).toBe(expected)
          }
        },
      ),
      { numRuns: 400 },
    )
    expect(compared, 'expressions that were compared').toBeGreaterThan(200)
  })

  /** Null for the one refusal a well-typed expression may meet: divisions inside divisions. */
  function tryCompile(printed: string): { sql: string; type: ColumnType } | null {
    try {
      return compileExpression(printed, scope())
    } catch (error) {
      if ((error as Error).message.startsWith('too many divisions')) return null
      throw error
    }
  }

  it('BigQuery gets text too, of the same type', () => {
    fc.assert(
      fc.property(fc.oneof(number, text, condition), (expression) => {
        const printed = printExpression(expression)
        fc.pre(printed.length <= 2_000)
        const compiled = tryCompile(printed)
        if (compiled) expect(compileExpression(printed, scope(BIGQUERY)).type).toBe(compiled.type)
      }),
    )
  })

  const word = fc.constantFrom(
    ...[
      'a',
      'b',
      'i',
      's',
      'p',
      'f',
      'd',
      'at',
      'nope',
      '1',
      '0.5',
      "'x'",
      '(',
      ')',
      ',',
      '+',
      '-',
      '*',
      '/',
      '=',
      '<>',
      '||',
    ],
    ...[
      'and',
      'or',
      'not',
      'is',
      'null',
      'in',
      'between',
      'case',
      'when',
      'then',
      'else',
      'end',
      'true',
      ...Object.keys(FUNCTIONS),
      'round',
      'date',
    ],
  )
  it('any text either compiles to SQL that runs or is refused with EXPRESSION_INVALID', async () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.array(word, { maxLength: 14 }).map((words) => words.join(' ')),
    )
    await fc.assert(
      fc.asyncProperty(noise, async (source) => {
        let sql: string
        try {
          sql = compileExpression(source, scope()).sql
        } catch (error) {
          expect(error).toMatchObject({ code: 'EXPRESSION_INVALID' })
          return
        }
        await inOneRow(sql)
      }),
      { numRuns: 1_000 },
    )
  })
})
