import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { daybreak } from '../support/cli.ts'
import { hasMariadb, type Mariadb, startMariadb } from '../support/mariadb.ts'
import { hasPostgres, type Postgres, startPostgres } from '../support/postgres.ts'
import { createTableProject, postgresYaml, type TableProject } from '../support/table-project.ts'

const hasBoth = hasMariadb && hasPostgres

let postgres: Postgres
let mariadb: Mariadb
let project: TableProject

async function run(name: string) {
  const { code, stdout } = await daybreak(['run', name, '--output', 'json', '--quiet'], {
    cwd: project.folder,
    env: project.env,
  })
  return { code, reason: JSON.parse(stdout).reason }
}

beforeAll(async () => {
  if (!hasBoth) return
  ;[postgres, mariadb] = await Promise.all([startPostgres(), startMariadb()])
  await postgres.sql(`create table odd (id integer primary key, ratio double precision, day date, at timestamptz);
    insert into odd values (1, 'NaN', null, null), (2, '-Infinity', null, null), (3, 1, 'infinity', null), (4, 1, '0044-03-15 BC', null),
      (5, 1, null, '10000-01-01'), (6, 1.5, '9999-12-31', '2026-01-01'), (7, null, null, null)`)
  await mariadb.run('create database crm')
  project = await createTableProject({
    pg: postgresYaml(postgres, 'postgres'),
    mysql: `{ kind: mysql, host: ${mariadb.socket}, database: crm, user: root }`,
    sqlite: '{ kind: sqlite, path: crm.sqlite }',
    source: '{ kind: sqlite, path: source.sqlite }',
  })
  const streams = ['reject_budget: 1', 'streams:', '  odd: { from: odd }']
  await project.pipeline('to_mysql', ['source: pg', 'destination: mysql', ...streams])
  await project.pipeline('to_sqlite', ['source: pg', 'destination: sqlite', ...streams])
  await project.pipeline('to_pg', [
    'source: source',
    'destination: pg',
    'reject_budget: 1',
    'streams:',
    '  texts: { from: texts }',
  ])
}, 120_000)

afterAll(async () => {
  await project?.remove()
  await mariadb?.close()
  await postgres?.close()
})

describe.skipIf(!hasBoth)('values that a destination does not have (skipped: no MariaDB or no PostgreSQL)', () => {
  it('are rejects, and the rows next to them are loaded', async () => {
    expect(await run('to_mysql')).toEqual({ code: 0, reason: null })
    expect(await mariadb.run('select id from crm.odd order by id')).toEqual([['6'], ['7']])
    expect(await run('to_sqlite')).toEqual({ code: 0, reason: null })
    const database = new DatabaseSync(join(project.folder, 'crm.sqlite'))
    const rows = database.prepare('select id from odd order by id').all()
    database.close()
    expect(rows.map(({ id }) => id)).toEqual([2, 6, 7])
  })

  it('are named by the plan', async () => {
    const { stdout } = await daybreak(['plan', 'to_mysql', '-o', 'json'], { cwd: project.folder, env: project.env })
    const notes = JSON.parse(stdout).streams[0].columns.map(
      ({ to, note }: { to: string; note: string }) => `${to}: ${note}`,
    )
    expect(notes).toEqual([
      'id: ',
      'ratio: rejects `NaN` and infinity',
      'day: rejects years before 1 and after 9999, infinity',
      'at: the time in UTC; rejects years before 1 and after 9999, infinity',
    ])
  })

  it('are rejects in PostgreSQL where a text has the character NUL', async () => {
    const database = new DatabaseSync(join(project.folder, 'source.sqlite'))
    database.exec('create table texts (id integer primary key, note text)')
    const insert = database.prepare('insert into texts values (?, ?)')
    insert.run(1, 'a\0b')
    insert.run(2, 'ab')
    database.close()
    expect(await run('to_pg')).toEqual({ code: 0, reason: null })
    expect(await postgres.sql('select * from texts')).toEqual([{ id: '2', note: 'ab' }])
  })
})
