import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { hasMariadb, type Mariadb, startMariadb } from '../support/mariadb.ts'
import { hasPostgres, type Postgres, startPostgres } from '../support/postgres.ts'
import { createTableProject, postgresYaml, type TableProject } from '../support/table-project.ts'

let mariadb: Mariadb
let postgres: Postgres
let project: TableProject

const hasBoth = hasMariadb && hasPostgres

const SHOP = `
create database shop character set utf8mb4; create database copy character set utf8mb4; use shop;
create table orders (id bigint unsigned primary key, small tinyint, flag boolean, amount decimal(38,10), huge decimal(65,30),
  price float, ratio double, filled int zerofill, bits bit(8), year year, day date, at time(6), local_at datetime(6), instant timestamp(6) null,
  note text, code char(5), latin varchar(20) character set latin1, state enum('open','paid'), tags set('a','b','c'),
  extra json, bytes varbinary(8), place point, number uuid);
insert into orders values
  (18446744073709551615, -128, true, 1234567890123456789012345678.0123456789, 1.000000000000000000000000000001, 0.1, 1e-300, 42, b'11001000',
   2026, '2026-02-28', '23:59:59.999999', '2026-03-29 02:30:00.123456', '2026-03-29 01:30:00.654321', 'a,"b"', 'ab', 'naïve', 'paid', 'a,c',
   '{"a": 1.0, "a": 2}', x'00ff5c78', point(1, 2), '6dfa5cc5-ed7e-11f1-8d90-02fc00000001'),
  (1, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null),
  (2, 127, false, -0.0000000001, 0, -1.5, 1.7976931348623157e308, 0, b'0', 1901, '0001-01-01', '00:00:00', '9999-12-31 23:59:59.999999',
   '2038-01-19 03:14:07', '', '', '', 'open', '', '[]', x'', point(0, 0), null),
  (3, 1, true, 1, 1, 1, 1, 1, b'1', 2000, '2000-01-01', '12:00:00', '2000-01-01 00:00:00', '2000-01-01 00:00:00',
   'line\\r\\nbreak \\\\N NULL é😀', 'NULL', 'x', 'open', 'b', 'null', x'0a', point(1, 1), null);
create table odd (id int primary key, spent time, day date);
set sql_mode = ''; insert into odd values (1, '838:59:59', '0000-00-00'), (2, '-10:00:00', '2022-11-00'), (3, '10:00:00', '2022-11-01');
create table \`Odd "na\`\`me\` (\`Id\` int primary key, \`a b\` text); insert into \`Odd "na\`\`me\` values (1, 'c');`

async function call(...args: readonly string[]) {
  return await daybreak(args, { cwd: project.folder, env: project.env })
}

async function run(name: string) {
  const { code, stdout, stderr } = await call('run', name, '--output', 'json', '--quiet')
  return { code, stderr, reason: stdout === '' ? null : JSON.parse(stdout).reason }
}

beforeAll(async () => {
  if (!hasBoth) return
  ;[mariadb, postgres] = await Promise.all([startMariadb(), startPostgres()])
  await mariadb.run(SHOP)
  await postgres.sql('create database crm')
  project = await createTableProject({
    shop: `{ kind: mysql, host: ${mariadb.socket}, database: shop, user: root }`,
    nulls: `{ kind: mysql, host: ${mariadb.socket}, database: shop, user: root, zero_dates: 'null' }`,
    copy: `{ kind: mysql, host: ${mariadb.socket}, database: copy, user: root }`,
    crm: postgresYaml(postgres, 'crm'),
    lake: '{ kind: duckdb, path: lake.duckdb }',
  })
}, 120_000)

afterAll(async () => {
  await project?.remove()
  await mariadb?.close()
  await postgres?.close()
})

describe.skipIf(!hasBoth)('tables of MySQL (skipped: no MariaDB or no PostgreSQL)', () => {
  it('are copied to a server of the same kind with their types, as CHECKSUM TABLE says', async () => {
    await project.pipeline('to_copy', [
      ...['source: shop', 'destination: copy', 'streams:', '  orders: { from: orders }', '  odd: { from: odd }'],
      `  renamed: { from: '\`Odd "na\`\`me\`' }`,
    ])
    expect(await run('to_copy')).toEqual({ code: 0, stderr: '', reason: null })
    const sums = await mariadb.run('checksum table shop.orders, copy.orders, shop.odd, copy.odd')
    expect(sums[1]?.[1]).toBe(sums[0]?.[1])
    expect(sums[3]?.[1]).toBe(sums[2]?.[1])
    const types = (schema: string) =>
      mariadb.run(
        `select column_name, column_type, is_nullable, collation_name from information_schema.columns where table_schema = '${schema}' and table_name = 'orders' order by ordinal_position`,
      )
    expect(await types('copy')).toEqual(await types('shop'))
    expect(await mariadb.run('select * from copy.renamed')).toEqual([['1', 'c']])
    const compared = await call('compare', 'to_copy', '--stream', 'orders', '-o', 'json')
    expect(compared.stderr).toBe('')
    expect(JSON.parse(compared.stdout)).toMatchObject([{ result: 'equal', source_rows: 4 }])
    // A second load takes the place of the first, and is on record next to the rows.
    expect((await run('to_copy')).code).toBe(0)
    expect(
      await mariadb.run(
        "select count(*), sum(row_count) from copy._daybreak_loads where stream = 'orders' and state = 'done'",
      ),
    ).toEqual([['2', '8']])
  })

  it('are read into PostgreSQL and DuckDB as the text that the server writes', async () => {
    await project.pipeline('to_crm', ['source: shop', 'destination: crm', 'streams:', '  orders: { from: orders }'])
    await project.pipeline('to_lake', ['source: shop', 'destination: lake', 'streams:', '  orders: { from: orders }'])
    expect(await run('to_crm')).toEqual({ code: 0, stderr: '', reason: null })
    expect(await run('to_lake')).toEqual({ code: 0, stderr: '', reason: null })
    const sql = (
      schema: string,
    ) => `select id, small, flag, cast(amount as varchar) as amount, cast(huge as varchar) as huge, price, ratio,
      filled, bits, year, cast(day as varchar) as day, cast("at" as varchar) as "at", cast(local_at as varchar) as local_at,
      cast(instant as varchar) as instant, note, code, latin, state, tags, cast(extra as varchar) as extra, octet_length(bytes) as bytes,
      place, cast(number as varchar) as number from ${schema}.orders order by id`
    const answer = await call('query', sql('to_lake'), '--pipeline', 'to_lake', '--output', 'json')
    expect(answer.stderr).toBe('')
    const lake: Record<string, unknown>[] = JSON.parse(answer.stdout)
    expect(lake.at(-1)).toEqual({
      ...{ id: '18446744073709551615', small: '-128', flag: '1', amount: '1234567890123456789012345678.0123456789' },
      ...{
        huge: '1.000000000000000000000000000001',
        price: '0.10000000149011612',
        ratio: '1e-300',
        filled: '42',
        bits: '200',
      },
      ...{ year: '2026', day: '2026-02-28', at: '23:59:59.999999', local_at: '2026-03-29 02:30:00.123456' },
      ...{
        instant: '2026-03-29 01:30:00.654321+00',
        note: 'a,"b"',
        code: 'ab',
        latin: 'naïve',
        state: 'paid',
        tags: 'a,c',
      },
      ...{
        extra: '{"a": 1.0, "a": 2}',
        bytes: '4',
        place: 'POINT(1 2)',
        number: '6dfa5cc5-ed7e-11f1-8d90-02fc00000001',
      },
    })
    expect(lake[2]?.note).toBe('line\r\nbreak \\N NULL é😀')
    expect(lake[1]).toMatchObject({ note: '', code: '', tags: '', bytes: '0', local_at: '9999-12-31 23:59:59.999999' })
    await postgres.sql('select 1')
    const compared = await call('compare', 'to_crm', '-o', 'json')
    expect(JSON.parse(compared.stdout)).toMatchObject([{ result: 'equal', source_rows: 4, destination_rows: 4 }])
    expect(JSON.parse((await call('compare', 'to_lake', '-o', 'json')).stdout)).toMatchObject([{ result: 'equal' }])
  })

  it('reject a date with a zero in it, or have no value there, as the connection says', async () => {
    const stream = ['destination: lake', 'reject_budget: 1', 'streams:', '  odd: { from: odd }']
    await project.pipeline('rejected', ['source: shop', ...stream])
    await project.pipeline('nulled', ['source: nulls', ...stream])
    expect((await run('rejected')).code).toBe(0)
    expect((await run('nulled')).code).toBe(0)
    const rows = async (schema: string) =>
      JSON.parse(
        (await call('query', `select * from ${schema}.odd order by id`, '--pipeline', schema, '-o', 'json')).stdout,
      )
    expect(await rows('rejected')).toEqual([{ id: '3', spent: '10:00:00', day: '2022-11-01' }])
    expect(await rows('nulled')).toEqual([
      { id: '1', spent: '838:59:59', day: null },
      { id: '2', spent: '-10:00:00', day: null },
      { id: '3', spent: '10:00:00', day: '2022-11-01' },
    ])
  })

  it('take rows of PostgreSQL: merged by key, and the sums are asked of the table before the commit', async () => {
    await postgres.sql(
      'create table if not exists public.items (id text primary key, a integer, b text, at timestamptz not null)',
    )
    await postgres.sql(
      "insert into public.items values ('A', 1, 'x', '2026-01-01'), ('a', 2, null, '2026-01-01'), ('ö', 3, '', '2026-01-02')",
    )
    await project.pipeline('items', [
      ...['source: pg', 'destination: copy', 'streams:', '  items:', '    from: public.items', '    mode: incremental'],
      ...['    cursor: { column: at }', '    on_conflict: merge'],
    ])
    await project.connection('pg', postgresYaml(postgres, 'postgres'))
    expect(await run('items')).toEqual({ code: 0, stderr: '', reason: null })
    await mariadb.run("update copy.items set b = 'kept' where id = 'a'")
    await postgres.sql(
      "update public.items set a = 20, at = '2026-01-03' where id = 'a'; insert into public.items values ('new', 4, 'n', '2026-01-03')",
    )
    expect(await run('items')).toEqual({ code: 0, stderr: '', reason: null })
    expect(await mariadb.run('select id, a, b, at from copy.items order by a')).toEqual([
      ['A', '1', 'x', expect.anything()],
      ['ö', '3', '', expect.anything()],
      ['new', '4', 'n', expect.anything()],
      ['a', '20', 'kept', expect.anything()],
    ])
    expect(
      await mariadb.run(
        "select row_count, inserted, updated from copy._daybreak_loads where stream = 'items' order by number",
      ),
    ).toEqual([
      ['3', '3', '0'],
      // With the row whose cursor is within the overlap.
      ['3', '1', '2'],
    ])
  })

  it('refuse a value that would be rounded, and hold what they had', async () => {
    await mariadb.run(
      'create table copy.rounded (id int primary key, amount decimal(5,1)); insert into copy.rounded values (9, 9.9)',
    )
    await postgres.sql(
      'create table public.rounded (id integer primary key, amount numeric(5,2)); insert into public.rounded values (1, 1.25)',
    )
    await project.pipeline('rounded', [
      'source: pg',
      'destination: copy',
      'streams:',
      '  rounded: { from: public.rounded }',
    ])
    const { code, reason } = await run('rounded')
    expect(code).not.toBe(0)
    expect(JSON.stringify(reason)).toContain("Data truncated for column 'amount'")
    expect(await mariadb.run('select * from copy.rounded')).toEqual([['9', '9.9']])
  })
})
