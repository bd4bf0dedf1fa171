import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { createTableProject, type TableProject } from '../support/table-project.ts'

let project: TableProject

beforeEach(async () => {
  await project?.remove()
  project = await createTableProject({
    drop: '{ kind: folder, root: drop }',
    shop: '{ kind: sqlite, path: shop.sqlite }',
    copy: '{ kind: sqlite, path: made/by/run/copy.sqlite }',
    lake: '{ kind: duckdb, path: made/by/lake/lake.duckdb }',
  })
})

afterAll(async () => {
  await project?.remove()
})

// Files are as old as they have to be sooner.
const CLOCK = {
  now: () => Date.now(),
  sleep: async (milliseconds: number) =>
    void (await new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, 50)))),
}

async function call(...args: readonly string[]) {
  return await daybreak([...args], { cwd: project.folder, env: project.env, clock: CLOCK })
}

async function run(name: string) {
  const { code, stdout, stderr } = await call('run', name, '--output', 'json', '--quiet')
  return { code, stderr, row: stdout === '' ? null : JSON.parse(stdout) }
}

async function put(path: string, content: string): Promise<void> {
  const file = join(project.folder, 'drop', path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
}

function sqlite(path: string, sql: string): readonly unknown[] {
  const database = new DatabaseSync(join(project.folder, path))
  try {
    if (!/^select/i.test(sql)) database.exec(sql)
    return /^select/i.test(sql)
      ? database
          .prepare(sql)
          .all()
          .map((row) => ({ ...row }))
      : []
  } finally {
    database.close()
  }
}

async function lake(sql: string): Promise<readonly unknown[]> {
  const { stdout, stderr } = await call('query', sql, '--pipeline', 'files', '--output', 'json')
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}

const COPY = 'made/by/run/copy.sqlite'

describe('a run of several streams', () => {
  it('loads the others where one cannot be planned or read, and says which', async () => {
    await put('sound.csv', 'id,name\n1,one\n')
    await put('broken.parquet', 'no parquet')
    await project.pipeline('files', [
      ...['source: drop', 'destination: lake', 'streams:'],
      ...['  broken: { from: broken.parquet }', '  gone: { from: gone.csv }', '  sound: { from: sound.csv }'],
    ])
    const { code, row } = await run('files')
    expect(row).toMatchObject({ state: 'partial' })
    expect(code).toBe(3)
    expect(await lake('select * from files.sound')).toEqual([{ id: '1', name: 'one' }])
    const open = async (stream: string) =>
      JSON.parse((await call('incidents', 'list', '--kind', 'stream', '--stream', stream, '-o', 'json')).stdout)
    expect(await open('broken')).toMatchObject([
      { severity: 'error', message: expect.stringContaining('broken.parquet') },
    ])
    expect(await open('gone')).toMatchObject([{ code: 'CONFIG_MISSING' }])
    await put('gone.csv', 'id\n2\n')
    await put('broken.parquet', 'still none')
    await run('files')
    expect(await open('gone')).toEqual([])
    expect(await open('broken')).toMatchObject([{ occurrences: 2 }])
  })

  it('fails where no stream can be read', async () => {
    await project.pipeline('files', ['source: drop', 'destination: lake', 'streams:', '  gone: { from: gone.csv }'])
    expect((await run('files')).row).toMatchObject({ state: 'failed' })
  })
})

describe('a run with nothing to do', () => {
  it('makes no window of an incremental stream until a row of the overlap changes', async () => {
    sqlite(
      'shop.sqlite',
      `create table items (id integer primary key, name text, at datetime);
       insert into items values (1, 'a', '2026-01-01 10:00:00'), (2, 'b', '2026-01-01 10:00:05')`,
    )
    await project.pipeline('items', [
      ...['source: shop', 'destination: copy', 'streams:', '  items: { from: items, mode: incremental,'],
      '    cursor: { column: at, overlap: 1m } }',
    ])
    const loads = () => sqlite(COPY, 'select window_id from _daybreak_loads').length
    expect((await run('items')).row).toMatchObject({ state: 'succeeded' })
    expect((await run('items')).row).toMatchObject({ state: 'skipped' })
    expect(loads()).toBe(1)
    // Committed late: older than the end of the last window, and of the length of the row that it replaces.
    sqlite('shop.sqlite', "update items set name = 'c' where id = 1")
    expect((await run('items')).row).toMatchObject({ state: 'succeeded' })
    expect((await run('items')).row).toMatchObject({ state: 'skipped' })
    expect(loads()).toBe(2)
    expect(sqlite(COPY, 'select name from items order by id')).toEqual([{ name: 'c' }, { name: 'b' }])
  })

  it('reads files that are the same again when their table was emptied', async () => {
    await put('a.csv', 'id\n1\n2\n')
    await project.pipeline('files', ['source: drop', 'destination: copy', 'streams:', '  a: { from: a.csv }'])
    await run('files')
    expect((await run('files')).row).toMatchObject({ state: 'skipped' })
    sqlite(COPY, 'delete from a')
    expect((await run('files')).row).toMatchObject({ state: 'succeeded' })
    expect(sqlite(COPY, 'select count(*) as n from a')).toEqual([{ n: 2 }])
  })
})

describe('rejects', () => {
  it('go from SQLite to SQLite, where each text begins with the letter of its type', async () => {
    sqlite(
      'shop.sqlite',
      `create table items (id integer, name text not null, amount numeric(10,2), bytes blob, day date);
       insert into items values (1, 'a', 1.5, x'0102', '2026-01-01'), (1, 'bb', 2.25, x'03', '2026-01-02'), (2, 'ccc', 4, null, null),
         (null, 'none', 8.5, x'00', '2026-01-03')`,
    )
    await project.pipeline('items', [
      ...['source: shop', 'destination: copy', 'reject_budget: 0.5', 'streams:'],
      '  items: { from: items, key: [id], on_conflict: overwrite }',
    ])
    expect(await run('items')).toMatchObject({ code: 0, stderr: '', row: { state: 'succeeded' } })
    expect(sqlite(COPY, 'select id, name, amount, hex(bytes) as b from items order by id')).toEqual([
      { id: 1, name: 'bb', amount: 2.25, b: '03' },
      { id: 2, name: 'ccc', amount: 4, b: '' },
    ])
  })
})

describe('a plan', () => {
  it('makes neither the file of a destination nor its folder', async () => {
    sqlite('shop.sqlite', 'create table items (id integer primary key)')
    for (const name of ['copy', 'lake']) {
      await project.pipeline(`to_${name}`, [
        'source: shop',
        `destination: ${name}`,
        'streams:',
        '  items: { from: items }',
      ])
      expect(await call('plan', `to_${name}`)).toMatchObject({ code: 0, stderr: '' })
      expect((await call('run', `to_${name}`, '--dry-run', '--quiet')).code).toBe(0)
    }
    expect(existsSync(join(project.folder, 'made'))).toBe(false)
  })

  it('asks for an index that holds the key of an upsert unique in SQLite', async () => {
    sqlite('shop.sqlite', "create table items (id integer primary key, name text); insert into items values (1, 'a')")
    await mkdir(join(project.folder, dirname(COPY)), { recursive: true })
    sqlite(COPY, 'create table items (id integer not null, name text)')
    await project.pipeline('items', [
      ...['source: shop', 'destination: copy', 'streams:', '  items: { from: items, on_conflict: overwrite }'],
    ])
    expect((await call('plan', 'items')).stdout).toContain('CREATE UNIQUE INDEX')
    expect((await run('items')).row).toMatchObject({ state: 'failed' })
  })
})

describe('a connection', () => {
  it('discovers the tables of a folder in which one file is broken, and names it', async () => {
    await project.pipeline('files', ['source: drop', 'destination: lake', 'streams:', '  a: { from: a/sound.csv }'])
    await put('a/sound.csv', 'id\n1\n')
    await put('b/broken.parquet', 'no parquet')
    const { code, stdout, stderr } = await call('connection', 'discover', 'drop', '-o', 'json')
    expect(JSON.parse(stdout)).toMatchObject([{ table: 'a/sound.csv' }])
    expect(stderr).toContain('b/broken.parquet')
    expect(code).toBe(3)
  })

  it('says of a destination that the first run makes that it is not there yet', async () => {
    for (const name of ['copy', 'lake']) {
      await project.pipeline('items', ['source: shop', `destination: ${name}`, 'streams:', '  items: { from: items }'])
      const { code, stdout } = await call('connection', 'test', name)
      expect(stdout).toContain('the first run makes it')
      expect(code).toBe(0)
    }
    const { code, stderr } = await call('connection', 'test', 'shop')
    expect(code).not.toBe(0)
    expect(stderr).toContain('there is no such file')
  })
})

describe('a lost ledger', () => {
  beforeEach(async () => {
    sqlite(
      'shop.sqlite',
      "create table items (id integer primary key, at datetime); insert into items values (1, '2026-01-01 10:00:00')",
    )
    const stream = (mode: string, cursor: string) => [
      ...['source: shop', 'destination: copy', 'streams:'],
      `  ${mode}: { from: items, mode: ${mode}, cursor: { column: ${cursor} } }`,
    ]
    await project.pipeline('items', stream('incremental', 'at'))
    await project.pipeline('added', stream('append', 'id'))
    for (const name of ['items', 'added']) expect((await run(name)).row).toMatchObject({ state: 'succeeded' })
    await rm(join(project.folder, 'home', 'ledger.sqlite'))
  })

  it('is rebuilt from the plans of windows, and from the loads that the destination has on record', async () => {
    for (const name of ['items', 'added']) {
      const { code, stdout } = await call('ledger', 'rebuild', name, '-o', 'json')
      expect(JSON.parse(stdout)).toMatchObject({ slices: 1, partitions: 1, state: 'skipped' })
      expect(code).toBe(0)
      expect((await run(name)).row).toMatchObject({ state: 'skipped' })
    }
    sqlite('shop.sqlite', "insert into items values (2, '2026-01-02 10:00:00')")
    for (const name of ['items', 'added']) expect((await run(name)).row).toMatchObject({ state: 'succeeded' })
    expect(sqlite(COPY, 'select id from append order by id')).toEqual([{ id: 1 }, { id: 2 }])
  })

  it('goes on after the windows on record where the objects are lost as well, unless rows would be there twice', async () => {
    await rm(join(project.folder, 'home', 'objects'), { recursive: true })
    sqlite('shop.sqlite', "insert into items values (2, '2026-01-02 10:00:00')")
    expect((await run('items')).row).toMatchObject({ state: 'succeeded' })
    expect(sqlite(COPY, "select number from _daybreak_loads where pipeline = 'items' order by 1")).toEqual([
      { number: 1 },
      { number: 2 },
    ])
    const { row } = await run('added')
    expect(row).toMatchObject({ state: 'failed' })
    expect(row.reason).toContain('append was loaded up to its window w000001')
    expect(sqlite(COPY, 'select id from append')).toEqual([{ id: 1 }])
  })
})
