import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Migration, MigrationPlan } from '../config/migration-plan.ts'
import { problemsError } from '../config/problem.ts'
import type { Project } from '../config/project.ts'
import { readConfig } from '../config/read.ts'
import { DaybreakError } from '../errors.ts'
import { didYouMean } from '../lib/did-you-mean.ts'
import type { Database } from '../migrations/database.ts'
import type { Clock, Log } from '../pipeline/ports.ts'
import { createClosing } from './closing.ts'
import { openSession, openTableReader } from './connectors.ts'
import { scratchBelow } from './ports.ts'
import { openSecrets } from './secrets.ts'
import { connectionOf, tableEngine } from './tables.ts'

const FOLDER = 'config/migrations'

/** Names of the migrations of a project, in their order. */
export async function migrationNames({ projectDir }: Pick<Project, 'projectDir'>): Promise<readonly string[]> {
  const found = await readdir(join(projectDir, FOLDER)).catch(() => [])
  return found.filter((name) => NAME.test(name)).toSorted()
}

const NAME = /^\d{4}-[a-z0-9-]+$/

/** A migration by its name, or its number. @throws {DaybreakError} NOT_FOUND, CONFIG_INVALID. */
export async function readMigration(project: Pick<Project, 'projectDir'>, asked: string): Promise<Migration> {
  const names = await migrationNames(project)
  const name = names.find((each) => each === asked || each.startsWith(`${asked}-`))
  if (name === undefined)
    throw new DaybreakError(
      'NOT_FOUND',
      `there is no migration ${JSON.stringify(asked)} in ${FOLDER}.${didYouMean(asked, names)}`,
      { details: { next: 'daybreak migrate list' } },
    )
  const file = `${FOLDER}/${name}/plan.yaml`
  const text = await readFile(join(project.projectDir, file), 'utf8')
  const verify = await readFile(join(project.projectDir, FOLDER, name, 'verify.yaml'), 'utf8').catch(() => null)
  const { value, problems } = readConfig(MigrationPlan, {
    file,
    text: verify === null ? text : `${text}\n${verify}`,
    env: {},
  })
  if (value === null) throw problemsError(problems)
  const undoSql = await readFile(join(project.projectDir, FOLDER, name, 'undo.sql'), 'utf8').catch(() => '')
  return { name, plan: value, hash: createHash('sha256').update(JSON.stringify(value)).digest('hex'), undoSql }
}

interface Scaffold {
  readonly pattern: MigrationPlan['pattern']
  readonly connection: string
  readonly name: string
}

/** Writes the files of a new migration, and gives its folder. */
export async function scaffoldMigration(
  project: Pick<Project, 'projectDir'>,
  { pattern, connection, name }: Scaffold,
): Promise<string> {
  if (!/^[a-z0-9-]{1,60}$/.test(name))
    throw new DaybreakError(
      'USAGE_INVALID',
      `"${name}" is no name of a migration; expected small letters, digits and \`-\``,
    )
  const names = await migrationNames(project)
  const number = Math.max(0, ...names.map((each) => Number(each.slice(0, 4)))) + 1
  const folder = `${FOLDER}/${String(number).padStart(4, '0')}-${name}`
  const path = join(project.projectDir, folder)
  await mkdir(path, { recursive: true })
  const { plan, verify } = FILES[pattern]
  const head = `version: 1\npattern: ${pattern}\nconnection: ${connection}\n`
  await writeFile(join(path, 'plan.yaml'), `${head}${plan}`, { flag: 'wx' })
  if (verify !== '') await writeFile(join(path, 'verify.yaml'), verify, { flag: 'wx' })
  await writeFile(
    join(path, 'undo.sql'),
    '-- Statements that run after `daybreak migrate undo` has put the tables back.\n',
    { flag: 'wx' },
  )
  return folder
}

const FILES: Readonly<Record<MigrationPlan['pattern'], { readonly plan: string; readonly verify: string }>> = {
  copy_table: {
    plan: 'from: public.TABLE\nto: { table: public.TABLE_v2 }\n# remap: { customer_id: { via: public.customer_map, old: old_id, new: new_id } }\nswap: rename\n',
    verify: '# Checks before the swap.\nverify: [same_rows]\n',
  },
  add_enum_values: { plan: 'type: public.TYPE   # of MySQL: column: TABLE.COLUMN\nvalues: [VALUE]\n', verify: '' },
  remap_keys: {
    plan: 'table: public.TABLE\nkey: id\nvia: { table: public.TABLE_map, old: old_id, new: new_id }\n',
    verify: '',
  },
}

interface Opening {
  readonly clock: Clock
  readonly log: Log
}

/** Opens a connection for a migration, around the work. */
export async function withDatabase<Result>(
  project: Project,
  name: string,
  { clock, log }: Opening,
  work: (database: Database) => Promise<Result>,
): Promise<Result> {
  const closing = createClosing()
  try {
    const secrets = await closing.keep(openSecrets(project, { clock, log }))
    const engine = tableEngine(project, { closing, tempDir: tmpdir() })
    const opening = { project, clock, log, secrets, engine, withScratch: scratchBelow(tmpdir()) }
    const config = connectionOf(project, name)
    const session = await closing.keep(openSession(name, config, opening))
    const reader = await closing.keep(openTableReader(name, config, opening))
    return await work({ session, describe: (table) => reader.describe(table), discover: () => reader.discover() })
  } finally {
    await closing.close()
  }
}
