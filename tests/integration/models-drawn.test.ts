import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BothEngines, type KeyedTable, openBothEngines } from '../support/model-engines.ts'
import { hasZetasql } from '../support/zetasql.ts'

const DRAWS = process.env.DAYBREAK_SOAK === '1' ? 5_000 : 150

type Type = 'int64' | 'numeric' | 'float64' | 'string' | 'bool' | 'date' | 'datetime'
type Sql = (depth: number) => fc.Arbitrary<string>

const COLUMNS: Readonly<Record<Type, readonly string[]>> = {
  int64: ['i', 'j'],
  numeric: ['m', 'n'],
  float64: ['f'],
  string: ['s', 'u'],
  bool: ['b'],
  date: ['d'],
  datetime: ['t'],
}

const LITERALS: Readonly<Record<Type, fc.Arbitrary<string>>> = {
  int64: fc.integer({ min: -20, max: 400 }).map(String),
  numeric: fc.integer({ min: -99_999, max: 99_999 }).map((cents) => `NUMERIC "${(cents / 100).toFixed(2)}"`),
  float64: fc.constantFrom('0.5', '-2.25', '1e3'),
  string: fc.constantFrom('"a"', '""', '"Lunch, Dinner"', '"é🍜"', 'NULL'),
  bool: fc.constantFrom('TRUE', 'FALSE'),
  date: fc.constantFrom('DATE "2024-02-29"', 'DATE "2023-12-31"'),
  datetime: fc.constantFrom('DATETIME "2024-03-10 02:30:00"'),
}

const of = (type: Type, depth: number): fc.Arbitrary<string> => {
  const leaf = fc.oneof(
    fc.constantFrom(...COLUMNS[type]),
    LITERALS[type].map((text) => (text === 'NULL' ? 'CAST(NULL AS STRING)' : text)),
  )
  return depth <= 0 ? leaf : fc.oneof({ weight: 1, arbitrary: leaf }, { weight: 3, arbitrary: CALLS[type](depth - 1) })
}

/** `f(a, b)` of drawn arguments. */
function call(text: string, depth: number, ...types: readonly Type[]): fc.Arbitrary<string> {
  return fc
    .tuple(...types.map((type) => of(type, depth)))
    .map((args) => args.reduce((sql, arg, at) => sql.replaceAll(`$${at}`, () => `(${arg})`), text))
}

const choice = (type: Type, depth: number) => [
  call('IF($0, $1, $2)', depth, 'bool', type, type),
  call('COALESCE($0, $1)', depth, type, type),
  call('CASE WHEN $0 THEN $1 WHEN $2 THEN $3 END', depth, 'bool', type, 'bool', type),
  call('NULLIF($0, $1)', depth, type, type),
]

const CALLS: Readonly<Record<Type, Sql>> = {
  int64: (depth) =>
    fc.oneof(
      ...choice('int64', depth),
      ...[
        '$0 + $1',
        '$0 - $1',
        'GREATEST($0, $1)',
        'LEAST($0, $1)',
        'DIV($0, NULLIF($1, 0))',
        'MOD($0, NULLIF($1, 0))',
      ].map((sql) => call(sql, depth, 'int64', 'int64')),
      call('ABS($0)', depth, 'int64'),
      call('LENGTH($0)', depth, 'string'),
      call('STRPOS($0, $1)', depth, 'string', 'string'),
      call('DATE_DIFF($0, $1, DAY)', depth, 'date', 'date'),
      call('DATE_DIFF($0, $1, MONTH)', depth, 'date', 'date'),
      call('DATE_DIFF($0, $1, WEEK)', depth, 'date', 'date'),
      call('EXTRACT(DAYOFWEEK FROM $0)', depth, 'date'),
      call('EXTRACT(HOUR FROM $0)', depth, 'datetime'),
      call('DATETIME_DIFF($0, $1, MINUTE)', depth, 'datetime', 'datetime'),
      call('CAST($0 AS INT64)', depth, 'bool'),
    ),
  numeric: (depth) =>
    fc.oneof(
      ...choice('numeric', depth),
      ...['$0 + $1', '$0 - $1', '$0 * $1', 'SAFE_DIVIDE($0, $1)', '$0 / NULLIF($1, 0)', 'GREATEST($0, $1)'].map((sql) =>
        call(sql, depth, 'numeric', 'numeric'),
      ),
      call('SAFE_DIVIDE($0, $1)', depth, 'numeric', 'int64'),
      call('ROUND($0, 2)', depth, 'numeric'),
      call('TRUNC($0, 1)', depth, 'numeric'),
      call('CEIL($0)', depth, 'numeric'),
      call('-$0', depth, 'numeric'),
      call('$0 * $1', depth, 'numeric', 'int64'),
      call('CAST($0 AS NUMERIC)', depth, 'int64'),
    ),
  float64: (depth) =>
    fc.oneof(
      ...choice('float64', depth),
      call('$0 + $1', depth, 'float64', 'float64'),
      call('CAST($0 AS FLOAT64)', depth, 'numeric'),
      call('SAFE_DIVIDE($0, $1)', depth, 'float64', 'float64'),
    ),
  string: (depth) =>
    fc.oneof(
      ...choice('string', depth),
      call('CONCAT($0, $1)', depth, 'string', 'string'),
      call('LOWER($0)', depth, 'string'),
      call('TRIM($0)', depth, 'string'),
      call('REPLACE($0, $1, $2)', depth, 'string', 'string', 'string'),
      call('SUBSTR($0, $1)', depth, 'string', 'int64'),
      call('SUBSTR($0, $1, 3)', depth, 'string', 'int64'),
      call('SPLIT($0, ", ")[SAFE_OFFSET(1)]', depth, 'string'),
      call('REGEXP_EXTRACT($0, r"[a-z]+")', depth, 'string'),
      call('CAST($0 AS STRING)', depth, 'int64'),
      call('CAST($0 AS STRING)', depth, 'date'),
      call('FORMAT_DATE("%Y-%m %a", $0)', depth, 'date'),
    ),
  bool: (depth) =>
    fc.oneof(
      ...(['int64', 'numeric', 'string', 'date', 'datetime', 'float64'] as const).flatMap((type) =>
        [
          '$0 = $1',
          '$0 < $1',
          '$0 >= $1',
          '$0 IS NULL',
          '$0 IS DISTINCT FROM $1',
          '$0 IN ($1, $1)',
          '$0 BETWEEN $1 AND $0',
        ].map((sql) => call(sql, depth, type, type)),
      ),
      call('$0 AND $1', depth, 'bool', 'bool'),
      call('$0 OR $1', depth, 'bool', 'bool'),
      call('NOT $0', depth, 'bool'),
      call('STARTS_WITH($0, $1)', depth, 'string', 'string'),
      call('REGEXP_CONTAINS($0, r"^[A-L]")', depth, 'string'),
      call('$0 LIKE "%, %"', depth, 'string'),
    ),
  date: (depth) =>
    fc.oneof(
      ...choice('date', depth),
      call('DATE_ADD($0, INTERVAL MOD($1, 1000) DAY)', depth, 'date', 'int64'),
      call('DATE_SUB($0, INTERVAL MOD($1, 50) MONTH)', depth, 'date', 'int64'),
      call('DATE_TRUNC($0, WEEK(MONDAY))', depth, 'date'),
      call('DATE_TRUNC($0, QUARTER)', depth, 'date'),
      call('DATE($0)', depth, 'datetime'),
      call('LAST_DAY($0)', depth, 'date'),
    ),
  datetime: (depth) =>
    fc.oneof(
      ...choice('datetime', depth),
      call('DATETIME_ADD($0, INTERVAL MOD($1, 500) MINUTE)', depth, 'datetime', 'int64'),
      call('DATETIME_TRUNC($0, HOUR)', depth, 'datetime'),
      call('CAST($0 AS DATETIME)', depth, 'date'),
    ),
}

const TYPES = Object.keys(COLUMNS) as readonly Type[]
const anyType = fc.constantFrom(...TYPES)
const expression = (depth: number) => anyType.chain((type) => of(type, depth))

const AGGREGATES = [
  ...['SUM($0)', 'AVG($0)', 'MIN($0)', 'MAX($0)', 'COUNT(DISTINCT $0)', 'SUM(DISTINCT $0)'].map(
    (sql) => [sql, 'numeric'] as const,
  ),
  ...['SUM($0)', 'AVG($0)', 'COUNT($0)', 'MAX($0)'].map((sql) => [sql, 'int64'] as const),
  ...['COUNTIF($0)', 'LOGICAL_OR($0)', 'LOGICAL_AND($0)'].map((sql) => [sql, 'bool'] as const),
  ...['MIN($0)', 'STRING_AGG(DISTINCT u ORDER BY u)', 'COUNT(DISTINCT $0)'].map((sql) => [sql, 'string'] as const),
] as const
const aggregate = fc.constantFrom(...AGGREGATES).chain(([sql, type]) => call(sql, 1, type))

const WINDOWS = [
  'SUM(m) OVER (PARTITION BY s)',
  'AVG(n) OVER (PARTITION BY b ORDER BY d)',
  'ROW_NUMBER() OVER (PARTITION BY s ORDER BY m DESC, id)',
  'RANK() OVER (ORDER BY d DESC, i)',
  'LAG(m) OVER (PARTITION BY b ORDER BY t, id)',
  'SUM(j) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)',
  'PERCENTILE_DISC(i, 0.5) OVER (PARTITION BY s)',
]

/** Queries of the shapes that marts have. */
const query = fc.oneof(
  expression(3).map((x) => `SELECT id, ${x} AS x FROM drawn.rows`),
  fc
    .tuple(expression(1), aggregate, aggregate, of('bool', 2))
    .map(
      ([group, a, b, where]) => `SELECT ${group} AS g, ${a} AS a, ${b} AS b FROM drawn.rows WHERE ${where} GROUP BY 1`,
    ),
  fc
    .tuple(aggregate, of('bool', 1))
    .map(
      ([a, having]) =>
        `SELECT s, b, i, m, n, j, u, f, d, t, ${a} AS a FROM drawn.rows GROUP BY s, b, i, m, n, j, u, f, d, t HAVING ${having}`,
    ),
  fc
    .tuple(fc.constantFrom('JOIN', 'LEFT JOIN', 'FULL JOIN'), of('bool', 1), fc.constantFrom('s', 'd', 'i'))
    .map(
      ([join, where, key]) =>
        `SELECT a.id AS x, c.id AS y, a.${key} AS k FROM (SELECT * FROM drawn.rows WHERE ${where}) AS a ${join} drawn.rows AS c ON a.${key} = c.${key}`,
    ),
  fc
    .tuple(fc.constantFrom(...WINDOWS), of('bool', 2))
    .map(([window, where]) => `SELECT id, ${window} AS w FROM drawn.rows WHERE ${where}`),
  fc
    .tuple(
      fc.constantFrom('UNION ALL', 'UNION DISTINCT', 'EXCEPT DISTINCT', 'INTERSECT DISTINCT'),
      of('numeric', 2),
      of('numeric', 2),
    )
    .map(([set, a, b]) => `SELECT s, ${a} AS x FROM drawn.rows ${set} SELECT u, ${b} FROM drawn.rows`),
  fc
    .tuple(of('bool', 2), fc.constantFrom('EXISTS', 'NOT EXISTS'))
    .map(
      ([where, exists]) =>
        `WITH w AS (SELECT * FROM drawn.rows WHERE ${where}) SELECT o.id FROM drawn.rows AS o WHERE ${exists} (SELECT 1 FROM w WHERE w.s = o.s)`,
    ),
)

const maybe = (value: fc.Arbitrary<string>) => fc.option(value, { nil: null, freq: 5 })
const rows = fc
  .array(
    fc.tuple(
      maybe(fc.integer({ min: -300, max: 300 }).map(String)),
      maybe(fc.constantFrom('0', '1', '-1', '7', '365')),
      maybe(fc.integer({ min: -999_999, max: 999_999 }).map((units) => (units / 10_000).toFixed(4))),
      maybe(fc.constantFrom('0', '2.5', '-2.5', '0.333333333', '1000000.000000001')),
      maybe(fc.constantFrom('0', '0.1', '-2.5', '1000000')),
      maybe(fc.constantFrom('', 'Lunch', 'Dinner', 'Lunch, Dinner', ' é🍜 ', "it's")),
      maybe(fc.constantFrom('Lunch', 'a', 'n', '%_')),
      maybe(fc.constantFrom('true', 'false')),
      maybe(fc.constantFrom('2024-02-29', '2023-12-31', '2026-01-05')),
      maybe(fc.constantFrom('2024-02-29 00:00:00', '2023-12-31 23:59:59', '2026-01-05 12:34:56')),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map(
    (drawn): KeyedTable => ({
      name: 'drawn.rows',
      key: ['id'],
      columns: [
        { name: 'id', type: 'int64' },
        { name: 'i', type: 'int64' },
        { name: 'j', type: 'int64' },
        { name: 'm', type: 'numeric', scale: 4 },
        { name: 'n', type: 'numeric' },
        { name: 'f', type: 'float64' },
        { name: 's', type: 'string' },
        { name: 'u', type: 'string' },
        { name: 'b', type: 'bool' },
        { name: 'd', type: 'date' },
        { name: 't', type: 'datetime' },
      ],
      rows: drawn.map((values, at) => [String(at + 1), ...values]),
    }),
  )

describe.skipIf(!hasZetasql)(
  'queries drawn from what models may say (skipped: not present, where the analyser has no binary)',
  () => {
    let engines: BothEngines
    beforeAll(async () => {
      engines = await openBothEngines()
    })
    afterAll(() => engines.close())

    it('give the same rows in both engines, or end in both', async () => {
      let answered = 0
      await fc.assert(
        fc.asyncProperty(query, rows, async (sql, table) => {
          const { google, duckdb } = await engines.run(sql, [table])
          expect(duckdb).toEqual(google)
          if (google !== 'fails') answered++
        }),
        { numRuns: DRAWS },
      )
      // Queries that end with an error prove little.
      expect(answered).toBeGreaterThan(DRAWS * 0.8)
    })
  },
)
