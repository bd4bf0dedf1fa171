// Runs the commands of README.md in a copy of this project, then each query of this folder: PIPELINE.sql must give PIPELINE.csv.
// `node --test` begins it. The copy keeps the data of the project as it is.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { after, test } from 'node:test'

const project = dirname(import.meta.dirname)
const copy = mkdtempSync(join(tmpdir(), 'daybreak-example-'))
const program = process.env.DAYBREAK ?? installed(project)
const env = { ...process.env, DAYBREAK_HOME: join(copy, '.daybreak'), DAYBREAK: program, NO_COLOR: '1' }
after(() => rmSync(copy, { recursive: true, force: true }))

for (const name of readdirSync(project).filter((each) => !['.daybreak', 'node_modules', '.git'].includes(each)))
  cpSync(join(project, name), join(copy, name), { recursive: true, dereference: true })

/** The program of the package that is installed in this folder or above it. */
function installed(folder) {
  const path = join(folder, 'node_modules/.bin/daybreak')
  if (existsSync(path)) return `'${path}'`
  if (dirname(folder) === folder)
    throw new Error('install the package daybreak, or set DAYBREAK to the command that runs it')
  return installed(dirname(folder))
}

const blocks = readFileSync(join(project, 'README.md'), 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)
const lines = [...blocks].flatMap(([, block]) => block.split('\n')).filter((line) => line.startsWith('npx daybreak '))

for (const line of lines) {
  const [, command, comment = ''] = /^npx daybreak (.*?)(?:\s+# (.*))?$/.exec(line)
  if (/^(query|serve)\b/.test(command)) continue
  test(`daybreak ${command}`, () => {
    const expected = Number(/exit code (\d+)/.exec(comment)?.[1] ?? 0)
    const ended = spawnSync('bash', ['-c', `${program} ${command}`], { cwd: copy, env, encoding: 'utf8' })
    assert.equal(ended.status, expected, `${ended.stdout}\n${ended.stderr}`)
  })
}

for (const file of readdirSync(import.meta.dirname).filter((name) => name.endsWith('.sql'))) {
  const pipeline = basename(file, '.sql')
  test(`the rows of ${file}`, () => {
    const sql = readFileSync(join(import.meta.dirname, file), 'utf8')
    const query = `${program} query "$SQL" --pipeline ${pipeline} -o csv`
    const rows = execFileSync('bash', ['-c', query], { cwd: copy, env: { ...env, SQL: sql }, encoding: 'utf8' })
    assert.equal(rows, readFileSync(join(import.meta.dirname, `${pipeline}.csv`), 'utf8'))
  })
}
