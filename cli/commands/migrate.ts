import { migrationNames, readMigration, scaffoldMigration, withDatabase } from '../../functions/compose/migrations.ts'
import type { Migration, MigrationPlan } from '../../functions/config/migration-plan.ts'
import { loadProject, type Project } from '../../functions/config/project.ts'
import { DaybreakError } from '../../functions/errors.ts'
import type { Database } from '../../functions/migrations/database.ts'
import {
  applyMigration,
  migrationState,
  planMigration,
  undoMigration,
  verifyMigration,
} from '../../functions/migrations/migrate.ts'
import { suggest as suggestPatterns } from '../../functions/migrations/suggest.ts'
import { type Call, command, group } from '../command.ts'
import { createLog } from '../log.ts'

const PATTERNS: readonly MigrationPlan['pattern'][] = ['copy_table', 'add_enum_values', 'remap_keys']
const NAME = { name: { type: 'positional', description: 'Folder of config/migrations, or its number.' } } as const

const create = command({
  name: 'migrate new',
  description: 'Write the files of a new migration into config/migrations.',
  args: {
    pattern: { type: 'positional', description: `One of ${PATTERNS.join(', ')}.` },
    name: {
      type: 'string',
      required: true,
      valueHint: 'NAME',
      description: 'What it does, e.g. `orders-to-orders-v2`.',
    },
    connection: { type: 'string', required: true, valueHint: 'NAME', description: 'Connection whose tables change.' },
  },
  examples: ['daybreak migrate new copy_table --name orders-to-orders-v2 --connection crm'],
  async run(call) {
    const { pattern: asked, name, connection } = call.args
    const pattern = PATTERNS.find((each) => each === asked)
    if (!pattern) throw new DaybreakError('USAGE_INVALID', `"${asked}" is no pattern; expected ${PATTERNS.join(', ')}`)
    const folder = await scaffoldMigration(await projectOf(call), { pattern, name, connection })
    const next = `fill in plan.yaml, then: daybreak migrate plan ${folder.split('/').at(-1)}`
    await call.output.record({ folder, next })
  },
})

const plan = command({
  name: 'migrate plan',
  description: 'Say what a migration would do, and what keeps it from being done. Changes nothing.',
  args: NAME,
  async run(call) {
    return await withMigration(call, async (database, migration) => {
      const { state, statements, notes, problems } = await planMigration(database, migration)
      await call.output.record({
        migration: migration.name,
        pattern: migration.plan.pattern,
        state,
        statements,
        notes,
        problems,
      })
      return problems.length === 0 ? 0 : 3
    })
  },
})

const apply = command({
  name: 'migrate apply',
  description: 'Apply a migration, from where it was cut: copy, check, and swap in one step.',
  args: NAME,
  async run(call) {
    await withMigration(call, async (database, migration) => {
      const { state, rows } = await applyMigration(database, migration)
      await call.output.record({ migration: migration.name, state, rows })
    })
  },
})

const verify = command({
  name: 'migrate verify',
  description: 'Run the checks of a migration over the tables as they are now.',
  args: NAME,
  async run(call) {
    return await withMigration(call, async (database, migration) => {
      const checks = await verifyMigration(database, migration)
      await call.output.rows({
        columns: ['check', { key: 'result', tone: (value) => (value === 'holds' ? 'good' : 'bad') }],
        rows: checks.map(({ check, problem }) => ({ check, result: problem ?? 'holds' })),
        empty: 'The migration has no checks.',
      })
      return checks.every(({ problem }) => problem === null) ? 0 : 3
    })
  },
})

const undo = command({
  name: 'migrate undo',
  description: 'Put the tables back as they were, and run the undo.sql of the migration.',
  args: NAME,
  async run(call) {
    const { name } = call.args
    if (!call.options.yes)
      throw new DaybreakError(
        'USAGE_INVALID',
        `undo changes tables; repeat it as \`daybreak migrate undo ${name} --yes\``,
      )
    await withMigration(call, async (database, migration) => {
      await undoMigration(database, migration)
      await call.output.text(`${migration.name} is undone.`)
    })
  },
})

const list = command({
  name: 'migrate list',
  description: 'List the migrations of a project with how far each is, as its database says.',
  async run(call) {
    const project = await projectOf(call)
    const rows = []
    for (const name of await migrationNames(project)) {
      const migration = await readMigration(project, name)
      const { connection, pattern } = migration.plan
      const {
        state,
        rows: copied,
        at,
      } = await withDatabase(project, connection, openingOf(call), (database) => migrationState(database, name))
      rows.push({ migration: name, connection, pattern, state, rows: copied, at })
    }
    const columns = ['migration', 'connection', 'pattern', 'state', 'rows', 'at']
    await call.output.rows({ columns, rows, empty: 'There is no migration. `daybreak migrate new` writes one.' })
  },
})

const suggest = command({
  name: 'migrate suggest',
  description: 'Compare the tables of two connections, and name the patterns that make the first like the second.',
  args: {
    now: { type: 'positional', description: 'Connection whose tables are to change.' },
    like: {
      type: 'string',
      required: true,
      valueHint: 'NAME',
      description: 'Connection whose tables are as they shall be.',
    },
  },
  examples: ['daybreak migrate suggest crm --like crm_next'],
  async run(call) {
    const project = await projectOf(call)
    const found = await withDatabase(project, call.args.now, openingOf(call), (now) =>
      withDatabase(project, call.args.like, openingOf(call), (then) => suggestPatterns(now, then)),
    )
    await call.output.rows({
      columns: ['table', 'pattern', 'reason', 'command'],
      rows: found.map((each) => ({ ...each, command: commandFor(each, call.args.now) })),
      empty: 'Both have the same columns in the tables that they share.',
    })
  },
})

function commandFor(
  { pattern, table }: { readonly pattern: string; readonly table: string },
  connection: string,
): string {
  const name = `${table}-${pattern.replaceAll('_', '-')}`.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-')
  return `daybreak migrate new ${pattern} --name ${name} --connection ${connection}`
}

/** Changes of tables of other people. */
export const migrate = group({
  name: 'migrate',
  description:
    'Change tables of a server in checked steps: copy a table, add values to an enumeration, give rows other keys.',
  commands: {
    new: async () => create,
    plan: async () => plan,
    apply: async () => apply,
    verify: async () => verify,
    undo: async () => undo,
    list: async () => list,
    suggest: async () => suggest,
  },
})

async function projectOf({ options, context }: Pick<Call, 'options' | 'context'>): Promise<Project> {
  return await loadProject({ projectDir: options.projectDir, environment: options.environment, env: context.env })
}

function openingOf({ context, options }: Pick<Call, 'options' | 'context'>) {
  return { clock: context.clock, log: createLog(context.stderr, options, context.clock.now) }
}

async function withMigration<Result>(
  call: Call<{ readonly name: string }>,
  work: (database: Database, migration: Migration) => Promise<Result>,
): Promise<Result> {
  const project = await projectOf(call)
  const migration = await readMigration(project, call.args.name)
  return await withDatabase(project, migration.plan.connection, openingOf(call), (database) =>
    work(database, migration),
  )
}
