import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { inflateRawSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { parse } from 'csv-parse/sync'
import { beforeAll, expect, it } from 'vitest'
import { xlsxStream } from '../../cli/export/xlsx.ts'
import { daybreak } from '../support/cli.ts'
import { sharedFolder } from '../support/folder.ts'
import { projectFiles } from '../support/project.ts'

const folder = await sharedFolder()
beforeAll(async () => {
  for (const [path, text] of Object.entries(projectFiles())) {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  await mkdir(join(folder, '.daybreak'))
  await inDuckdb(
    join(folder, '.daybreak/warehouse.duckdb'),
    `CREATE SCHEMA toast;
     CREATE TABLE toast.orders AS SELECT DATE '2025-02-01' + CAST(i % 4 AS INTEGER) AS business_date, '1001' AS location_id,
       'Orders.csv' AS _source_file, i AS _row_number, CASE i WHEN 0 THEN '=1+1' WHEN 1 THEN 'a "b", c' WHEN 2 THEN NULL ELSE '<&>' END AS order_id,
       CAST('12345678901234.5678' AS DECIMAL(18,4)) AS amount, TIMESTAMPTZ '2025-03-09 07:30:00+00' AS _loaded_at FROM range(8) r(i);
     CREATE TABLE main._jobs (id VARCHAR)`,
  )
})

async function inDuckdb(path: string, sql: string) {
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  const reader = await connection.runAndReadAll(sql)
  connection.closeSync()
  instance.closeSync()
  return reader.getRowsJson()
}

const run = (...argv: string[]) => daybreak(argv, { cwd: folder })
const read = (name: string) => readFile(join(folder, name))

it('writes the days of a stream as CSV: exact decimals, instants in UTC, text as it is stored', async () => {
  const { code, stdout } = await run(
    'export',
    'orders',
    '--from',
    '2025-02-01',
    '--to',
    '2025-02-02',
    '--out',
    'orders.csv',
    '-o',
    'json',
  )
  expect({ code, made: JSON.parse(stdout) }).toMatchObject({ code: 0, made: { format: 'csv', rows: 4 } })
  const rows: Record<string, string>[] = parse(await read('orders.csv'), { columns: true })
  expect(rows.map(({ _row_number, order_id }) => [_row_number, order_id])).toEqual([
    ['0', '=1+1'],
    ['4', '<&>'],
    ['1', 'a "b", c'],
    ['5', '<&>'],
  ])
  expect(rows[0]).toMatchObject({ amount: '12345678901234.5678', _loaded_at: '2025-03-09 07:30:00+00' })
})

it('writes the answer to a query as Parquet', async () => {
  const sql = 'SELECT order_id, amount, _loaded_at FROM toast.orders ORDER BY _row_number -- all'
  expect(await run('export', '--query', sql, '--out', 'all.parquet')).toMatchObject({ code: 0, stderr: '' })
  const copy = join(folder, 'all.parquet')
  expect(await inDuckdb(':memory:', `SELECT count(*), min(amount), min(typeof(_loaded_at)) FROM '${copy}'`)).toEqual([
    ['8', '12345678901234.5678', 'TIMESTAMP WITH TIME ZONE'],
  ])
})

it('writes xlsx: numbers that a spreadsheet keeps are numbers, longer ones and formulas are text', async () => {
  const sql =
    "SELECT 1.50 AS short, amount AS long, order_id AS text, chr(7) || 'x' AS bell FROM orders ORDER BY _row_number LIMIT 3"
  expect((await run('export', '--query', sql, '--out', 'three.xlsx')).code).toBe(0)
  const sheet = unzipped(await read('three.xlsx'), 'xl/worksheets/sheet1.xml')
  expect(sheet.match(/<row>/g)).toHaveLength(4)
  expect(sheet).toContain('<c><v>1.50</v></c>')
  expect(sheet).toContain('>12345678901234.5678</t>')
  expect(sheet).toContain('>=1+1</t>')
  expect(sheet).toContain('>_x0007_x</t>')
  expect(sheet).toContain('<c/>')
})

it('says that a sheet is full', async () => {
  async function* rows() {
    for (let n = 0; n < 11; n++) yield [String(n)]
  }
  const columns = [{ name: 'n', type: 'INTEGER' }]
  await expect(buffer(xlsxStream(columns, rows(), 11))).rejects.toMatchObject({
    code: 'QUERY_LIMIT',
    message: expect.stringContaining('an xlsx sheet has 10 rows at most'),
  })
  expect((await buffer(xlsxStream(columns, rows(), 12))).length).toBeGreaterThan(500)
})

it('leaves no file of an export that failed', async () => {
  const sql = "SELECT repeat('x', 32768) AS text"
  const { code, stderr } = await run('export', '--query', sql, '--out', 'large.xlsx')
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('32767 characters at most') })
  expect((await readdir(folder)).filter((name) => name.startsWith('large'))).toEqual([])
})

it('never takes the place of another file unasked', async () => {
  await writeFile(join(folder, 'mine.csv'), 'mine')
  expect(await run('export', 'orders', '--out', 'mine.csv')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--overwrite'),
  })
  expect(String(await read('mine.csv'))).toBe('mine')
  expect((await run('export', 'orders', '--out', 'mine.csv', '--overwrite')).code).toBe(0)
  expect(String(await read('mine.csv'))).toContain('business_date')
})

it.each([
  [['export', 'ordres', '--out', 'x.csv'], 'Did you mean "orders"?'],
  [['export', 'orders', '--out', 'x.doc'], 'expected --format csv, parquet, xlsx'],
  [['export', 'orders', '--out', 'nowhere/x.csv'], 'does not exist'],
  [['export', '--out', 'x.csv'], 'either a STREAM or --query'],
  [['export', 'orders', '--query', 'SELECT 1', '--out', 'x.csv'], 'either a STREAM or --query'],
  [['export', '--query', "COPY toast.orders TO 'y.csv'", '--out', 'x.csv'], 'USAGE_INVALID'],
  [['export', '--query', "SELECT 1) TO 'y.csv'; --", '--out', 'x.parquet'], 'USAGE_INVALID'],
  [['export', '--query', 'SELECT 1; SELECT 2', '--out', 'x.csv'], 'one SQL statement, found 2'],
])('refuses %j and writes nothing', async (argv, message) => {
  const { code, stderr } = await run(...argv)
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining(message) })
  for (const name of ['x.csv', 'y.csv', 'x.parquet']) expect(existsSync(join(folder, name))).toBe(false)
})

it('lists the tables with what they hold, those without rows as well, and none of its own', async () => {
  const { stdout } = await run('tables', '-o', 'json')
  expect(JSON.parse(stdout)).toMatchObject([
    { table: 'toast.orders', rows: 8, from: '2025-02-01', to: '2025-02-04', columns: 3, description: 'Orders.' },
    { table: 'toast.payments', rows: 0, from: '', to: '' },
    { table: 'toast.rejects', rows: 0 },
    { table: 'toast.profiles', rows: 0 },
  ])
  expect(stdout).not.toContain('_jobs')
})

/** A member of a zip, found by its local header, sizes from the central directory. */
function unzipped(zip: Buffer, name: string): string {
  const entry = zip.lastIndexOf(name) - 46
  const [packed, offset] = [zip.readUInt32LE(entry + 20), zip.readUInt32LE(entry + 42)]
  const start = offset + 30 + zip.readUInt16LE(offset + 26) + zip.readUInt16LE(offset + 28)
  return inflateRawSync(zip.subarray(start, start + packed)).toString('utf8')
}
