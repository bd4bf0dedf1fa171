import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { testFolder } from '../support/folder.ts'
import { atTerminal, configOf, inProject, KEYS, type Transcript } from '../support/wizard.ts'

const { enter, down, space, ctrlC } = KEYS

/** A folder with a shop in SQLite, and nothing else. */
async function shopFolder(): Promise<string> {
  const folder = await testFolder()
  const shop = new DatabaseSync(join(folder, 'shop.sqlite'))
  shop.exec(`create table orders (id integer primary key, amount numeric(10,2) not null, updated_at datetime not null, seen_at datetime);
    create index orders_updated on orders (updated_at);
    create table visits (page text, at datetime);
    insert into orders values (1, 10.5, '2026-01-01 00:00:00', null), (2, 7, '2026-01-02 00:00:00', '2026-01-02 00:00:00')`)
  shop.close()
  return folder
}

const FLAGS = ['--source', 'sqlite:shop.sqlite', '--tables', 'main.orders', '--destination', 'duckdb:lake.duckdb']

const ORDERS: Transcript = [
  ['Source', down, down, enter],
  ['File, from', 'shop.sqlite', enter],
  ['Name of this connection', enter],
  ['Tables', space, enter],
  ['Destination', down, down, down, down, enter],
  ['File, from', enter],
  ['Name of this connection', enter],
  ['which rows a run reads', down, enter],
  ['column that grows', enter],
  ['whose key is there', enter],
  ['Run now?', enter],
]

describe('the wizard at a terminal', () => {
  it('writes what its last command writes without a question, and the run succeeds', async () => {
    const folder = await shopFolder()
    const asked = await atTerminal(folder, ['init'], ORDERS)
    expect(asked, asked.stderr).toMatchObject({ code: 0 })
    expect(asked.stdout).toMatch(/state +succeeded/)
    const pipeline = configOf(folder).get('config/pipelines/shop_to_lake.yaml')
    expect(pipeline).toContain('cursor: { column: updated_at }')
    const [, line = ''] = /without questions:\n +daybreak (.*)/.exec(asked.stdout) ?? []
    const again = await shopFolder()
    const replayed = await inProject(again, line.split(' '))
    expect(replayed, replayed.stderr).toMatchObject({ code: 0 })
    expect(configOf(again)).toEqual(configOf(folder))
    expect(existsSync(join(folder, '.daybreak/init.json'))).toBe(false)
  })

  it.each([0, 3, 7, 10].map((at) => ({ at, shown: String(ORDERS[at]?.[0]) })))(
    'writes nothing to the project at Ctrl-C where it asks for $shown ($at), and ends with 130',
    async ({ at }) => {
      const folder = await shopFolder()
      const [shown] = ORDERS[at] ?? ['']
      const left = await atTerminal(folder, ['init'], [...ORDERS.slice(0, at), [shown, ctrlC]])
      expect(left, left.stderr).toMatchObject({ code: 130 })
      expect(left.stderr).toContain('daybreak init --continue')
      expect(configOf(folder)).toEqual(new Map())
    },
  )

  it('goes on from the answers that were left', async () => {
    const folder = await shopFolder()
    await atTerminal(folder, ['init'], [...ORDERS.slice(0, 8), ['column that grows', ctrlC]])
    const asked = await atTerminal(folder, ['init'], [['Go on from its answers', enter], ...ORDERS.slice(8)])
    expect(asked, asked.stderr).toMatchObject({ code: 0 })
    expect(asked.stdout).toMatch(/state +succeeded/)
  })

  it('says why a connection cannot be used, and asks again', async () => {
    const folder = await shopFolder()
    const wrong: Transcript = [
      ['Source', down, down, enter],
      ['File, from', 'no.sqlite', enter],
      ['Name of this connection', enter],
      [/CONFIG_MISSING[\s\S]*Source/, ctrlC],
    ]
    const left = await atTerminal(folder, ['init'], wrong)
    expect(left, left.stderr).toMatchObject({ code: 130 })
  })
})

describe('the wizard without a terminal', () => {
  it('names all flags that are missing, and waits for nothing', async () => {
    const folder = await shopFolder()
    const refused = await inProject(folder, ['init'])
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    for (const flag of ['--source', '--tables', '--destination']) expect(refused.stderr).toContain(flag)
    const noCursor = await inProject(folder, ['init', ...FLAGS, '--mode', 'incremental'])
    expect(noCursor).toMatchObject({ code: 2 })
    expect(noCursor.stderr).toContain('--cursor orders=COLUMN')
    const noKey = await inProject(folder, ['init', ...FLAGS, '--tables', 'visits', '--on-conflict', 'overwrite'])
    expect(noKey).toMatchObject({ code: 2 })
    expect(noKey.stderr).toContain('--key visits=COLUMN')
    expect(configOf(folder)).toEqual(new Map())
  })

  it('refuses a URL with a password, and says which secret to make and not the password', async () => {
    const folder = await shopFolder()
    const refused = await inProject(folder, [
      'init',
      '--source',
      'postgres://reader:hunter2@db/shop',
      '--tables',
      'a',
      '--destination',
      'duckdb:x',
    ])
    expect(refused).toMatchObject({ code: 2 })
    expect(refused.stderr).toContain('password=secret://shop_password')
    expect(refused.stderr).not.toContain('hunter2')
    const plain = await inProject(folder, [
      'init',
      '--source',
      'postgres://reader@db/shop',
      '--source-set',
      'password=hunter2',
      '--tables',
      'a',
      '--destination',
      'duckdb:x',
    ])
    expect(plain).toMatchObject({ code: 2 })
    expect(plain.stderr).not.toContain('hunter2')
  })

  it('says what else there is where a table or a word is wrong', async () => {
    const folder = await shopFolder()
    const table = await inProject(folder, ['init', ...FLAGS.with(3, 'ordres')])
    expect(table.stderr).toMatch(/no table "ordres"; expected one of .*main\.orders/)
    const mode = await inProject(folder, ['init', ...FLAGS, '--mode', 'incrementel'])
    expect(mode.stderr).toContain('Did you mean "incremental"?')
    const column = await inProject(folder, ['init', ...FLAGS, '--mode', 'incremental', '--cursor', 'updatedat'])
    expect(column.stderr).toContain('Did you mean "updated_at"?')
    const nulls = await inProject(folder, ['init', ...FLAGS, '--mode', 'incremental', '--cursor', 'seen_at'])
    expect(nulls.stderr).toContain('1 of 2 rows have no seen_at')
  })

  it('keeps every byte of files that are there when it adds a table, and shows what changes', async () => {
    const folder = await shopFolder()
    expect(await inProject(folder, ['init', ...FLAGS])).toMatchObject({ code: 0 })
    const path = join(folder, 'config/pipelines/shop_to_lake.yaml')
    const before = `# ours\n${readFileSync(path, 'utf8')}# the end\n`
    writeFileSync(path, before)
    const more = ['init', '--source', 'shop', '--tables', 'visits', '--destination', 'lake']
    expect((await inProject(folder, more)).stderr).toContain('--write new|replace|add')
    const added = await inProject(folder, [...more, '--write', 'add', '--run'])
    expect(added, added.stderr).toMatchObject({ code: 0 })
    expect(added.stdout).toContain('+   visits:')
    expect(added.stdout).toMatch(/state +succeeded/)
    const after = readFileSync(path, 'utf8')
    expect(after).toContain('visits:')
    expect(after.replace(/ {2}visits:\n( {4}.*\n)+/, '')).toBe(before)
    const turned = ['init', '--source', 'lake', '--tables', 'shop_to_lake.visits', '--destination', 'shop']
    const wrong = await inProject(folder, [...turned, '--pipeline', 'shop_to_lake', '--write', 'add'])
    expect(wrong).toMatchObject({ code: 2 })
    expect(wrong.stderr).toContain('it copies shop to lake')
    const other = await inProject(folder, [...more, '--write', 'new'])
    expect(other, other.stderr).toMatchObject({ code: 0 })
    expect(configOf(folder).get('config/pipelines/shop_to_lake_2.yaml')).toContain('pipeline: shop_to_lake_2')
    expect(readFileSync(path, 'utf8')).toBe(after)
  })

  it('says which columns a table that is there lacks, and maps those that are written in another way', async () => {
    const folder = await shopFolder()
    const crm = new DatabaseSync(join(folder, 'crm.sqlite'))
    crm.exec('create table orders (id integer primary key, "Updated At" datetime, amount numeric(10,2))')
    crm.close()
    const flags = ['init', ...FLAGS.with(5, 'sqlite:crm.sqlite')]
    const open = await inProject(folder, flags)
    expect(open).toMatchObject({ code: 2 })
    expect(open.stderr).toContain('--ignore seen_at')
    const made = await inProject(folder, [...flags, '--ignore', 'seen_at', '--run'])
    expect(made, made.stderr).toMatchObject({ code: 0 })
    expect(made.stdout).toMatch(/state +succeeded/)
    expect(configOf(folder).get('config/pipelines/shop_to_crm.yaml')).toContain('Updated At: { from: updated_at }')
  })
})
