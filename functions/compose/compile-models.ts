import { stripTypeScriptTypes } from 'node:module'
import type { Project } from '../config/project.ts'
import { partitionColumn, shardColumn } from '../contract/carried.ts'
import { tableOf } from '../contract/table.ts'
import { DaybreakError } from '../errors.ts'
import type { Analyser, Analysis } from '../models/analyser.ts'
import {
  compileModel,
  type DescribedScript,
  expectReadable,
  locationColumnOf,
  MODELS,
  referenceTableOf,
} from '../models/compile-model.ts'
import type { CompiledModel, CompiledModels } from '../models/compiled.ts'
import { inOrder } from '../models/graph.ts'
import type { Source } from '../models/place.ts'
import type { ReferenceTable } from '../models/reference.ts'
import type { ScriptRunner } from '../models/script.ts'
import type { ModelSource } from '../models/source.ts'
import { tableScansOf } from '../models/tree.ts'
import { MODEL_FOLDER } from './model-sources.ts'

/** Schemas of the warehouse that belong to Daybreak: no pipeline is called so. */
const RESERVED = [MODELS, 'models_data', 'models_staging', 'rejects', 'profiles']

/** Readers of queries and of scripts. */
export interface Compilers {
  readonly analyser: Analyser
  readonly scripts: ScriptRunner
}

/**
 * Every model, compiled.
 * @throws {DaybreakError} MODEL_INVALID, MODEL_REFUSED, EXPRESSION_INVALID for the first model that cannot be.
 */
export async function compileModels(
  project: Project,
  sources: readonly ModelSource[],
  { analyser, scripts }: Compilers,
): Promise<CompiledModels> {
  const streams = streamTables(project)
  const known = [...streams, ...sources.map((source) => referenceTableOf(source, null))]
  const analyses = new Map<string, Analysis>()
  for (const { config, form, body } of sources)
    if (form === 'sql') analyses.set(config.model, await analyser.analyse(body, known))
  const described = new Map<string, DescribedScript>()
  for (const source of sources)
    if (source.form === 'ts') described.set(source.config.model, await describe(source, scripts))
  const byName = new Map(sources.map((source) => [source.config.model, source]))
  const tables = new Map(streams.map((table) => [table.name, table]))
  const models: Record<string, CompiledModel> = {}
  for (const name of inOrder(readsOf(sources, { analyses, described }))) {
    const source = byName.get(name)
    if (!source) throw new TypeError('the order has only names of models')
    const input = { source, analysis: analyses.get(name) ?? null, script: described.get(name) ?? null, tables }
    expectReadable(input, (table) => kindOf(byName, table))
    tables.set(`${MODELS}.${name}`, referenceTableOf(source, locationColumnOf(input)))
    models[name] = compileModel(input)
  }
  return { version: 1, models }
}

function kindOf(byName: ReadonlyMap<string, ModelSource>, table: string): string | null {
  const [schema, name = ''] = table.split('.')
  return schema === MODELS ? (byName.get(name)?.config.kind ?? null) : null
}

interface Understood {
  readonly analyses: ReadonlyMap<string, Analysis>
  readonly described: ReadonlyMap<string, DescribedScript>
}

/** A script with what it reads. Types are taken out; what is left is what runs. */
async function describe({ body, imported }: ModelSource, scripts: ScriptRunner): Promise<DescribedScript> {
  const modules = Object.fromEntries([body, ...imported].map((source) => [nameOf(source), javascriptOf(source)]))
  const script = { entry: nameOf(body), modules }
  return { script, reads: await scripts.describe(script) }
}

function nameOf({ file }: Source): string {
  return file.slice(`${MODEL_FOLDER}/`.length)
}

function javascriptOf({ file, text }: Source): string {
  try {
    return stripTypeScriptTypes(text)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new DaybreakError('MODEL_INVALID', `${file}:1:1 is no TypeScript that Node runs: ${message}`)
  }
}

/** Models that each model reads, in its query or its checks. */
function readsOf(
  sources: readonly ModelSource[],
  { analyses, described }: Understood,
): ReadonlyMap<string, readonly string[]> {
  return new Map(
    sources.map(({ config }) => {
      const analysis = analyses.get(config.model)
      const inScript = Object.values(described.get(config.model)?.reads ?? {}).map(({ table }) => table)
      const inQuery = analysis ? tableScansOf(analysis.query.scan).map(({ table }) => table) : inScript
      const inChecks = config.checks.flatMap(modelsOf).filter((name) => name !== config.model)
      const read = inQuery.flatMap((table) => (table.startsWith(`${MODELS}.`) ? [table.slice(MODELS.length + 1)] : []))
      return [config.model, [...read, ...inChecks]] as const
    }),
  )
}

function modelsOf(check: ModelSource['config']['checks'][number]): readonly string[] {
  const terms =
    'equal' in check
      ? [...check.equal, ...(check.orEqual ?? [])]
      : 'every' in check
        ? [check.every, check.existsIn]
        : 'together' in check
          ? check.together
          : []
  return terms.flatMap(({ model }) => model ?? [])
}

/** The tables of all streams, as models read them. */
export function streamTables({ contracts }: Pick<Project, 'contracts'>): readonly ReferenceTable[] {
  return [...contracts].flatMap(([pipeline, streams]) => {
    if (RESERVED.includes(pipeline))
      throw new DaybreakError('CONFIG_INVALID', `a pipeline cannot be called ${pipeline}: models have that schema`)
    return [...streams.values()].map((contract) => {
      const { name, columns } = tableOf(contract, pipeline)
      // Models have days: a table of hours is read whole.
      const date = contract.carries?.hour === undefined ? partitionColumn(contract) : null
      const location = shardColumn(contract)?.name ?? null
      return {
        name: `${pipeline}.${name}`,
        columns,
        key: [...new Set([...contract.key, date, location].filter((each) => each !== null))],
        dateColumn: date,
        locationColumn: location,
        maskedColumns: contract.columns.filter(({ privacy }) => privacy === 'mask').map((column) => column.name),
      }
    })
  })
}
