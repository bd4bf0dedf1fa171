import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { hasMariadb, type Mariadb, startMariadb } from '../support/mariadb.ts'
import { hasPostgres, type Postgres, startPostgres } from '../support/postgres.ts'
import { createTableProject, postgresYaml, type TableProject } from '../support/table-project.ts'

let postgres: Postgres
let mariadb: Mariadb
let project: TableProject

const hasBoth = hasMariadb && hasPostgres

const ORIGIN = `
create type state as enum ('open', 'paid');
create table things (id bigint primary key, small smallint, amount numeric(38,10), cents numeric(10,2), free numeric, ratio double precision,
  flag boolean, day date, at time, local_at timestamp, instant timestamptz, note text, code varchar(20), state state, took interval,
  tags text[], raw json, bytes bytea, number uuid);
insert into things values
  (9223372036854775807, 32767, 1234567890123456789012345678.0123456789, 99999999.99, 123456789012345678901234567890.0123456789012345678901, 0.1,
   true, '9999-12-31', '23:59:59.999999', '2026-03-29 02:30:00.123456', '2026-03-29 01:30:00.654321+00', 'a,"b" \\N NULL ''', 'x', 'paid',
   '1 year 2 days', '{x,"y,z",null}', '{"a": 1.0, "a": 2}', '\\x00ff5c780a', '6dfa5cc5-ed7e-11f1-8d90-02fc00000001'),
  (-9223372036854775808, -32768, -0.0000000001, -0.01, 0, -1.5, false, '0001-01-01', '00:00:00', '0001-01-01 00:00:00', '1970-01-01 00:00:00+00',
   E'line\\r\\nbreak\\ttab', '', 'open', '-1 second', '{}', '[]', '\\x', '00000000-0000-0000-0000-000000000000'),
  (0, 0, 0, 0, 0.10, 1e300, null, '2024-02-29', '12:00:00.5', '2038-01-19 03:14:08', '2106-02-07 06:28:16+00', 'é😀 ‮rtl "" , ', 'NULL', null,
   null, null, 'null', null, null),
  (1, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
insert into things (id, amount, cents, note, instant, ratio, flag)
  select g, g * 1.0000000001, g / 100.0, repeat(chr(32 + g % 90), g % 50), timestamptz '2026-01-01' + g * interval '17 minutes', g / 3.0, g % 2 = 0
  from generate_series(10, 2000) g`

async function query(database: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ host: postgres.host, port: postgres.port, user: 'postgres', database })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

async function run(name: string) {
  const { code, stdout, stderr } = await daybreak(['run', name, '--output', 'json', '--quiet'], {
    cwd: project.folder,
    env: project.env,
  })
  return { code, stderr, reason: stdout === '' ? null : JSON.parse(stdout).reason }
}

beforeAll(async () => {
  if (!hasBoth) return
  ;[postgres, mariadb] = await Promise.all([startPostgres(), startMariadb()])
  await postgres.sql('create database origin')
  await postgres.sql('create database back')
  await query('origin', ORIGIN)
  await mariadb.run('create database middle character set utf8mb4')
  project = await createTableProject({
    origin: postgresYaml(postgres, 'origin'),
    lake: '{ kind: duckdb, path: lake.duckdb }',
    middle: `{ kind: mysql, host: ${mariadb.socket}, database: middle, user: root }`,
    file: '{ kind: sqlite, path: file.sqlite }',
    back: postgresYaml(postgres, 'back'),
  })
  const step = (source: string, destination: string, from: string, more = '') => [
    ...[`source: ${source}`, `destination: ${destination}`, 'streams:'],
    `  things: { from: ${from}, key: [id]${more} }`,
  ]
  // Types that a system on the way has no name for are said again.
  const times = ', columns: { flag: { type: bool }, at: { type: time }, instant: { type: timestamp } }'
  await project.pipeline('one', step('origin', 'lake', 'public.things'))
  await project.pipeline('two', step('lake', 'middle', 'one.things'))
  await project.pipeline('three', step('middle', 'file', 'things', times))
  await project.pipeline('four', step('file', 'back', 'things'))
}, 120_000)

afterAll(async () => {
  await project?.remove()
  await mariadb?.close()
  await postgres?.close()
})

describe.skipIf(!hasBoth)('a ring of systems (skipped: no MariaDB or no PostgreSQL)', () => {
  it('gives back what it was given: PostgreSQL, DuckDB, MariaDB, SQLite, PostgreSQL', async () => {
    for (const name of ['one', 'two', 'three', 'four'])
      expect({ name, ...(await run(name)) }).toEqual({ name, code: 0, stderr: '', reason: null })
    const values = `select id, small::text as small, amount, cents, free, ratio, flag, day::text as day, at::text as at, local_at::text as local_at,
      extract(epoch from instant)::text as instant, note, code, state::text as state`
    const original = `${values}, to_json(tags)::text as tags, raw::text as raw, encode(bytes, 'hex') as bytes, number::text as number from things order by id`
    const copied = `${values}, tags::text as tags, raw::text as raw, encode(bytes, 'hex') as bytes, number::text as number from things order by id`
    expect(await query('back', copied)).toEqual(await query('origin', original))
    const intervals = 'select id, took::interval as took from things order by id'
    expect(await query('back', intervals)).toEqual(await query('origin', intervals))
  })
})
