import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { answer } from '../../functions/adapters/duckdb/reader/process.ts'
import type { Reply } from '../../functions/adapters/duckdb/reader/protocol.ts'
import { daybreak, shell } from '../support/cli.ts'
import { sharedFolder, testFolder } from '../support/folder.ts'
import { projectFiles } from '../support/project.ts'

const INSTANT = "TIMESTAMPTZ '2025-03-09 07:30:00.5+00'"

/** A project whose warehouse has 1,475 orders, one instant of each kind, and the table of jobs. */
async function projectWithOrders(folder: string, memoryLimit = '256MB'): Promise<string> {
  for (const [path, text] of Object.entries(projectFiles())) {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(
      join(folder, path),
      text.replace('warehouse.duckdb"', `warehouse.duckdb", memory_limit: ${memoryLimit}`),
    )
  }
  await mkdir(join(folder, '.daybreak'), { recursive: true })
  await inWarehouse(
    folder,
    `CREATE SCHEMA toast;
     CREATE TABLE toast.orders AS SELECT 'o' || i AS order_id, DATE '2025-03-01' + CAST(i % 5 AS INTEGER) AS business_date,
       CAST(i AS DECIMAL(18,4)) / 4 AS amount FROM range(1475) r(i);
     CREATE TABLE toast.instants AS SELECT ${INSTANT} AS at, [${INSTANT}] AS list, {'at': ${INSTANT}} AS struct,
       MAP {'at': ${INSTANT}} AS map, TIMESTAMP '2025-03-09 02:30:00' AS local;
     CREATE SEQUENCE toast.numbers;
     CREATE TABLE main._jobs (id VARCHAR)`,
  )
  return folder
}

async function inWarehouse(folder: string, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(join(folder, '.daybreak/warehouse.duckdb'))
  const connection = await instance.connect()
  await connection.run(sql)
  connection.closeSync()
  instance.closeSync()
}

const folder = await sharedFolder()
beforeAll(async () => void (await projectWithOrders(folder)))

const ask = (sql: string, ...flags: string[]) => daybreak(['query', sql, ...flags], { cwd: folder })

/** Answers of the reader process, without the process: no writer of this process has the warehouse open. */
async function replies(sql: string): Promise<readonly Reply[]> {
  const said: Reply[] = []
  const path = join(folder, '.daybreak/warehouse.duckdb')
  const limits = { memoryLimit: '256MB', tempDir: join(folder, 'temporary'), patience: 0, limit: 10, countTo: 10 }
  await answer({ path, schemas: ['toast', 'nowhere'], sql, into: null, ...limits }, async (reply) => {
    said.push(reply)
  })
  return said
}

describe('a query reads, and does nothing else', () => {
  const secret = () => join(folder, 'secret.txt')
  const target = () => join(folder, 'out.csv')
  beforeAll(() => writeFile(secret(), 'the hash key\n'))

  it.each([
    "COPY (SELECT 1) TO 'TARGET'",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO 'TARGET'",
    "explain analyze -- a comment\n copy toast.orders to 'TARGET'",
    "/* SELECT */ COPY toast.orders TO 'TARGET' (FORMAT parquet)",
    "EXPORT DATABASE 'TARGET'",
    "ATTACH 'TARGET' AS other",
    "ATTACH ':memory:' AS other",
    "SELECT * FROM read_text('SECRET')",
    "SELECT * FROM read_blob('SECRET')",
    "SELECT * FROM read_csv('SECRET', header = false)",
    "SELECT * FROM read_json('SECRET')",
    "SELECT * FROM parquet_scan('SECRET')",
    "SELECT * FROM sniff_csv('SECRET')",
    "SELECT * FROM read_duckdb('SECRET')",
    "SELECT * FROM glob('FOLDER/*')",
    "FROM 'SECRET'",
    "FROM query('SELECT * FROM read_text(''SECRET'')')",
    "FROM query_table('SECRET')",
    "WITH a AS (SELECT content FROM read_text('SECRET')) SELECT * FROM a",
    "FROM json_execute_serialized_sql(json_serialize_sql('SELECT * FROM read_text(''SECRET'')'))",
    "SELECT getenv('HOME')",
    'SELECT * FROM duckdb_secrets()',
    'SET threads = 1',
    "SET VARIABLE a = 'b'",
    'RESET memory_limit',
    'INSTALL httpfs',
    'LOAD httpfs',
    'PRAGMA database_list',
    "PRAGMA enable_profiling = 'json'",
    'CALL pragma_version()',
    'CHECKPOINT',
    'FORCE CHECKPOINT',
    'VACUUM',
    'USE toast',
    'BEGIN',
    'CREATE TEMP TABLE t AS SELECT 1',
    'CREATE TEMP MACRO f(x) AS x',
    'CREATE SECRET s (TYPE s3)',
    'PREPARE p AS SELECT 1',
    'INSERT INTO toast.orders (order_id) VALUES (1)',
    'DELETE FROM toast.orders',
    'EXPLAIN ANALYZE DELETE FROM toast.orders',
    'EXPLAIN DROP TABLE toast.orders',
    "SELECT nextval('toast.numbers')",
    'SELECT 1; SELECT 2',
    'SELECT 1; DROP TABLE toast.orders',
    "CREATE TEMP TYPE t AS ENUM ('a'); SELECT 1",
    'SELECT 1) ; (SELECT 2',
    '',
    ' ;; ',
    '-- SELECT 1',
    'SELECT ?',
  ])('refuses %j', async (sql) => {
    const text = sql.replaceAll('TARGET', target()).replaceAll('SECRET', secret()).replaceAll('FOLDER', folder)
    const said = await replies(text)
    expect(said.at(-1)).toMatchObject({ kind: 'failed', code: 'USAGE_INVALID' })
    expect(said.filter(({ kind }) => kind === 'rows')).toEqual([])
    expect(JSON.stringify(said)).not.toContain('the hash key')
    expect(existsSync(target())).toBe(false)
  })

  it('refuses it as a command with exit code 2, and the tables are as they were', async () => {
    const { code, stdout, stderr } = await ask(`EXPLAIN ANALYZE COPY toast.orders TO '${target()}'`)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^\[USAGE_INVALID\]/)
    expect(existsSync(target())).toBe(false)
    expect((await ask('SELECT count(*) AS n FROM orders', '-o', 'csv')).stdout).toBe('n\r\n1475\r\n')
  })

  it.each([
    ['WITH a AS (SELECT 1 AS n) SELECT n FROM a', '1'],
    ["VALUES ('a;b')", 'a;b'],
    ["/* one */ SELECT ';' AS n -- two;\n ; ", ';'],
    ["SELECT '--' ;", '--'],
    ['FROM toast.orders SELECT count(*) AS n', '1475'],
    ['SELECT count(*) AS n FROM orders', '1475'],
  ])('answers %j', async (sql, value) => {
    expect(await replies(sql)).toContainEqual({ kind: 'rows', rows: [[value]] })
  })

  it.each([
    'DESCRIBE toast.orders',
    'SUMMARIZE toast.orders',
    'SHOW ALL TABLES',
    'TABLE orders',
    'EXPLAIN SELECT 1',
    'EXPLAIN (SELECT 1)',
    'EXPLAIN ANALYZE SELECT count(*) FROM toast.orders',
    'EXPLAIN (FORMAT json) SELECT 1',
    'PIVOT toast.orders ON business_date USING count(*)',
    'PIVOT toast.orders ON business_date IN (1) USING count(*);',
  ])('answers %j', async (sql) => {
    const said = await replies(sql)
    expect(said.map(({ kind }) => kind)).toEqual(['opened', 'columns', 'rows', 'done'])
    expect(JSON.stringify(said)).not.toContain('_jobs')
  })

  it('shows no table of its own', async () => {
    expect(await replies('SHOW TABLES')).toContainEqual({ kind: 'rows', rows: [['instants'], ['orders']] })
  })

  it("keeps DuckDB's hint, its candidates and the place", async () => {
    const { stderr } = await ask('SELECT order_idd FROM toast.orders')
    expect(stderr).toContain('Candidate bindings: "order_id"')
    expect(stderr).toContain('LINE 1: SELECT order_idd FROM toast.orders')
    expect(JSON.stringify(await replies('SELECT * FROM toast.ordres'))).toContain('Did you mean \\"orders\\"?')
  })
})

describe('instants', () => {
  it.each(['America/Los_Angeles', 'Asia/Kolkata'])('are in UTC with their offset where TZ is %s', async (TZ) => {
    for (const format of ['csv', 'json', 'ndjson', 'table']) {
      const { stdout } = await shell(`cd '${folder}' && $DAYBREAK query 'SELECT * FROM toast.instants' -o ${format}`, {
        TZ,
      })
      expect(stdout.match(/2025-03-09 07:30:00\.5\+00/g)).toHaveLength(4)
      expect(stdout).toContain('2025-03-09 02:30:00')
    }
  })
})

describe('many rows', () => {
  it('are counted in a table, which shows fifty of them and says how to have all', async () => {
    const { stdout } = await ask('SELECT * FROM toast.orders')
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(53)
    expect(lines.at(-1)).toBe('1,475 rows, 50 shown; `--limit`, `-o csv`')
    expect((await ask('SELECT * FROM toast.orders', '--limit', '1475')).stdout).not.toContain('shown')
  })

  it('without end are shown in part and not counted to their end', async () => {
    const { code, stdout } = await ask('SELECT * FROM range(1000000000000)')
    expect(code).toBe(0)
    expect(stdout).toContain('more than 1,000,000 rows, 50 shown')
    expect((await ask('SELECT * FROM range(1000000000000)', '--limit', '3', '-o', 'csv')).stdout).toBe(
      'range\r\n0\r\n1\r\n2\r\n',
    )
  })

  it('for a program end with an error when there are more than it gets', async () => {
    const command = `cd '${folder}' && $DAYBREAK query 'SELECT * FROM range(1000001)' -o csv`
    const { code, stdout, stderr } = await shell(`set -o pipefail; ${command} | wc -l`)
    expect({ code, lines: stdout.trim() }).toEqual({ code: 2, lines: '1000001' })
    expect(stderr).toContain('[QUERY_LIMIT] only the first 1000000 rows were printed; `--limit` allows more')
  })
})

describe('a query that would not end', () => {
  const ENDLESS = [
    'SELECT count(*) FROM range(1000000000000)',
    'SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000) c',
    'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t',
    // Neither of them can be interrupted.
    "SELECT length(repeat('x', 4000000000))",
    "SELECT levenshtein(repeat('a', 100000), repeat('b', 100000))",
  ]

  it.each(ENDLESS)('stops when its time is up: %s', async (sql) => {
    const { code, stderr } = await ask(sql, '--timeout', '700ms')
    expect(code).toBe(2)
    expect(stderr).toContain('[QUERY_LIMIT] the query took ')
    expect(await readdir(join(folder, '.daybreak/tmp'))).toEqual([])
  })

  it.each([
    ['SIGTERM', 143, ENDLESS[0]],
    ['SIGINT', 130, ENDLESS[4]],
  ] as const)('obeys %s at once, and leaves no process and no file', async (signal, code, sql) => {
    const child = start('query', sql ?? '', '--timeout', '1h')
    const reader = await readerOf(child)
    child.kill(signal)
    expect(await once(child, 'close')).toEqual([code, null])
    expect(isAlive(reader)).toBe(false)
    expect(await readdir(join(folder, '.daybreak/tmp'))).toEqual([])
  })

  it('does not outlive a command that was killed', async () => {
    const child = start('query', ENDLESS[4] ?? '', '--timeout', '1h')
    const reader = await readerOf(child)
    child.kill('SIGKILL')
    await until(() => !isAlive(reader))
    expect(await readdir(join(folder, '.daybreak/tmp'))).toEqual([])
  })

  it.each([
    'SELECT list(r) FROM (SELECT random() AS r FROM range(1000000000))',
    'SELECT length(CAST(list_transform(range(400000000), x -> x) AS VARCHAR))',
  ])('stops when its memory is used up: %s', async (sql) => {
    const { code, stderr } = await ask(sql)
    expect(code).toBe(2)
    expect(stderr).toContain('[QUERY_LIMIT]')
  })
})

describe('a warehouse that is written', () => {
  it('is waited for, and then read', async () => {
    const place = await projectWithOrders(await testFolder())
    const writer = await openWriter(place)
    const child = start('query', 'SELECT count(*) FROM toast.orders', '-o', 'csv', '--project-dir', place)
    const [message] = await once(child.stderr!, 'data')
    expect(String(message)).toMatch(/^Waiting for another process to finish with the warehouse: .*PID \d+/)
    writer.stdin?.end()
    const chunks: unknown[] = []
    child.stdout?.on('data', (chunk) => chunks.push(chunk))
    await once(child, 'close')
    expect(chunks.join('')).toContain('1475')
  })

  it('is read by several at once, and left as it was', async () => {
    const results = await Promise.all(
      Array.from({ length: 5 }, () => ask('SELECT count(*) AS n FROM orders', '-o', 'csv')),
    )
    for (const result of results) expect(result).toEqual({ code: 0, stdout: 'n\r\n1475\r\n', stderr: '' })
  })

  it('that was never written has no tables yet', async () => {
    const place = await testFolder()
    for (const [path, text] of Object.entries(projectFiles())) {
      await mkdir(join(place, path, '..'), { recursive: true })
      await writeFile(join(place, path), text)
    }
    const { code, stderr } = await daybreak(['query', 'SELECT * FROM toast.orders'], { cwd: place })
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('[NOT_FOUND] no table yet: no Orders.csv'),
    })
    expect(existsSync(join(place, '.daybreak/warehouse.duckdb'))).toBe(false)
  })
})

function start(...argv: string[]): ChildProcess {
  const child = spawn(process.execPath, [join(process.cwd(), 'cli/daybreak.mjs'), ...argv], {
    cwd: folder,
    stdio: 'pipe',
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** A process that has the warehouse open for writing until its stdin ends. */
async function openWriter(place: string): Promise<ChildProcess> {
  const script = `
    import { DuckDBInstance } from '@duckdb/node-api'
    const instance = await DuckDBInstance.create('${join(place, '.daybreak/warehouse.duckdb')}')
    process.stdout.write('open')
    process.stdin.on('end', () => process.exit()).resume()`
  const writer = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'pipe' })
  onTestFinished(() => void writer.kill('SIGKILL'))
  await once(writer.stdout, 'data')
  return writer
}

/** The process that answers for a command, once it has begun. */
async function readerOf(child: ChildProcess): Promise<number> {
  const children = `/proc/${child.pid}/task/${child.pid}/children`
  let pid = 0
  await until(async () => {
    const { stdout } = await shell(`cat ${children} 2>/dev/null || pgrep -P ${child.pid}`)
    pid = Number(stdout.trim().split(/\s+/)[0])
    return pid > 0 && (await readdir(join(folder, '.daybreak/tmp'))).length > 0
  })
  return pid
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20))
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
