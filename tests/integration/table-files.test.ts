import { copyFile, mkdir, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { createTableProject, type TableProject } from '../support/table-project.ts'

let project: TableProject

const CLOCK = {
  now: () => Date.now(),
  sleep: async (milliseconds: number) =>
    void (await new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, 50)))),
}

async function put(path: string, content: string | Uint8Array): Promise<void> {
  const file = join(project.folder, 'drop', path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
}

async function call(...args: readonly string[]) {
  return await daybreak([...args], { cwd: project.folder, env: project.env, clock: CLOCK })
}

async function run(name: string) {
  return await call('run', name, '--output', 'json', '--quiet')
}

async function rows(pipeline: string, sql: string): Promise<readonly unknown[]> {
  const { stdout, stderr } = await call('query', sql, '--pipeline', pipeline, '--output', 'json')
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

async function duckdb(sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(sql)
  connection.closeSync()
  instance.closeSync()
}

beforeAll(async () => {
  project = await createTableProject({
    drop: '{ kind: folder, root: drop }',
    lake: '{ kind: duckdb, path: lake.duckdb }',
  })
  await put('empty.txt', '')
})

afterAll(async () => {
  await project?.remove()
})

describe('files as the source of a pipeline of tables', () => {
  it('reads the files of a pattern as one table, NULL apart from the empty text', async () => {
    await put('prices/a.csv', 'sku,price,note\n1,1.50,\n2,2.25,""\n3,3.00,"a ""b"",\nc"\n')
    await put('prices/b.csv.gz', gzipSync('\ufeffnote;sku;price\r\n12" pan;4;4.00\r\n'))
    await project.pipeline('prices', [
      ...['source: drop', 'destination: lake', 'streams:', '  prices:', '    from: prices/*'],
      '    columns: { price: { type: numeric, precision: 12, scale: 4 }, sku: { type: int64 } }',
    ])
    await put('prices/.hidden.csv', 'x\n1\n')
    const { code, stderr } = await run('prices')
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(await rows('prices', 'select * from prices.prices order by sku')).toEqual([
      { sku: '1', price: '1.5000', note: null },
      { sku: '2', price: '2.2500', note: '' },
      { sku: '3', price: '3.0000', note: 'a "b",\nc' },
      { sku: '4', price: '4.0000', note: '12" pan' },
    ])
  })

  it('does not read files again that are the same, and reads all when one has changed', async () => {
    const count = async () => await rows('prices', 'select count(*)::int as n from main._daybreak_loads')
    expect(await count()).toEqual([{ n: '1' }])
    expect((await run('prices')).code).toBe(0)
    expect(await count()).toEqual([{ n: '1' }])
    await put('prices/c.csv', 'sku,price,note\n5,5,x\n')
    expect((await run('prices')).code).toBe(0)
    expect(await rows('prices', 'select count(*) as n from prices.prices')).toEqual([{ n: '5' }])
  })

  it('says of each line that is no row its file, its line and the reason', async () => {
    const bytes = Buffer.concat([
      Buffer.from('id,name\n1,one\n2,two,too many\n3,"x" y\n4,'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('\n"5\n",five\n6,six\nseven,7\n8,"never'),
    ])
    await put('odd/odd.csv', bytes)
    await put('odd/sound.csv', 'id,name\n9,nine\n')
    await project.pipeline('odd', [
      ...['source: drop', 'destination: lake', 'reject_budget: 0.9', 'streams:'],
      '  odd: { from: odd/*.csv, columns: { id: { type: int64 } } }',
    ])
    const { code, stderr } = await run('odd')
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(await rows('odd', 'select id, name from odd.odd order by id')).toEqual([
      { id: '1', name: 'one' },
      { id: '5', name: 'five' },
      { id: '6', name: 'six' },
      { id: '9', name: 'nine' },
    ])
    await project.pipeline('strict', [
      ...['source: drop', 'destination: lake', 'streams:'],
      '  odd: { from: odd/*.csv, columns: { id: { type: int64 } } }',
    ])
    const { stdout } = await run('strict')
    expect(JSON.parse(stdout).reason).toContain(
      '5 of 9 rows were rejected, more than the share of 0.001 that reject_budget allows',
    )
    expect(JSON.parse(stdout).reason).toContain('odd.csv, line 3,  "2,two,too many": expected 2 fields, found 3')
  })

  it('keeps the digits and the text of JSON lines', async () => {
    await put(
      'events.jsonl',
      [
        '{"id": 1, "n": 12345678901234567890.10, "at": "2026-01-01", "tags": ["a", 1.0], "mixed": 1, "ok": true}',
        '{"id": 2, "n": 1, "tags": {"x": 1.0, "x": 2}, "mixed": "a\\n", "extra": null}',
        'no json',
        '[1]',
        '',
        '{"id": 3}',
      ].join('\n'),
    )
    await project.pipeline('events', [
      ...['source: drop', 'destination: lake', 'reject_budget: 0.5', 'streams:', '  events: { from: events.jsonl }'],
    ])
    const { code, stderr } = await run('events')
    expect(stderr).toBe('')
    expect(code).toBe(0)
    expect(await rows('events', 'select * from events.events order by id')).toEqual([
      {
        ...{ id: '1', n: '12345678901234567890.10', at: '2026-01-01', tags: '["a", 1.0]', mixed: '1' },
        ...{ ok: 'true', extra: null },
      },
      { id: '2', n: '1', at: null, tags: '{"x": 1.0, "x": 2}', mixed: '"a\\n"', ok: null, extra: null },
      { id: '3', n: null, at: null, tags: null, mixed: null, ok: null, extra: null },
    ])
  })

  it('keeps the types and values of Parquet, as the comparison of every value says', async () => {
    const path = join(project.folder, 'drop', 'all.parquet')
    await duckdb(`COPY (SELECT i::BIGINT AS id, (i / 3)::DECIMAL(38,10) AS amount, (i / 7)::DOUBLE AS ratio, i % 2 = 0 AS flag,
        DATE '2026-01-01' + i::INT AS day, TIME '23:59:59.999999' AS "at", TIMESTAMP '2026-03-29 02:30:00.123456' + to_minutes(i) AS local,
        TIMESTAMPTZ '2026-03-29 00:30:00+00' + to_minutes(i) AS instant, md5(i::VARCHAR)::BLOB AS bytes, uuid() AS uid,
        [i, NULL] AS list, {'a': i, 'b': 'x'} AS struct, CASE WHEN i % 3 = 0 THEN NULL WHEN i % 3 = 1 THEN '' ELSE 'é😀,"' END AS note
      FROM range(5000) t(i)) TO '${path}' (FORMAT parquet)`)
    await project.pipeline('typed', [
      ...[
        'source: drop',
        'destination: lake',
        'streams:',
        '  typed: { from: all.parquet, key: [id], on_conflict: overwrite }',
      ],
    ])
    const { code, stderr } = await run('typed')
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const types = await rows(
      'typed',
      "select column_name as c, data_type as t from information_schema.columns where table_schema = 'typed' order by ordinal_position",
    )
    expect(types.map((row) => Object.values(row ?? {}).join(' '))).toEqual([
      ...['id BIGINT', 'amount DECIMAL(38,10)', 'ratio DOUBLE', 'flag BOOLEAN', 'day DATE', 'at TIME'],
      ...['local TIMESTAMP', 'instant TIMESTAMP WITH TIME ZONE', 'bytes BLOB', 'uid UUID'],
      ...['list JSON', 'struct JSON', 'note VARCHAR'],
    ])
    const compared = await call('compare', 'typed', '--output', 'json')
    expect(compared.stderr).toBe('')
    expect(compared.code).toBe(0)
  })

  it('reads new files alone with `_modified_at` as the cursor', async () => {
    await put('days/1.csv', 'id\n1\n')
    const file = (name: string) => join(project.folder, 'drop', 'days', name)
    await utimes(file('1.csv'), 1_700_000_000, 1_700_000_000)
    await project.pipeline('days', [
      ...['source: drop', 'destination: lake', 'streams:', '  days:', '    from: days/*.csv', '    mode: append'],
      '    cursor: { column: _modified_at }',
    ])
    expect((await run('days')).code).toBe(0)
    await copyFile(file('1.csv'), file('2.csv'))
    expect((await run('days')).code).toBe(0)
    expect((await run('days')).code).toBe(0)
    expect(await rows('days', 'select id, _modified_at is null as n from days.days')).toEqual([
      { id: '1', n: 'false' },
      { id: '1', n: 'false' },
    ])
  })

  it('refuses what files cannot answer, before anything is read', async () => {
    await project.pipeline('wrong', [
      ...['source: drop', 'destination: lake', 'streams:', '  wrong: { from: x.csv, where: "id > 1" }'],
    ])
    const { code, stderr } = await call('validate')
    expect(code).not.toBe(0)
    expect(stderr).toContain('"drop" has files, whose rows are all read; expected none')
  })
})
