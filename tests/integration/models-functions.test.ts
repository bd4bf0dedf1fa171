import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AGGREGATES } from '../../functions/models/compile/aggregate.ts'
import { FUNCTIONS } from '../../functions/models/compile/expression.ts'
import { type Expression, expressionsOf, inputsOf, operandsOf, type Scan } from '../../functions/models/tree.ts'
import { type BothEngines, type KeyedTable, openBothEngines } from '../support/model-engines.ts'
import { hasZetasql } from '../support/zetasql.ts'

/** Edge values of every type: NULL, zero, negative, halves, many digits, hours of the clock change, ends of years, emoji. */
const EDGES: KeyedTable = {
  name: 'edge.rows',
  key: ['id'],
  columns: [
    { name: 'id', type: 'int64' },
    { name: 'g', type: 'string' },
    { name: 'i', type: 'int64' },
    { name: 'j', type: 'int64' },
    { name: 'n', type: 'numeric' },
    { name: 'm', type: 'numeric', scale: 4 },
    { name: 'f', type: 'float64' },
    { name: 'b', type: 'bool' },
    { name: 'c', type: 'bool' },
    { name: 's', type: 'string' },
    { name: 'u', type: 'string' },
    { name: 'd', type: 'date' },
    { name: 'e', type: 'date' },
    { name: 't', type: 'datetime' },
    { name: 'v', type: 'datetime' },
    { name: 'z', type: 'timestamp' },
    { name: 'y', type: 'timestamp' },
    { name: 'k', type: 'time' },
  ],
  rows: [
    [
      ...['1', 'a', '0', '1', '0', '0', '0', 'true', 'false', '', ' ', '2024-02-29', '2023-12-31'],
      ...['2024-02-29 00:00:00', '2023-12-31 23:59:59', '2024-03-10 09:59:59+00', '2024-11-03 05:30:00+00', '00:00:00'],
    ],
    [
      ...[
        '2',
        'a',
        '-7',
        '2',
        '-2.5',
        '0.0050',
        '-2.5',
        'false',
        'true',
        'Ramen 🍜 (12)',
        'a,b,,c',
        '2024-12-30',
        '2025-01-01',
      ],
      ...[
        '2024-12-30 12:34:56.789',
        '2025-01-01 00:00:00',
        '2024-11-03 06:30:00+00',
        '2024-03-10 10:00:00+00',
        '12:34:56',
      ],
    ],
    [
      ...[
        '3',
        'b',
        '7',
        '-3',
        '2.5',
        '-0.0050',
        '2.5',
        'true',
        'true',
        ' \t padded\u00a0',
        'É',
        '2021-01-03',
        '2020-12-28',
      ],
      ...[
        '2021-01-03 23:59:59',
        '2020-12-28 01:00:00',
        '2021-03-14 10:30:00.5+00',
        '2020-12-31 23:59:59+00',
        '23:59:59',
      ],
    ],
    [
      ...[
        '4',
        'b',
        '9007199254740993',
        '10',
        '12345678901234567890.123456789',
        '99999999999999.9999',
        '0.1',
        'false',
        'false',
      ],
      ...['x_y%z\\', 'A', '1999-12-31', '2000-01-01', '1999-12-31 23:59:59.999999', '2000-01-01 00:00:00'],
      ...['1969-12-31 23:59:59.5+00', '1970-01-01 00:00:00+00', '06:07:08'],
    ],
    [
      ...[
        '5',
        'b',
        '-1',
        '365',
        '-0.000000001',
        '1.0050',
        '1000000000000000000000',
        'true',
        'false',
        "it's",
        '12',
        '2026-11-01',
      ],
      ...[
        '2025-11-02',
        '2026-11-01 01:30:00',
        '2025-11-02 02:30:00',
        '2026-11-01 08:30:00+00',
        '2026-11-01 09:30:00+00',
        '01:02:03',
      ],
    ],
    [
      ...[
        '6',
        'a',
        '1',
        '12',
        '0.333333333',
        '19.9900',
        '-0.5',
        'false',
        'true',
        'Straße',
        '-3.75',
        '2024-01-31',
        '2023-02-28',
      ],
      ...['2024-01-31 10:00:00', '2023-02-28 10:00:01', '2024-01-31 10:00:00+00', '2024-01-31 10:00:01+00', '10:10:10'],
    ],
    ['7', 'a', ...Array.from({ length: 16 }, () => null)],
    [
      ...[
        '8',
        null,
        '3',
        null,
        '1.5',
        null,
        '3.5',
        null,
        'true',
        null,
        'true',
        '2022-01-01',
        null,
        '2022-01-01 05:06:07',
        null,
      ],
      ...['2022-01-01 00:00:00+00', null, null],
    ],
  ],
}

/** Expressions of one row. */
const EXPRESSIONS = [
  ...['b AND c', 'b OR c', 'NOT b', 'b IS NULL', 's IS NOT NULL', 'b IS TRUE', 'b IS FALSE', 'b IS NOT TRUE'],
  ...['i IS DISTINCT FROM j', 'i IS NOT DISTINCT FROM j', 's IS DISTINCT FROM u'],
  ...['i = j', 'n = m', 'n != m', 's < u', 'd <= e', 't > v', 'z >= y', 'f = 2.5', 'b = c', 'k < TIME "06:00:00"'],
  ...['i BETWEEN j AND 7', 'n BETWEEN -1 AND m', 'd BETWEEN e AND DATE "2024-06-01"', 's NOT BETWEEN "A" AND "b"'],
  ...['i IN (0, 7, NULL)', 's IN ("", "it\'s")', 'n NOT IN (2.5, 0)', 'd IN (DATE "2024-02-29", e)'],
  ...[
    'CASE WHEN i > 0 THEN m WHEN b THEN n ELSE 1 END',
    'CASE i WHEN 0 THEN "zero" WHEN 7 THEN s END',
    'CASE WHEN c THEN i END',
  ],
  ...[
    'IF(b, n, m)',
    'IF(b, i, 0)',
    'IFNULL(m, 0)',
    'IFNULL(n, 1.25)',
    'COALESCE(m, n, 0)',
    'COALESCE(s, u, "-")',
    'NULLIF(i, 7)',
    'NULLIF(s, "")',
  ],
  ...['GREATEST(i, j)', 'LEAST(n, m)', 'GREATEST(d, e)', 'LEAST(s, u)', 'GREATEST(m, 0)'],
  // Numbers.
  ...[
    'i + j',
    'm + n',
    'm + 1',
    'f + 0.25',
    'i - j',
    'm - n',
    'j * 3',
    'm * m',
    'm * NUMERIC "0.0333"',
    'n * NUMERIC "0.000000001"',
    'f * 2',
  ],
  ...['m + m + m + m', '(m + 1) * (m - 1)', 'm * j', 'n - m + j', '-m', '-i', '-n', '-f'],
  ...['m / 3', 'm / -8', 'n / NUMERIC "0.7"', 'm / NULLIF(j, 0)', 'j / NULLIF(i, 0)', 'f / 8', 'i / 2'],
  ...[
    'SAFE_DIVIDE(m, j)',
    'SAFE_DIVIDE(m, 0)',
    'SAFE_DIVIDE(n, m)',
    'SAFE_DIVIDE(j, i)',
    'SAFE_DIVIDE(f, f)',
    'SAFE_DIVIDE(m, n)',
    'SAFE_DIVIDE(n, j)',
  ],
  ...['ABS(i)', 'ABS(n)', 'ABS(f)', 'SIGN(i)', 'SIGN(n)', 'SIGN(f)', 'SIGN(m)'],
  ...[
    'ROUND(n)',
    'ROUND(m, 2)',
    'ROUND(n, 1)',
    'ROUND(f)',
    'ROUND(m, 9)',
    'ROUND(m * NUMERIC "0.125", 2)',
    'ROUND(m, 0)',
  ],
  ...['TRUNC(n)', 'TRUNC(m, 2)', 'TRUNC(n, 1)', 'TRUNC(f)', 'TRUNC(m, 5)', 'TRUNC(-m, 1)'],
  ...['CEIL(n)', 'CEIL(m)', 'CEIL(f)', 'CEILING(m)', 'FLOOR(n)', 'FLOOR(m)', 'FLOOR(f)'],
  ...[
    'MOD(i, 7)',
    'MOD(j, -5)',
    'MOD(m, 3)',
    'MOD(n, NUMERIC "0.7")',
    'MOD(i, NULLIF(j, 0))',
    'DIV(i, 2)',
    'DIV(j, -3)',
    'DIV(i, NULLIF(j, 0))',
  ],
  // Casts.
  ...[
    'CAST(i AS STRING)',
    'CAST(b AS STRING)',
    'CAST(d AS STRING)',
    'CAST(i AS NUMERIC)',
    'CAST(i AS FLOAT64)',
    'CAST(n AS FLOAT64)',
    'CAST(m AS INT64)',
  ],
  ...[
    'CAST(IF(ABS(f) < 1000000, f, NULL) AS INT64)',
    'CAST(f AS NUMERIC)',
    'CAST(f / 3000000000 AS NUMERIC)',
    'CAST(b AS INT64)',
    'CAST(i AS BOOL)',
    'CAST(d AS DATETIME)',
    'CAST(t AS DATE)',
  ],
  ...[
    'CAST(z AS DATE)',
    'CAST(z AS DATETIME)',
    'CAST(t AS TIMESTAMP)',
    'CAST(d AS TIMESTAMP)',
    'SAFE_CAST(SUBSTR(s, 1, 2) AS INT64)',
    'SAFE_CAST(u AS BOOL)',
  ],
  ...[
    'CAST("12" AS INT64)',
    'CAST("-12.3456789015" AS NUMERIC)',
    'CAST("1e3" AS FLOAT64)',
    'CAST("2024-02-29" AS DATE)',
    'SAFE_CAST("2023-02-29" AS DATE)',
    'CAST("TRUE" AS BOOL)',
  ],
  ...[
    'SAFE_CAST(IF(s = "", "9223372036854775808", "4") AS INT64)',
    'SAFE_CAST(IF(b, "x", "1.5") AS NUMERIC)',
    'SAFE_CAST(IF(b, ".5", "7.") AS FLOAT64)',
  ],
  // Texts.
  ...[
    'CONCAT(s, u)',
    's || "-" || u',
    'CONCAT("a", s)',
    'LOWER(IF(s = "Straße", NULL, s))',
    'UPPER(IF(s = "Straße", "ünï", s))',
    'LENGTH(s)',
    'CHAR_LENGTH(s)',
  ],
  ...[
    'TRIM(s)',
    'LTRIM(s)',
    'RTRIM(s)',
    'TRIM(s, "xR)")',
    'LTRIM(s, " ")',
    'RTRIM(s, ")")',
    'STARTS_WITH(s, "R")',
    'ENDS_WITH(s, ")")',
    'STRPOS(s, "a")',
    'STRPOS(s, "")',
  ],
  ...[
    'SUBSTR(s, 2)',
    'SUBSTR(s, 0)',
    'SUBSTR(s, 0, 2)',
    'SUBSTR(s, -3)',
    'SUBSTR(s, -30, 3)',
    'SUBSTR(s, 1, 0)',
    'SUBSTR(s, 30)',
    'SUBSTR(s, i, 2)',
    'SUBSTR(s, 7, 100)',
    'SUBSTR(s, -3, 2)',
  ],
  ...[
    'LEFT(s, 3)',
    'RIGHT(s, 3)',
    'LEFT(s, 0)',
    'RIGHT(s, 99)',
    'LPAD(s, 3)',
    'LPAD(u, 5, "xy")',
    'RPAD(u, 5, "xy")',
    'RPAD(s, 9)',
    'LPAD(u, 0, "0")',
    'LPAD(CAST(j AS STRING), 4, "0")',
  ],
  ...[
    'REPLACE(s, "a", "bb")',
    'REPLACE(s, "", "x")',
    'REPLACE(s, "\\\\", "/")',
    's LIKE "%a%"',
    's LIKE "x\\\\_y%"',
    's LIKE "_t\'s"',
    's NOT LIKE ""',
  ],
  ...[
    'REGEXP_CONTAINS(s, r"(?i)RAMEN")',
    'REGEXP_CONTAINS(s, r"^\\s*$")',
    'REGEXP_EXTRACT(s, r"\\((\\d+)\\)")',
    'REGEXP_EXTRACT(s, r"[a-z]+")',
    'REGEXP_EXTRACT(s, r"z?")',
    'REGEXP_EXTRACT(s, r"\\(1")',
  ],
  ...['REGEXP_REPLACE(s, r"[^a-z]", "")', 'REGEXP_REPLACE(s, r"(a)(.)", r"\\2\\1")', 'REGEXP_REPLACE(s, r"x*", "-")'],
  ...[
    'ARRAY_LENGTH(SPLIT(u, ","))',
    'SPLIT(u, ",")[OFFSET(0)]',
    'SPLIT(u)[SAFE_OFFSET(2)]',
    'ARRAY_TO_STRING(SPLIT(s, "a"), "|")',
    'ARRAY_LENGTH(SPLIT("", ","))',
    'TO_HEX(SHA256(s))',
  ],
  ...[
    'ARRAY_LENGTH([i, j, 3])',
    '[s, u][OFFSET(1)]',
    'ARRAY_TO_STRING([s, u, "z"], ",")',
    'ARRAY_LENGTH(GENERATE_ARRAY(1, 5))',
    'ARRAY_LENGTH(GENERATE_DATE_ARRAY(d, DATE_ADD(d, INTERVAL 3 DAY)))',
    'ARRAY_LENGTH(GENERATE_ARRAY(3, 1))',
  ],
  // Dates and times.
  ...[
    'DATE_ADD(d, INTERVAL j DAY)',
    'DATE_ADD(d, INTERVAL 1 MONTH)',
    'DATE_ADD(d, INTERVAL -2 WEEK)',
    'DATE_ADD(d, INTERVAL 1 QUARTER)',
    'DATE_ADD(d, INTERVAL 1 YEAR)',
  ],
  ...[
    'DATE_SUB(d, INTERVAL j DAY)',
    'DATE_SUB(d, INTERVAL 13 MONTH)',
    'DATE_SUB(d, INTERVAL 364 DAY)',
    'DATE_SUB(d, INTERVAL 3 YEAR)',
  ],
  ...[
    'DATETIME_ADD(t, INTERVAL 90 MINUTE)',
    'DATETIME_ADD(t, INTERVAL 1 MONTH)',
    'DATETIME_ADD(t, INTERVAL j SECOND)',
    'DATETIME_SUB(t, INTERVAL 2 DAY)',
    'DATETIME_SUB(t, INTERVAL 1 WEEK)',
    'DATETIME_SUB(t, INTERVAL 1 YEAR)',
    'DATETIME_ADD(t, INTERVAL 1 MICROSECOND)',
  ],
  ...[
    'TIMESTAMP_ADD(z, INTERVAL 90 MINUTE)',
    'TIMESTAMP_SUB(z, INTERVAL 1 DAY)',
    'TIMESTAMP_ADD(z, INTERVAL j SECOND)',
  ],
  ...[
    'DATE_TRUNC(d, DAY)',
    'DATE_TRUNC(d, WEEK)',
    'DATE_TRUNC(d, WEEK(MONDAY))',
    'DATE_TRUNC(d, WEEK(TUESDAY))',
    'DATE_TRUNC(d, WEEK(WEDNESDAY))',
    'DATE_TRUNC(d, WEEK(THURSDAY))',
    'DATE_TRUNC(d, WEEK(FRIDAY))',
    'DATE_TRUNC(d, WEEK(SATURDAY))',
  ],
  ...['DATE_TRUNC(d, ISOWEEK)', 'DATE_TRUNC(d, MONTH)', 'DATE_TRUNC(d, QUARTER)', 'DATE_TRUNC(d, YEAR)'],
  ...[
    'DATETIME_TRUNC(t, HOUR)',
    'DATETIME_TRUNC(t, MINUTE)',
    'DATETIME_TRUNC(t, SECOND)',
    'DATETIME_TRUNC(t, DAY)',
    'DATETIME_TRUNC(t, WEEK)',
    'DATETIME_TRUNC(t, MONTH)',
    'DATETIME_TRUNC(t, MILLISECOND)',
  ],
  ...[
    'DATE_DIFF(d, e, DAY)',
    'DATE_DIFF(d, e, WEEK)',
    'DATE_DIFF(d, e, WEEK(MONDAY))',
    'DATE_DIFF(d, e, WEEK(SATURDAY))',
    'DATE_DIFF(d, e, ISOWEEK)',
    'DATE_DIFF(d, e, MONTH)',
    'DATE_DIFF(e, d, QUARTER)',
    'DATE_DIFF(e, d, YEAR)',
  ],
  ...[
    'DATETIME_DIFF(t, v, DAY)',
    'DATETIME_DIFF(t, v, HOUR)',
    'DATETIME_DIFF(v, t, MINUTE)',
    'DATETIME_DIFF(t, v, SECOND)',
    'DATETIME_DIFF(v, t, MILLISECOND)',
    'DATETIME_DIFF(t, v, MONTH)',
    'DATETIME_DIFF(t, v, WEEK)',
  ],
  ...[
    'TIMESTAMP_DIFF(z, y, DAY)',
    'TIMESTAMP_DIFF(z, y, HOUR)',
    'TIMESTAMP_DIFF(y, z, MINUTE)',
    'TIMESTAMP_DIFF(z, y, SECOND)',
    'TIMESTAMP_DIFF(y, z, MILLISECOND)',
  ],
  ...['YEAR', 'QUARTER', 'MONTH', 'DAY', 'DAYOFWEEK', 'DAYOFYEAR', 'WEEK', 'ISOWEEK', 'ISOYEAR'].map(
    (part) => `EXTRACT(${part} FROM d)`,
  ),
  ...[
    'EXTRACT(HOUR FROM t)',
    'EXTRACT(MINUTE FROM t)',
    'EXTRACT(SECOND FROM t)',
    'EXTRACT(DAYOFWEEK FROM t)',
    'EXTRACT(HOUR FROM k)',
    'EXTRACT(HOUR FROM z)',
    'EXTRACT(DATE FROM t)',
    'EXTRACT(DATE FROM z)',
  ],
  ...[
    'EXTRACT(HOUR FROM z AT TIME ZONE "America/New_York")',
    'EXTRACT(DATE FROM z AT TIME ZONE "Asia/Tokyo")',
    'EXTRACT(DAYOFWEEK FROM z AT TIME ZONE "America/Los_Angeles")',
  ],
  ...[
    'DATE(z)',
    'DATE(z, "America/Los_Angeles")',
    'DATE(t)',
    'DATE(2024, 2, 29)',
    'DATETIME(z)',
    'DATETIME(z, "America/New_York")',
    'DATETIME(d, k)',
    'DATETIME(d)',
    'TIMESTAMP(t)',
    'TIMESTAMP(d)',
    'TIMESTAMP(z)',
    'LAST_DAY(d)',
    'LAST_DAY(d, MONTH)',
  ],
  ...[
    'FORMAT_DATE("%Y-%m-%d %j %A %a %B %b %y %G-W%V %u %F %%", d)',
    'FORMAT_DATETIME("%H:%M:%S %I %p %T", t)',
    'FORMAT_TIMESTAMP("%F %T", z, "America/Chicago")',
    'FORMAT_TIMESTAMP("%F %T", z)',
  ],
]

/** Queries with functions of many rows. */
const QUERIES = [
  // Sums have 34 digits before the point in DuckDB, which would take decimal places from what they meet.
  'SELECT g, IF(g = "a", SUM(m), MAX(n)) AS a, SUM(m) < MIN(n) AS b, GREATEST(SUM(m), MAX(n)) AS c, COALESCE(NULLIF(SUM(m), 0), MAX(n)) AS d, NULLIF(MAX(n), SUM(m)) AS e, MAX(n) BETWEEN SUM(m) AND MAX(n) AS f, MAX(n) IN (SUM(m), 1) AS h FROM edge.rows GROUP BY g',
  'SELECT SUM(m) AS x FROM edge.rows UNION ALL SELECT n FROM edge.rows',
  'SELECT id, n IN (SELECT SUM(m) FROM edge.rows GROUP BY id) AS x FROM edge.rows',
  'SELECT a.id FROM edge.rows AS a JOIN (SELECT id, SUM(m) AS x FROM edge.rows GROUP BY 1) AS b ON a.n = b.x OR a.n > b.x',
  'SELECT s, ROUND(NUMERIC "0.00", 2) * COALESCE(m, NUMERIC "0.00") AS x FROM edge.rows UNION ALL SELECT u, n FROM edge.rows',
  'SELECT COUNT(*) AS x, COUNT(i) AS y, COUNT(DISTINCT u) AS w, COUNTIF(b) AS v FROM edge.rows',
  'SELECT g, COUNT(*) AS x, SUM(j) AS s, SUM(m) AS t, SUM(n) AS u, SUM(DISTINCT j) AS v FROM edge.rows GROUP BY g',
  'SELECT g, AVG(m) AS x, AVG(n) AS y, AVG(j) AS z, AVG(f) AS w, AVG(DISTINCT j) AS v FROM edge.rows WHERE id < 9 GROUP BY g',
  'SELECT g, MIN(m) AS a, MAX(m) AS b, MIN(s) AS c, MAX(s) AS d, MIN(d) AS e, MAX(t) AS f, MIN(z) AS h, MAX(b) AS i, MIN(k) AS j FROM edge.rows GROUP BY 1',
  'SELECT g, LOGICAL_OR(b) AS x, LOGICAL_AND(b) AS y FROM edge.rows GROUP BY g',
  'SELECT g, STDDEV(j) AS a, STDDEV_SAMP(j) AS b, STDDEV_POP(j) AS c, VARIANCE(j) AS d, VAR_SAMP(j) AS e, VAR_POP(j) AS f, CORR(j, id) AS h FROM edge.rows GROUP BY g'
    .replaceAll('(j', '(CAST(j AS FLOAT64)')
    .replace(', id)', ', CAST(id AS FLOAT64))'),
  'SELECT g, STRING_AGG(s, "|" ORDER BY id) AS a, STRING_AGG(DISTINCT u ORDER BY u) AS b, STRING_AGG(s, "|" ORDER BY d DESC, id LIMIT 2) AS c FROM edge.rows GROUP BY g',
  'SELECT g, ARRAY_LENGTH(ARRAY_AGG(s IGNORE NULLS ORDER BY id)) AS a, ARRAY_AGG(m ORDER BY m DESC, id LIMIT 1)[OFFSET(0)] AS b, ARRAY_LENGTH(ARRAY_AGG(STRUCT(s, m) ORDER BY id)) AS c FROM edge.rows GROUP BY g',
  'SELECT SUM(m) AS a, MIN(s) AS b, COUNT(*) AS c, AVG(m) AS d, STRING_AGG(s ORDER BY s) AS e FROM edge.rows WHERE id > 100',
  'SELECT id, ROW_NUMBER() OVER (ORDER BY d, id) AS a, ROW_NUMBER() OVER (PARTITION BY g ORDER BY m DESC, id) AS b, NTILE(3) OVER (ORDER BY id DESC) AS c FROM edge.rows',
  'SELECT id, RANK() OVER (ORDER BY g) AS a, DENSE_RANK() OVER (ORDER BY g DESC) AS b, PERCENT_RANK() OVER (ORDER BY g) AS c, CUME_DIST() OVER (ORDER BY b, c) AS d FROM edge.rows',
  'SELECT id, LAG(m) OVER (ORDER BY id) AS a, LEAD(s, 2) OVER (PARTITION BY g ORDER BY id) AS b, LAG(j, 1, 0) OVER (ORDER BY id) AS c FROM edge.rows',
  'SELECT id, FIRST_VALUE(s) OVER (PARTITION BY g ORDER BY id) AS a, LAST_VALUE(m) OVER (PARTITION BY g ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS b, NTH_VALUE(j, 2) OVER (PARTITION BY g ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS c, FIRST_VALUE(m IGNORE NULLS) OVER (PARTITION BY g ORDER BY id) AS d FROM edge.rows',
  'SELECT id, SUM(m) OVER (PARTITION BY g) AS a, SUM(j) OVER (PARTITION BY g ORDER BY d) AS b, SUM(m) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS c, AVG(m) OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS d, COUNT(*) OVER (ORDER BY g) AS e, COUNTIF(b) OVER (PARTITION BY g) AS f, MAX(m) OVER (ORDER BY g) AS h FROM edge.rows',
  'SELECT DISTINCT g, PERCENTILE_CONT(CAST(j AS FLOAT64), 0.5) OVER (PARTITION BY g) AS a, PERCENTILE_CONT(f, 0.9) OVER (PARTITION BY g) AS b, PERCENTILE_DISC(j, 0.5) OVER (PARTITION BY g) AS c, PERCENTILE_DISC(m, 0.9) OVER (PARTITION BY g) AS d, PERCENTILE_DISC(j, 0) OVER (PARTITION BY g) AS e FROM edge.rows',
  'SELECT * EXCEPT (x) FROM (SELECT id, g, ROW_NUMBER() OVER (PARTITION BY g ORDER BY id) AS x FROM edge.rows) WHERE x = 1'.replace(
    '* EXCEPT (x)',
    'id, g',
  ),
]

/** Values on which both end the query. */
const FAILURES = [
  'j + 9223372036854775807',
  'i * 9007199254740993',
  'n * n * n',
  'CAST(f AS INT64)',
  'CAST(s AS INT64)',
  'CAST(s AS DATE)',
  'f * 1e300 * 1e300',
  'DATE_ADD(d, INTERVAL 8000 YEAR)',
  'SPLIT(u, ",")[OFFSET(3)]',
  'SUBSTR(s, 1, j)',
  'LEFT(s, i)',
  'CAST(n AS INT64)',
]

describe.skipIf(!hasZetasql)('a function of models (skipped: not present, where the analyser has no binary)', () => {
  let engines: BothEngines
  const seen = new Set<string>()
  beforeAll(async () => {
    engines = await openBothEngines()
  })
  afterAll(() => engines.close())

  const expectAlike = async (sql: string) => {
    collect((await engines.analyse(sql, [EDGES])).query.scan, seen)
    const { google, duckdb } = await engines.run(sql, [EDGES])
    expect(google).not.toBe('fails')
    expect(duckdb).toEqual(google)
  }

  it.each(EXPRESSIONS)('%s is alike in both engines', (expression) =>
    expectAlike(`SELECT id, ${expression} AS x FROM edge.rows`),
  )

  it.each(QUERIES)('%s is alike in both engines', expectAlike)

  it.each(FAILURES)('%s ends the query in both engines', async (expression) => {
    expect(await engines.run(`SELECT id, ${expression} AS x FROM edge.rows`, [EDGES])).toEqual({
      google: 'fails',
      duckdb: 'fails',
    })
  })

  it('is never left out of this test', () => {
    const known = [...FUNCTIONS.keys(), ...AGGREGATES.keys()]
    expect(known.filter((name) => !seen.has(name))).toEqual([])
  })
})

function collect(scan: Scan, into: Set<string>): void {
  for (const input of inputsOf(scan)) collect(input, into)
  for (const expression of expressionsOf(scan)) collectFrom(expression, into)
}

function collectFrom(expression: Expression, into: Set<string>): void {
  if (expression.kind === 'call' || expression.kind === 'aggregate') into.add(expression.name)
  if (expression.kind === 'subquery') collect(expression.of, into)
  for (const operand of operandsOf(expression)) collectFrom(operand, into)
}
