import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { hasPostgres, NO_POSTGRES, type Postgres, startPostgres } from '../support/postgres.ts'
import { createTableProject, postgresYaml, type TableProject } from '../support/table-project.ts'

let server: Postgres
let project: TableProject

async function query(database: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ host: server.host, port: server.port, user: 'postgres', database })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

const CLOCK = {
  now: () => Date.now(),
  sleep: async (milliseconds: number) =>
    void (await new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, 20)))),
}

async function call(...argv: readonly string[]) {
  const { code, stdout, stderr } = await daybreak([...argv, '--output', 'json', '--quiet'], {
    cwd: project.folder,
    env: project.env,
    clock: CLOCK,
  })
  const said: unknown = stdout.trim() === '' ? null : JSON.parse(stdout)
  return { code, said, text: stdout + stderr }
}

async function write(path: string, text: string) {
  await mkdir(join(project.folder, path, '..'), { recursive: true })
  await writeFile(join(project.folder, path), text)
}

/** A pipeline of the table `prices` with hooks, into a table of its own. */
async function pipeline(name: string, hooks: readonly string[], more: readonly string[] = []) {
  await project.pipeline(name, [
    ...['source: shop', 'destination: crm', 'reject_budget: 1', 'hooks:'],
    ...hooks.map((line) => `  ${line}`),
    ...['streams:', `  ${name}: { from: prices }`],
    ...more,
  ])
}

/** A script that answers each line with what a function of JavaScript says. */
const script = (answer: string) => `import { createInterface } from 'node:readline'
for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line)
  const { id, rows } = question
  console.log(JSON.stringify((${answer})(question, id, rows)))
}
`

beforeAll(async () => {
  if (!hasPostgres) return
  server = await startPostgres()
  await server.sql('create database shop')
  await server.sql('create database crm')
  await query(
    'shop',
    `create table prices (id integer primary key, sku text not null, price numeric(12,4), note text);
     insert into prices select g, 'sku' || g, g * 1.25, case g % 3 when 0 then null when 1 then '' else 'a,"b"' || chr(10) end
     from generate_series(1, 2500) g`,
  )
  await query('crm', 'create table told (at serial primary key, what text)')
  project = await createTableProject({ shop: postgresYaml(server, 'shop'), crm: postgresYaml(server, 'crm') })
}, 120_000)

afterAll(async () => {
  await project?.remove()
  await server?.close()
})

describe.skipIf(!hasPostgres)(`hooks (${NO_POSTGRES})`, () => {
  it('run statements around a run and a window, and in the transaction of its rows', async () => {
    await pipeline('around', [
      'run:',
      `  before: [{ sql: "insert into told (what) values ('run.before')" }]`,
      `  after: [{ sql: "insert into told (what) values ('run.after')" }]`,
      'window:',
      '  before:',
      `    - { sql: "insert into told (what) values ('window.before')" }`,
      `    - { sql: "insert into told (what) select 'within.before ' || count(*) from around", in_transaction: true }`,
      '  after:',
      `    - { sql: "insert into told (what) select 'within.after ' || count(*) from around", in_transaction: true }`,
      `    - { sql: "insert into told (what) values ('window.after')" }`,
      `    - { sql: "create table if not exists of_source (id integer)", on: source }`,
    ])
    expect(await call('run', 'around')).toMatchObject({ code: 0, said: { state: 'succeeded' } })
    expect(await query('crm', 'select what from told order by at')).toEqual(
      [...['run.before', 'window.before', 'within.before 0', 'within.after 2500', 'window.after', 'run.after']].map(
        (what) => ({ what }),
      ),
    )
    expect(await query('shop', "select to_regclass('of_source')::text as made")).toEqual([{ made: 'of_source' }])
  })

  it('take the rows back with a statement of their transaction that fails, and hold the window', async () => {
    await pipeline('taken_back', [
      'window: { after: [{ sql: "select 1 / count(*) - 1 / 0 from taken_back", in_transaction: true }] }',
    ])
    const { code, text } = await call('run', 'taken_back')
    expect(code).toBe(1)
    expect(text).toContain('division by zero')
    expect(await query('crm', 'select count(*)::int as n from taken_back')).toEqual([{ n: 0 }])
  })

  it('end the run when one before it fails, and let it go on where they say `warn`', async () => {
    const failing = 'sql: "insert into nowhere values (1)"'
    await pipeline('stopped', [`window: { before: [{ ${failing} }] }`])
    const stopped = await call('run', 'stopped')
    expect(stopped.code).toBe(1)
    expect(stopped.said).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('relation "nowhere" does not exist'),
    })
    expect(await query('crm', "select to_regclass('stopped')::text as made")).toEqual([{ made: null }])

    await pipeline('warned', [`window: { before: [{ ${failing}, on_failure: warn }], after: [{ ${failing} }] }`])
    expect(await call('run', 'warned')).toMatchObject({ code: 0, said: { state: 'succeeded' } })

    await pipeline('at_last', [`run: { after: [{ ${failing}, on_failure: fail }] }`])
    expect(await call('run', 'at_last')).toMatchObject({ code: 1, said: { state: 'failed' } })
  })

  it('change rows in a script before they are parsed, and explain those that it refuses', async () => {
    await write(
      'config/hooks/clean.mjs',
      script(`(question, id, rows) => ({ id, rows: rows.map((row) =>
        row.id === '7' ? { reject: 'seven is out' } : row.id === '8' ? { ...row, price: 'dear' } : { ...row, sku: row.sku.toUpperCase() + process.argv[2] }) })`),
    )
    await pipeline('cleaned', [
      'row: { before: [{ script: config/hooks/clean.mjs, args: ["; rm -rf $HOME"], batch: 700 }] }',
    ])
    const run = await call('run', 'cleaned')
    expect(run.text).toContain('2498')
    expect(run.said).toMatchObject({ state: 'succeeded' })
    const [row] = await query(
      'crm',
      `select count(*)::int as n, count(*) filter (where sku = 'SKU' || id || '; rm -rf $HOME')::int as changed,
         count(*) filter (where note is null)::int as nulls, count(*) filter (where note = '')::int as blank, sum(price)::text as price from cleaned`,
    )
    const [source] = await query(
      'shop',
      `select count(*)::int as n, count(*)::int as changed, count(*) filter (where note is null)::int as nulls,
         count(*) filter (where note = '')::int as blank, sum(price)::text as price from prices where id not in (7, 8)`,
    )
    expect(row).toEqual(source)
    const { said } = await call('rejects', 'list', 'cleaned')
    expect(said).toMatchObject([
      { line: '7', rule: 'hook', column: 'id', value: '7', message: 'hook config/hooks/clean.mjs: seven is out' },
      { line: '8', rule: 'numeric', column: 'price', value: 'dear' },
    ])
  })

  it('see the rows as they were written, and get no secret but those that they list', async () => {
    await writeFile(join(project.folder, 'secrets/api_key'), 'sesame')
    await write(
      'config/hooks/see.mjs',
      `import { appendFileSync } from 'node:fs'\n${script(`(question, id, rows) => {
        appendFileSync('seen.jsonl', JSON.stringify({ rows: rows.length, last: rows.at(-1), env: process.env, pid: process.pid, event: question.hook }) + '\\n')
        return { id, rows } }`)}`,
    )
    await pipeline('seen', [
      'row: { after: [{ script: config/hooks/see.mjs, secrets: { API_KEY: "secret://api_key" } }] }',
    ])
    process.env['DAYBREAK_TOKEN'] = 'not for scripts'
    expect(await call('run', 'seen')).toMatchObject({ code: 0 })
    delete process.env['DAYBREAK_TOKEN']
    const lines = (await readFile(join(project.folder, 'seen.jsonl'), 'utf8')).trim().split('\n')
    const seen = lines.map((line) => JSON.parse(line))
    expect(seen.map(({ rows }) => rows)).toEqual([1000, 1000, 500])
    expect(seen[2].last).toEqual({ id: '2500', sku: 'sku2500', price: '3125.0000', note: '' })
    expect(new Set(seen.map(({ pid }) => pid)).size, 'one process').toBe(1)
    expect(Object.keys(seen[0].env).toSorted()).toEqual([
      'API_KEY',
      'DAYBREAK_ENV',
      'DAYBREAK_PIPELINE',
      'LANG',
      'PATH',
    ])
    expect(seen[0].env.API_KEY).toBe('sesame')
  })

  const all = '(question, id, rows) =>'
  it.each([
    ['id', `${all} ({ id: id + 1, rows })`, 'the id 2; expected 1'],
    ['length', `${all} ({ id, rows: rows.slice(1) })`, '999 rows; expected 1000'],
    ['number', `${all} ({ id, rows: rows.map((row) => ({ ...row, price: 1 })) })`, 'no text and not null'],
    ['lost', `${all} ({ id, rows: rows.map(({ sku, ...row }) => row) })`, 'no column "sku"'],
    ['more', `${all} ({ id, rows: rows.map((row) => ({ ...row, extra: '' })) })`, 'the column "extra"'],
    ['json', `${all} { console.log('debugging'); return { id, rows } }`, 'no JSON: "debugging"'],
    ['ends', `${all} process.exit(9)`, 'ended with 9'],
    ['late', `${all} { for (;;); }`, 'took longer than 0.5 s'],
  ])('hold the window back when a script gets the protocol wrong: %s', async (name, answer, message) => {
    await write(`config/hooks/${name}.mjs`, script(answer))
    const hook = `script: config/hooks/${name}.mjs, timeout: ${name === 'late' ? '500ms' : '20s'}`
    const code = name === 'ends' || name === 'late' ? 'HOOK_FAILED' : 'HOOK_PROTOCOL'
    await pipeline(`held_${name}`, [`row: { before: [{ ${hook}, on_failure: quarantine }] }`])
    const run = await call('run', `held_${name}`)
    expect(run.said).toMatchObject({ state: 'partial', reason: expect.stringContaining(message) })
    expect(run.code).not.toBe(0)
    expect(run.text).toContain(code)
    expect(await query('crm', `select to_regclass('held_${name}')::text as made`)).toEqual([{ made: null }])
  })

  it('make rejects of the rows of a batch that fails, unless they say otherwise', async () => {
    await write(
      'config/hooks/often.mjs',
      script(`${all} rows.some(({ id }) => id === '1200') ? { id, error: 'no thanks' } : { id, rows }`),
    )
    await pipeline('often', ['row: { before: [{ script: config/hooks/often.mjs, batch: 500 }] }'])
    expect(await call('run', 'often')).toMatchObject({ said: { state: 'succeeded' } })
    expect(await query('crm', 'select count(*)::int as n, min(id)::int as first from often')).toEqual([
      { n: 2000, first: 1 },
    ])
    await pipeline('failing', ['row: { before: [{ script: config/hooks/often.mjs, on_failure: fail }] }'])
    expect(await call('run', 'failing')).toMatchObject({
      code: 1,
      said: { state: 'failed', reason: expect.stringContaining('no thanks') },
    })
    await pipeline('unharmed', ['row: { before: [{ script: config/hooks/often.mjs, on_failure: warn }] }'])
    expect(await call('run', 'unharmed')).toMatchObject({ code: 0 })
    expect(await query('crm', 'select count(*)::int as n from unharmed')).toEqual([{ n: 2500 }])
  })

  it('are left out of a dry run, unless they ask for it', async () => {
    const tryRows = () => daybreak(['run', 'dry', '--dry-run'], { cwd: project.folder, env: project.env })
    await write('config/hooks/dry.mjs', script(`${all} ({ id, rows: rows.map(() => ({ reject: 'dry' })) })`))
    await pipeline('dry', ['row: { before: [{ script: config/hooks/dry.mjs }] }'])
    expect((await tryRows()).stdout).toContain('of the first 1000 rows 1000 are accepted, 0 rejected')
    await pipeline('dry', ['row: { before: [{ script: config/hooks/dry.mjs, dry_run: true }] }'])
    expect((await tryRows()).stdout).toContain(
      'of the first 1000 rows 0 are accepted, 1000 rejected; the first is row 1, id "1": hook',
    )
  })

  it('are refused where their moment, connection or environment has no place for them', async () => {
    await pipeline('wrong', [
      'window: { before: [{ sql: "select 1", retries: 2 }], after: [{ sql: "select 1", on_failure: reject }] }',
      'row: { before: [{ sql: "select 1" }] }',
      'run: { before: [{ http: "https://hooks.example.com/x" }, { script: ../outside.mjs }] }',
    ])
    const { code, text } = await call('validate')
    expect(code).toBe(2)
    expect(text).toContain('expected a path of the project')
    await pipeline('wrong', [
      'window: { before: [{ sql: "select 1", retries: 2 }], after: [{ sql: "select 1", on_failure: reject }] }',
      'row: { before: [{ sql: "select 1" }] }',
      'run: { before: [{ http: "https://hooks.example.com/x" }] }',
    ])
    const { text: later } = await call('validate')
    for (const part of [
      '`retries` needs `idempotent: true`',
      '`on_failure: reject` means nothing for window.after; expected fail or warn',
      'rows go through a `script`',
      '\\"hooks.example.com\\" is no host of `hooks.hosts`',
    ])
      expect(later).toContain(part)
    await project.pipeline('wrong', ['source: shop', 'destination: crm', 'streams: { prices: { from: prices } }'])
  })
})
