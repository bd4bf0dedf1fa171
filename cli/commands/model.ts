import { dirname } from 'node:path'
import { streamTables } from '../../functions/compose/compile-models.ts'
import { readModelSources } from '../../functions/compose/model-sources.ts'
import {
  compiledState,
  compileProject,
  readCompiledModels,
  writeCompiledModels,
} from '../../functions/compose/models.ts'
import { testModels } from '../../functions/compose/test-models.ts'
import { loadProject } from '../../functions/config/project.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import { referenceTableOf } from '../../functions/models/compile-model.ts'
import { COMPILED, type CompiledModel, fillHoles, type Reference } from '../../functions/models/compiled.ts'
import { scriptTypes } from '../../functions/models/script-types.ts'
import { type Call, command, group } from '../command.ts'
import { apply, environments, plan, releases, remove } from './model-apply.ts'
import { build } from './model-build.ts'
import { diff } from './model-diff.ts'

const list = command({
  name: 'model list',
  description: 'List the models: what each is, what it reads, and whether it is compiled.',
  examples: ['daybreak model list'],
  async run({ options, output }) {
    const states = await compiledState(options.projectDir)
    await output.rows({
      columns: [
        'model',
        'kind',
        'state',
        'reads',
        { key: 'columns', align: 'right' },
        { key: 'checks', align: 'right' },
      ],
      rows: states.map(({ source: { config, form }, compiled, state }) => ({
        model: config.model,
        kind: form === 'csv' ? 'seed' : form === 'ts' ? 'script' : config.kind,
        state,
        reads: [...new Set((compiled?.references ?? []).map(({ table }) => table))].join(', '),
        columns: config.columns.length,
        checks: config.checks.length,
      })),
      empty: 'The project has no models: config/models holds no YAML file.',
    })
  },
})

const show = command({
  name: 'model show',
  description: 'Show one compiled model: its columns and where they come from, what it reads, its checks.',
  args: {
    model: { type: 'positional', description: 'Name of the model.' },
    sql: { type: 'enum', options: ['bigquery', 'duckdb'], description: 'Print the query for this engine instead.' },
  },
  examples: ['daybreak model show daily_sales', 'daybreak model show daily_sales --sql duckdb'],
  async run({ args, options, output }) {
    const { models } = await readCompiledModels(options.projectDir)
    const found = models[args.model]
    if (!found) {
      const hint = didYouMean(args.model, Object.keys(models))
      throw new DaybreakError('NOT_FOUND', `there is no compiled model \`${args.model}\`.${hint}`, {
        details: { next: 'daybreak model list' },
      })
    }
    if (args.sql) return output.raw(`${queryOf(found, args.sql)}\n`)
    await output.text(`${found.kind} ${args.model}: ${found.description}`)
    for (const reference of found.references) await output.text(`reads ${readsOf(reference)}`)
    for (const { name, effect } of found.checks) await output.text(`check ${name} (${effect})`)
    await output.rows({
      columns: ['column', 'type', 'unit', 'from', 'description'],
      rows: found.columns.map(({ name, type, unit, description }) => ({
        column: name,
        type,
        unit: unit ?? '',
        from: (found.lineage.columns[name] ?? []).map(({ table, column }) => `${table}.${column}`).join(', '),
        description,
      })),
    })
  },
})

function queryOf(model: CompiledModel, engine: 'bigquery' | 'duckdb'): string {
  if (model.kind === 'script') throw new DaybreakError('USAGE_INVALID', 'a script has no query')
  return fillHoles(model.sql[engine], (hole) => model.references[hole]?.table ?? '')
}

function readsOf(reference: Reference): string {
  const { alias, table } = reference
  if (!reference.isPartitioned) return `${table} AS ${alias}, the whole table`
  const { from, to } = reference.dates
  const dates = from === to ? (from === 0 ? 'the built date' : `${from} days`) : `${from} to ${to} days`
  return `${table} AS ${alias}, ${dates}`
}

/** Folders that the analyser is looked for in: the project, then this program. */
function foldersOf({ context, options }: Pick<Call, 'context' | 'options'>): readonly string[] {
  return [options.projectDir, dirname(context.program.at(-1) ?? '.')]
}

const compile = command({
  name: 'model compile',
  description: `Compile every model into ${COMPILED}, which is committed with them. Needs Google's SQL analyser.`,
  args: {
    check: { type: 'boolean', description: 'Write nothing; exit code 2 if the file would change.' },
  },
  examples: ['daybreak model compile', 'daybreak model compile --check'],
  async run(call) {
    const { args, context, options, output } = call
    const project = await loadProject({ ...options, env: context.env, isForModels: true })
    const { models, text } = await compileProject(project, foldersOf(call))
    const isChanged = await writeCompiledModels(project.projectDir, text, { dryRun: args.check ?? false })
    if (args.check && isChanged)
      throw new DaybreakError('MODEL_NOT_COMPILED', `${COMPILED} is not what the models compile to`)
    const count = Object.keys(models.models).length
    await output.text(`${count} models compiled; ${COMPILED} is ${isChanged ? 'written' : 'unchanged'}.`)
  },
})

const test = command({
  name: 'model test',
  description: "Run the tests of models, in Google's evaluator and in DuckDB. Needs Google's SQL analyser.",
  args: {
    model: { type: 'positional', required: false, description: 'Name of a model; all of them if absent.' },
  },
  examples: ['daybreak model test', 'daybreak model test daily_sales'],
  async run(call) {
    const { args, context, options, output } = call
    const project = await loadProject({ ...options, env: context.env, isForModels: true })
    const { counts, failures } = await testModels(project, { folders: foldersOf(call), only: args.model })
    if (failures.length > 0) throw new DaybreakError('MODEL_TEST_FAILED', failures.join('\n'))
    await output.rows({
      columns: ['model', { key: 'tests', align: 'right' }],
      rows: [...counts].map(([model, tests]) => ({ model, tests })),
      empty: 'No model has tests: config/models/FOLDER/tests holds no YAML file.',
    })
  },
})

const types = command({
  name: 'model types',
  description: 'Print TypeScript types of all tables, for models that are scripts.',
  examples: ['daybreak model types > config/models/tables.d.ts'],
  async run({ context, options, output }) {
    const project = await loadProject({ ...options, env: context.env, isForModels: true })
    const sources = await readModelSources(options.projectDir)
    await output.raw(
      scriptTypes([...streamTables(project), ...sources.map((source) => referenceTableOf(source, null))]),
    )
  },
})

/** Queries and the tables that they become. */
export const model = group({
  name: 'model',
  description: 'Models: queries over streams and the tables that they become.',
  commands: {
    list: async () => list,
    show: async () => show,
    compile: async () => compile,
    test: async () => test,
    types: async () => types,
    build: async () => build,
    plan: async () => plan,
    apply: async () => apply,
    releases: async () => releases,
    diff: async () => diff,
    environments: async () => environments,
    remove: async () => remove,
    sql: async () => (await import('./model-sql.ts')).sql,
  },
})
