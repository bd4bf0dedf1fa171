import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const HERE = import.meta.dirname
const DAYBREAK = join(HERE, '../cli/daybreak.mjs')
const DAY = 86_400_000
const MOST_DAYS = 800
const STEP = 600_000

const { values } = parseArgs({
  options: {
    from: { type: 'string' },
    to: { type: 'string' },
    env: { type: 'string', short: 'e' },
    // Writes the rows that pages show, and builds no page.
    'rows-only': { type: 'boolean', default: false },
    // Folder of these rows.
    out: { type: 'string', default: join(import.meta.dirname, 'sources/daybreak') },
  },
})

/** Dates that pages show: those that were named, else the newest 92. */
function range() {
  const to = dateOf('--to', values.to ?? new Date(Date.now()).toISOString().slice(0, 10))
  const from = dateOf('--from', values.from ?? new Date(Date.parse(to) - 91 * DAY).toISOString().slice(0, 10))
  const days = (Date.parse(to) - Date.parse(from)) / DAY + 1
  if (days >= 1 && days <= MOST_DAYS) return { from, to }
  fail(`--from ${from} --to ${to} are ${days} days; expected 1 to ${MOST_DAYS}`)
}

function dateOf(flag, text) {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))) return text
  fail(`${flag} ${JSON.stringify(text)} is no date; expected YYYY-MM-DD`)
}

/** Asks Daybreak each question of `queries`, and writes the answers as CSV: any warehouse will do. */
function writeRows({ from, to }) {
  mkdirSync(values.out, { recursive: true })
  for (const file of readdirSync(join(HERE, 'queries')).toSorted()) {
    const sql = readFileSync(join(HERE, 'queries', file), 'utf8')
      .replaceAll('{from}', from)
      .replaceAll('{to}', to)
    const environment = values.env === undefined ? [] : ['-e', values.env]
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [DAYBREAK, 'query', sql, '-o', 'csv', '--timeout', '5m', ...environment],
      { encoding: 'utf8', maxBuffer: 512 * 1024 * 1024 },
    )
    if (status !== 0) fail(`queries/${file}: ${stderr}`)
    writeFileSync(join(values.out, file.replace('.sql', '.csv')), stdout)
    process.stdout.write(`${file}: ${stdout.trimEnd().split('\n').length - 1} rows\n`)
  }
}

/** Runs Evidence, which sends no statistics from here. */
function evidence(...args) {
  const { status, signal } = spawnSync(join(HERE, 'node_modules/.bin/evidence'), args, {
    cwd: HERE,
    stdio: 'inherit',
    timeout: STEP,
    env: { ...process.env, SEND_ANONYMOUS_USAGE_STATS: 'no' },
  })
  if (signal !== null)
    fail(`evidence ${args[0]} gave no end within ${STEP / 60_000} minutes; it needs https://extensions.duckdb.org`)
  if (status !== 0) fail(`evidence ${args[0]} ended with ${status}`)
}

/** Each page of `pages` is a page of the site. */
function expectPages() {
  for (const page of readdirSync(join(HERE, 'pages'))) {
    const name = page.replace('.md', '')
    const built = join(HERE, 'build', name === 'index' ? 'index.html' : `${name}/index.html`)
    if (!existsSync(built)) fail(`${built} was not built`)
  }
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

writeRows(range())
if (!values['rows-only']) {
  if (!existsSync(join(HERE, 'node_modules'))) fail('Evidence is not installed; run `npm ci --prefix evidence` once')
  evidence('sources')
  evidence('build:strict')
  expectPages()
  process.stdout.write(`Built: ${join(HERE, 'build')}\n`)
}
