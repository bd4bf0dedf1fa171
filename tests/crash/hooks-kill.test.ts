import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { shell } from '../support/cli.ts'
import { createTableProject, type TableProject } from '../support/table-project.ts'

let project: TableProject

// Kills the process that asked it, the first time: after its effect, and before its answer.
const SCRIPT = `import { appendFileSync, existsSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
for await (const line of createInterface({ input: process.stdin })) {
  const { id, hook, rows, key } = JSON.parse(line)
  const moment = hook.split('.').slice(0, 2).join('.')
  appendFileSync('calls.jsonl', JSON.stringify({ moment, key }) + '\\n')
  if (process.argv[2] === moment && !existsSync('killed')) {
    writeFileSync('killed', moment)
    process.kill(process.ppid, 'SIGKILL')
  }
  console.log(JSON.stringify({ id, ...(rows && { rows: rows.map((row) => ({ ...row, name: row.name + '!' })) }) }))
}
`

const MOMENTS = ['run', 'window', 'batch', 'row'].flatMap((step) => [`${step}.before`, `${step}.after`])

beforeAll(async () => {
  project = await createTableProject({
    shop: '{ kind: sqlite, path: shop.sqlite }',
    copy: '{ kind: sqlite, path: copy.sqlite }',
  })
  const database = new DatabaseSync(join(project.folder, 'shop.sqlite'))
  database.exec("create table items (id integer primary key, name text); insert into items values (1, 'a'), (2, 'b')")
  database.close()
  await mkdir(join(project.folder, 'config/hooks'))
  await writeFile(join(project.folder, 'config/hooks/kill.mjs'), SCRIPT)
}, 60_000)
afterAll(() => project?.remove())

const at = (path: string) => join(project.folder, path)

async function run(pipeline: string) {
  return await shell(`cd ${project.folder} && $DAYBREAK run ${pipeline} -o json --quiet`, { ...project.env })
}

describe('a process that is killed in a hook', () => {
  it.each(MOMENTS)('of %s runs it again, and the table is whole', async (moment) => {
    const name = moment.replace('.', '_')
    await Promise.all(['calls.jsonl', 'killed'].map((path) => rm(at(path), { force: true })))
    const hook = `[{ script: config/hooks/kill.mjs, args: ["${moment}"] }]`
    await project.pipeline(name, [
      ...['source: shop', 'destination: copy', 'hooks:'],
      ...['run', 'window', 'batch', 'row'].map((step) => `  ${step}: { before: ${hook}, after: ${hook} }`),
      ...['streams:', `  ${name}: { from: items }`],
    ])
    await run(name)
    expect(existsSync(at('killed'))).toBe(true)
    const second = await run(name)
    expect(second, second.stderr).toMatchObject({ code: 0 })
    const database = new DatabaseSync(at('copy.sqlite'))
    const rows = database.prepare(`select name from ${name} order by id`).all()
    const loads = database.prepare('select count(*) as n from _daybreak_loads where stream = ?').get(name)
    database.close()
    expect(rows).toMatchObject([{ name: 'a!' }, { name: 'b!' }])
    const calls: readonly { moment: string; key: string }[] = (await readFile(at('calls.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(new Set(calls.map((call) => call.moment))).toEqual(new Set(MOMENTS))
    const keys = calls.flatMap((call) => (call.moment === moment ? [call.key] : []))
    expect(keys.length).toBeGreaterThan(1)
    expect(keys.slice(1), 'the same key for the same thing').toContain(keys[0])
    expect(Number(loads?.['n'])).toBeGreaterThan(0)
  })
}, 120_000)
