import { basename } from 'node:path'
import { openDuckdbEvaluator } from '../adapters/duckdb/evaluator.ts'
import { openScripts } from '../adapters/local/scripts.ts'
import { diskFiles } from '../config/disk.ts'
import { problemsError } from '../config/problem.ts'
import type { Project } from '../config/project.ts'
import { readFile } from '../config/read-project.ts'
import { DaybreakError } from '../errors.ts'
import { MODELS, referenceTableOf } from '../models/compile-model.ts'
import { ModelTests, runCase } from '../models/model-test.ts'
import { compileModels, streamTables } from './compile-models.ts'
import { MODEL_FOLDER, modelFiles, readModelSources } from './model-sources.ts'

/** Answer of the tests of models. */
interface TestReport {
  /** Number of tests by model. */
  readonly counts: ReadonlyMap<string, number>
  /** Sentences; none when all pass. */
  readonly failures: readonly string[]
}

/**
 * Runs the tests of all models, or of one, in Google's evaluator and in DuckDB. Models are compiled for it; nothing is written.
 * @throws {DaybreakError} ANALYSER_MISSING, MODEL_INVALID, MODEL_REFUSED, CONFIG_INVALID; NOT_FOUND for a model without tests.
 */
export async function testModels(
  project: Project,
  { folders, only }: { readonly folders: readonly string[]; readonly only: string | undefined },
): Promise<TestReport> {
  const files = await readTests(project.projectDir)
  const chosen = files.filter(({ model }) => only === undefined || model === only)
  if (only !== undefined && chosen.length === 0)
    throw new DaybreakError('NOT_FOUND', `there is no ${MODEL_FOLDER}/.../tests/${only}.yaml`)
  const sources = await readModelSources(project.projectDir)
  const { openZetasqlAnalyser } = await import('../adapters/zetasql/analyser.ts')
  const analyser = await openZetasqlAnalyser({ folders })
  const duckdb = await openDuckdbEvaluator()
  const scripts = openScripts()
  try {
    const { models } = await compileModels(project, sources, { analyser, scripts })
    const known = [...streamTables(project), ...sources.map((source) => referenceTableOf(source, null))]
    const tables = new Map(known.map((table) => [table.name, table]))
    const failures: string[] = []
    for (const { model: name, tests } of chosen) {
      const model = models[name]
      if (!model) throw new DaybreakError('MODEL_INVALID', `tests/${name}.yaml: there is no model ${MODELS}.${name}`)
      for (const test of tests)
        failures.push(
          ...(await runCase({ model, name, test, tables, engines: { bigquery: analyser, duckdb }, scripts })),
        )
    }
    return { counts: new Map(chosen.map(({ model, tests }) => [model, tests.length])), failures }
  } finally {
    await analyser.close()
    await duckdb.close()
  }
}

async function readTests(projectDir: string): Promise<readonly ModelTests[]> {
  const names = (await modelFiles(projectDir)).filter((name) => /(^|\/)tests\/[^/]+\.yaml$/.test(name))
  const readings = await Promise.all(
    names.map((name) =>
      readFile(ModelTests, { root: projectDir, file: `${MODEL_FOLDER}/${name}`, env: {}, files: diskFiles }),
    ),
  )
  const misnamed = readings.flatMap(({ file, value, problemAt }) => {
    const expected = basename(file, '.yaml')
    return value && value.model !== expected ? [problemAt(['model'], `must be ${expected}, the name of this file`)] : []
  })
  const problems = [...readings.flatMap((reading) => reading.problems), ...misnamed]
  if (problems.length > 0) throw problemsError(problems)
  return readings.flatMap(({ value }) => value ?? [])
}
