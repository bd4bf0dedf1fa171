import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
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

async function call(...args: readonly string[]) {
  return await daybreak([...args], { cwd: project.folder, env: project.env, clock: CLOCK })
}

const out = (path: string) => join(project.folder, 'out', path)

async function duckdb(sql: string): Promise<readonly (readonly unknown[])[]> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function makeSource(rows: number): Promise<void> {
  await duckdb(`COPY (SELECT i::BIGINT AS id, (i / 3)::DECIMAL(38,10) AS amount, (i / 7)::DOUBLE AS ratio, i % 2 = 0 AS flag,
      DATE '2026-01-01' + i::INT AS day, TIME '23:59:59.999999' AS "at", TIMESTAMPTZ '2026-03-29 00:30:00+00' + to_minutes(i) AS instant,
      md5(i::VARCHAR)::BLOB AS bytes, [i, NULL] AS list,
      CASE WHEN i % 3 = 0 THEN NULL WHEN i % 3 = 1 THEN '' ELSE 'é😀,"' || chr(10) || 'x' END AS "note ""/~"
    FROM range(${rows}) t(i)) TO '${join(project.folder, 'all.parquet')}' (FORMAT parquet)`)
}

beforeAll(async () => {
  project = await createTableProject({ drop: '{ kind: folder, root: . }', out: '{ kind: folder, root: out }' })
  await makeSource(1000)
})

afterAll(async () => {
  await project?.remove()
})

async function pipeline(name: string, ...streams: readonly string[]): Promise<void> {
  await project.pipeline(name, ['source: drop', 'destination: out', 'streams:', ...streams])
}

describe('files as the destination of a pipeline of tables', () => {
  it('hold every value in each format, as the comparison of both sides says', async () => {
    await pipeline(
      'all',
      '  typed: { from: all.parquet, key: [id] }',
      '  lines: { from: all.parquet, key: [id], into: lines.jsonl.gz }',
      '  text: { from: all.parquet, key: [id], into: deep/text.csv }',
    )
    const { code, stderr } = await call('run', 'all', '--output', 'json', '--quiet')
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const compared = await call('compare', 'all', '--output', 'json')
    expect(compared.stderr).toBe('')
    expect(compared.code).toBe(0)
    const same = `SELECT count(*)::INT FROM (SELECT * FROM read_parquet('${out('typed.parquet')}') INTERSECT
      SELECT * REPLACE (to_json(list) AS list) FROM read_parquet('${join(project.folder, 'all.parquet')}'))`
    expect(await duckdb(same)).toEqual([[1000]])
    const [first = ''] = gunzipSync(await readFile(out('lines.jsonl.gz')))
      .toString()
      .split('\n')
    expect(first).toBe(
      '{"id":0,"amount":0.0000000000,"ratio":0.0,"flag":true,"day":"2026-01-01","at":"23:59:59.999999","instant":"2026-03-29 00:30:00+00","bytes":"\\\\x6366636432303834393564353635656636366537646666396639383736346461","list":[0,null],"note \\"/~":null}',
    )
    const [header, , empty] = (await readFile(out('deep/text.csv'), 'utf8')).split('\n')
    expect(header).toBe('id,amount,ratio,flag,day,at,instant,bytes,list,"note ""/~"')
    expect(empty).toMatch(/^1,0\.3333333333,.*,""$/)
  })

  it('keep every digit of wide decimals in JSON lines', async () => {
    const wide = ['1234567890123456789012345678.0123456789', '-2.0000000001', null]
    const rows = wide.map(
      (text, at) => `(${at}, ${text}::DECIMAL(38,10), '{"amount":9.5,"t":"\\",\\"amount\\":7.5"}'::JSON, ':1.5')`,
    )
    await duckdb(
      `COPY (SELECT extra, note, amount, id FROM (VALUES ${rows.join(', ')}) t(id, "amount", extra, note)) TO '${join(project.folder, 'wide.parquet')}' (FORMAT parquet)`,
    )
    await pipeline('wide', '  wide: { from: wide.parquet, key: [id], into: wide.jsonl }')
    const { code, stderr } = await call('run', 'wide', '--output', 'json', '--quiet')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = (await readFile(out('wide.jsonl'), 'utf8')).trim().split('\n')
    expect(lines.map((line) => /"note":":1.5","amount":([^,]+)/.exec(line)?.[1])).toEqual([wide[0], wide[1], 'null'])
    expect((await call('compare', 'wide', '--output', 'json')).stdout).toContain('"equal"')
  })

  it('are the new rows as a whole after the next run, with one record of each load', async () => {
    await makeSource(10)
    expect((await call('run', 'all', '--quiet')).code).toBe(0)
    expect(await duckdb(`SELECT count(*)::INT FROM read_parquet('${out('typed.parquet')}')`)).toEqual([[10]])
    const names = await readdir(out('_daybreak/loads/all/typed'))
    const loads = await Promise.all(
      names.map(async (name) => JSON.parse(await readFile(out(`_daybreak/loads/all/typed/${name}`), 'utf8'))),
    )
    expect(loads.map(({ state, rows, number, file }) => [state, rows, number, file])).toEqual([
      ['done', 1000, 1, 'typed.parquet'],
      ['done', 10, 2, 'typed.parquet'],
    ])
    expect(await readdir(out('_daybreak/staging'))).toEqual([])
  })

  it('are one file a window where rows are added', async () => {
    await writeFile(join(project.folder, 'days.csv'), 'id,note\n1,a\n')
    await pipeline('days', '  days: { from: days.csv, mode: snapshot, into: days.csv }')
    expect((await call('run', 'days', '--quiet')).code).toBe(0)
    await writeFile(join(project.folder, 'days.csv'), 'id,note\n1,b\n2,c\n')
    expect((await call('run', 'days', '--quiet')).code).toBe(0)
    const files = await readdir(out('days'))
    expect(files).toHaveLength(2)
    const texts = await Promise.all(files.toSorted().map((name) => readFile(out(`days/${name}`), 'utf8')))
    expect(texts.map((text) => text.replaceAll(/\d{4}-\S+ \S+/g, 'T'))).toEqual([
      'id,note,_snapshot_at\n1,a,T\n',
      'id,note,_snapshot_at\n1,b,T\n2,c,T\n',
    ])
  })

  it('are refused for strategies that find rows by their keys', async () => {
    await pipeline('keyed', '  keyed: { from: days.csv, key: [id], mode: full, on_conflict: overwrite }')
    const { code, stdout } = await call('run', 'keyed', '--output', 'json', '--quiet')
    expect(code).not.toBe(0)
    expect(JSON.parse(stdout).reason).toContain('files have no rows to find by their keys')
  })
})
