import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withApi } from '../../cli/api.ts'
import type { Options } from '../../cli/options.ts'
import { daybreak, testContext } from '../support/cli.ts'
import { createTableProject, type TableProject } from '../support/table-project.ts'

let project: TableProject
let shop: string
let copy: string

async function call(...args: readonly string[]) {
  return await daybreak(args, { cwd: project.folder, env: project.env })
}

async function run(name: string) {
  const { code, stdout, stderr } = await call('run', name, '--output', 'json', '--quiet')
  return { code, stderr, reason: stdout === '' ? null : JSON.parse(stdout).reason }
}

function rowsIn(path: string, sql: string): readonly Record<string, unknown>[] {
  const database = new DatabaseSync(path)
  try {
    const statement = database.prepare(sql)
    statement.setReadBigInts(true)
    return statement.all().map((row) => ({ ...row }))
  } finally {
    database.close()
  }
}

function write(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}

const ORDERS = `
create table orders (id integer primary key, name text not null, amount decimal(10,2), huge numeric_text(38,10), ratio real, flag boolean,
  day date, at datetime, bytes blob, extra json_text, anything);
insert into orders values
  (9223372036854775807, 'a,"b"', 1.5, '12345678901234567890.0123456789', 0.1, 1, '2026-02-28', '2026-02-28 10:00:00.123456', x'00ff', '{"a": 1.0}', 'x'),
  (-5, '', -0.01, '0.0000000000', 1e300, 0, '0001-01-01', '9999-12-31 23:59:59', x'', 'null', 7),
  (1, 'é😀' || char(10) || 'NULL', null, null, null, null, null, null, null, null, null)`

beforeAll(async () => {
  project = await createTableProject({
    shop: '{ kind: sqlite, path: shop.sqlite }',
    copy: '{ kind: sqlite, path: copy.sqlite }',
    lake: '{ kind: duckdb, path: lake.duckdb }',
    back: '{ kind: sqlite, path: back.sqlite }',
  })
  shop = join(project.folder, 'shop.sqlite')
  copy = join(project.folder, 'copy.sqlite')
  write(shop, ORDERS)
  await project.pipeline('to_copy', ['source: shop', 'destination: copy', 'streams:', '  orders: { from: orders }'])
  await project.pipeline('to_lake', ['source: shop', 'destination: lake', 'streams:', '  orders: { from: orders }'])
  await project.pipeline('to_back', [
    'source: lake',
    'destination: back',
    'streams:',
    '  orders: { from: to_lake.orders, key: [id] }',
  ])
}, 60_000)

afterAll(async () => {
  await project?.remove()
})

const TIMES = ['streams:', '  times: { from: times }']

const DUMP =
  'select *, typeof(amount) as ta, typeof(huge) as th, typeof(anything) as tx, hex(bytes) as hx from orders order by id'

describe('tables of SQLite', () => {
  it('are copied from file to file with the type of each value', async () => {
    expect(await run('to_copy')).toEqual({ code: 0, stderr: '', reason: null })
    expect(rowsIn(copy, DUMP)).toEqual(rowsIn(shop, DUMP))
    expect(rowsIn(copy, 'select state, row_count, inserted from _daybreak_loads')).toEqual([
      { state: 'done', row_count: 3n, inserted: 3n },
    ])
    expect(JSON.parse((await call('compare', 'to_copy', '-o', 'json')).stdout)).toMatchObject([{ result: 'equal' }])
  })

  it('go into DuckDB and back into SQLite with each value', async () => {
    expect(await run('to_lake')).toEqual({ code: 0, stderr: '', reason: null })
    expect(await run('to_back')).toEqual({ code: 0, stderr: '', reason: null })
    expect(JSON.parse((await call('compare', 'to_lake', '-o', 'json')).stdout)).toMatchObject([{ result: 'equal' }])
    const compared = await call('compare', 'to_back', '-o', 'json')
    expect(compared.stderr).toBe('')
    expect(JSON.parse(compared.stdout)).toMatchObject([{ result: 'equal', source_rows: 3 }])
    const columns =
      'id, name, amount, huge, ratio, flag, day, hex(bytes), bytes is null as no_bytes, extra, cast(anything as text)'
    const sql = `select ${columns}, substr(at, 1, 19) as at from orders order by id`
    expect(rowsIn(join(project.folder, 'back.sqlite'), sql)).toEqual(rowsIn(shop, sql))
  })

  it('are compared as far as they can be: one without a key does not keep the others from it', async () => {
    write(shop, 'create table plain (a text); create table keyed (a text primary key)')
    write(shop, "insert into plain values ('x'); insert into keyed values ('y')")
    const streams = ['streams:', '  plain: { from: plain }', '  keyed: { from: keyed }']
    await project.pipeline('mixed', ['source: shop', 'destination: lake', ...streams])
    expect((await run('mixed')).code).toBe(0)
    const { code, stdout } = await call('compare', 'mixed', '-o', 'json')
    expect(code).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject([
      { stream: 'plain', result: 'not compared', reason: expect.stringContaining('no key') },
      { stream: 'keyed', result: 'equal', source_rows: 1 },
    ])
    expect((await call('compare', 'mixed', '--stream', 'plain')).code).toBe(2)
  })

  it('reject a value that has another type than its column', async () => {
    write(
      shop,
      "create table loose (id integer primary key, amount integer); insert into loose values (1, 'abc'), (2, 2)",
    )
    await project.pipeline('loose', [
      'source: shop',
      'destination: lake',
      'reject_budget: 1',
      'streams:',
      '  loose: { from: loose }',
    ])
    expect((await run('loose')).code).toBe(0)
    const answer = await call('query', 'select * from loose.loose', '--pipeline', 'loose', '-o', 'json')
    expect(JSON.parse(answer.stdout)).toEqual([{ id: '2', amount: '2' }])
  })

  it('show a run with a sheet of what its windows read, rejected and loaded', async () => {
    const { code, stdout, stderr } = await call('runs', 'show', 'last', '-o', 'json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const shown = JSON.parse(stdout)
    expect(shown).toMatchObject({ pipeline: 'loose', slices: [{ stream: 'loose', outcome: 'staged' }] })
    expect(shown.sheet).toMatchObject([
      { stream: 'loose', records: 2, accepted: 1, rejected: 1, partRows: 1, tableRows: null, balanced: true },
    ])
  })

  it('list the rows that were rejected, from the parts of the windows that are in the table', async () => {
    const { stdout, stderr, code } = await call('rejects', 'list', 'loose', '-o', 'json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const rows = JSON.parse(stdout)
    expect(rows).toMatchObject([{ stream: 'loose', line: '1', column: 'amount', value: 'abc' }])
    const [{ window }] = rows
    expect(JSON.parse((await call('rejects', 'list', 'loose', '--window', window, '-o', 'json')).stdout)).toEqual(rows)
    expect((await call('rejects', 'list', 'loose')).stdout).toContain('abc')
    expect((await call('rejects', 'show', 'loose', '--line', '1', '-o', 'json')).stdout).toContain('abc')
    expect((await call('rejects', 'list', 'loose', '--window', '2026-01-01')).stderr).toContain('id of a window')
    expect((await run('loose')).code).toBe(0)
    expect(JSON.parse((await call('rejects', 'list', 'loose', '-o', 'json')).stdout)).toHaveLength(1)
  })

  it('answer the same rejected rows over the API', async () => {
    const options: Options = {
      ...{ environment: 'local', format: 'json', logFormat: 'json', verbosity: 'quiet', yes: true, interactive: false },
      ...{ projectDir: project.folder, remote: null, color: { stdout: false, stderr: false } },
    }
    const context = testContext({ env: project.env, cwd: project.folder })
    const query = { pipeline: 'loose' }
    const { rejects } = await withApi({ options, context }, (api) => api('GET /api/rejects', { query }))
    expect(rejects).toMatchObject([{ stream: 'loose', shard: 'all', line: 1, column: 'amount', value: 'abc' }])
  })

  it('have a status: the last loaded window of each stream, and a newer one that was refused', async () => {
    const loaded = await call('status', 'loose', '-o', 'json')
    expect(loaded.stderr).toBe('')
    expect(JSON.parse(loaded.stdout)).toMatchObject([{ stream: 'loose', state: 'loaded', rows: 1, rejected: 1 }])
    expect((await call('status', 'loose', '--check')).code).toBe(0)
    expect((await call('status', 'loose', '--from', '2026-01-01')).stderr).toContain('windows are no days')
    const lines = ['source: shop', 'destination: lake', 'streams:', '  loose: { from: loose }']
    await project.pipeline('strict', lines)
    expect((await call('status', 'strict')).stdout).toContain('Nothing of it was read yet')
    await run('strict')
    expect(JSON.parse((await call('status', 'strict', '-o', 'json')).stdout)).toMatchObject([
      { stream: 'loose', state: 'quarantined', rejected: 1, reason: expect.stringContaining('1 of 2 rows') },
    ])
    expect((await call('status', 'strict', '--check')).code).toBe(3)
    expect(JSON.parse((await call('rejects', 'list', 'strict', '-o', 'json')).stdout)).toHaveLength(1)
  })

  it('reject a time with a part that the type of its column does not have', async () => {
    write(
      shop,
      `create table times (id integer primary key, at datetime, day date, clock time); insert into times values
        (1, '2026-01-01 10:00:00+02:00', null, null), (2, '2026-01-01T10:00:00-0030', null, null),
        (3, '2026-01-01 10:00:00Z', '2026-01-01', '10:00:00'), (4, '2026-01-01 10:00:00.5+00:00', null, '10:00:00.5'),
        (5, null, '2026-01-01 10:00:00', null), (6, null, null, '10:00:00+02'), (7, null, null, '2026-01-01 10:00:00')`,
    )
    await project.pipeline('times', ['source: shop', 'destination: lake', 'reject_budget: 1', ...TIMES])
    expect(await run('times')).toEqual({ code: 0, stderr: '', reason: null })
    const answer = await call('query', 'select * from times.times order by id', '--pipeline', 'times', '-o', 'json')
    expect(JSON.parse(answer.stdout)).toMatchObject([{ id: '3' }, { id: '4' }])
    await project.pipeline('times_0', ['source: shop', 'destination: lake', ...TIMES])
    const { reason } = await run('times_0')
    expect(reason).toContain('5 of 7 rows were rejected')
    expect(reason).toContain('row 1, at "2026-01-01 10:00:00+02:00": expected datetime')
  })

  it('reject a text that is not UTF-8', async () => {
    write(
      shop,
      `create table odd (id integer primary key, note text, n integer);
       insert into odd values (1, 'a', 5), (2, cast(x'ff41' as text), 6), (3, 'é', 7)`,
    )
    const stream = ['streams:', '  odd: { from: odd }']
    await project.pipeline('odd', ['source: shop', 'destination: lake', 'reject_budget: 1', ...stream])
    expect(await run('odd')).toEqual({ code: 0, stderr: '', reason: null })
    const answer = await call('query', 'select * from odd.odd order by id', '--pipeline', 'odd', '-o', 'json')
    expect(JSON.parse(answer.stdout)).toEqual([
      { id: '1', note: 'a', n: '5' },
      { id: '3', note: 'é', n: '7' },
    ])
    await project.pipeline('odd_0', ['source: shop', 'destination: lake', ...stream])
    expect((await run('odd_0')).reason).toContain('the first is row 2,  ""2","\uFFFDA","6"": not UTF-8 (bytes ff 41)')
  })

  it('are merged by key, and keep rows that are theirs', async () => {
    write(
      shop,
      "create table items (id text primary key not null, n integer, note text, at datetime not null); insert into items values ('a', 1, 'x', '2026-01-01 00:00:00'), ('b', 2, null, '2026-01-02 00:00:00')",
    )
    const stream = [
      'streams:',
      '  items:',
      '    from: items',
      '    mode: incremental',
      '    on_conflict: merge',
      '    cursor: { column: at }',
    ]
    await project.pipeline('items', ['source: shop', 'destination: copy', ...stream])
    expect(await run('items')).toEqual({ code: 0, stderr: '', reason: null })
    write(
      copy,
      "update items set note = 'kept' where id = 'b'; insert into items values ('own', 9, 'own', '2020-01-01 00:00:00')",
    )
    write(
      shop,
      "update items set n = 20, at = '2026-01-03 00:00:00' where id = 'b'; insert into items values ('c', 3, 'z', '2026-01-03 00:00:00')",
    )
    expect(await run('items')).toEqual({ code: 0, stderr: '', reason: null })
    expect(rowsIn(copy, 'select id, n, note from items order by id')).toEqual([
      { id: 'a', n: 1n, note: 'x' },
      { id: 'b', n: 20n, note: 'kept' },
      { id: 'c', n: 3n, note: 'z' },
      { id: 'own', n: 9n, note: 'own' },
    ])
  })

  it('are planned without making the file', async () => {
    await project.connection('fresh', '{ kind: sqlite, path: fresh.sqlite }')
    await project.pipeline('fresh', ['source: shop', 'destination: fresh', 'streams:', '  orders: { from: orders }'])
    const { stdout } = await call('plan', 'fresh', '-o', 'json')
    expect(JSON.parse(stdout).streams[0]).toMatchObject({ creates_table: true, rows: 3, problems: [] })
    expect(execFileSync('ls', [project.folder], { encoding: 'utf8' })).not.toContain('fresh.sqlite')
  })

  it('are planned without making the file of DuckDB', async () => {
    await project.connection('pond', '{ kind: duckdb, path: pond.duckdb }')
    await project.pipeline('pond', ['source: shop', 'destination: pond', 'streams:', '  orders: { from: orders }'])
    const { stdout } = await call('plan', 'pond', '-o', 'json')
    expect(JSON.parse(stdout).streams[0]).toMatchObject({ creates_table: true, rows: 3, problems: [] })
    expect((await call('run', 'pond', '--dry-run', '--quiet')).code).toBe(0)
    expect(execFileSync('ls', [project.folder], { encoding: 'utf8' })).not.toContain('pond')
  })
})
