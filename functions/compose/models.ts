import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { openScripts } from '../adapters/local/scripts.ts'
import type { Project } from '../config/project.ts'
import { DaybreakError } from '../errors.ts'
import { COMPILED, type CompiledModel, CompiledModels, compiledText } from '../models/compiled.ts'
import { digestOf, type ModelSource } from '../models/source.ts'
import { compileModels } from './compile-models.ts'
import { readModelSources } from './model-sources.ts'

/**
 * The compiled models of a project; none where it has no config/models/compiled.json.
 * @throws {DaybreakError} CONFIG_INVALID when the file is damaged.
 */
export async function readCompiledModels(projectDir: string): Promise<CompiledModels> {
  const text = await readFile(join(projectDir, COMPILED), 'utf8').catch(nullIfAbsent)
  if (text === null) return { version: 1, models: {} }
  const parsed = CompiledModels.safeParse(jsonOf(text))
  if (parsed.success) return parsed.data
  const message = `${COMPILED} is damaged: ${z.prettifyError(parsed.error)}. The file is generated; take it from version control.`
  throw new DaybreakError('CONFIG_INVALID', message)
}

/** A model of the project, and whether config/models/compiled.json has it as it is now. */
interface ModelState {
  readonly source: ModelSource
  readonly compiled: CompiledModel | null
  readonly state: 'compiled' | 'changed' | 'new'
}

/** Each model with what is compiled of it. @throws {DaybreakError} CONFIG_INVALID, MODEL_INVALID. */
export async function compiledState(projectDir: string): Promise<readonly ModelState[]> {
  const { models } = await readCompiledModels(projectDir)
  return (await readModelSources(projectDir)).map((source) => {
    const compiled = models[source.config.model] ?? null
    if (compiled === null) return { source, compiled, state: 'new' }
    return { source, compiled, state: compiled.digest === digestOf(source) ? 'compiled' : 'changed' }
  })
}

/**
 * The compiled models of a project whose sources are as they were compiled. Needs no analyser.
 * @throws {DaybreakError} MODEL_NOT_COMPILED when a model was added, changed or removed since.
 */
export async function expectCompiledModels(projectDir: string): Promise<CompiledModels> {
  const [compiled, states] = [await readCompiledModels(projectDir), await compiledState(projectDir)]
  const stale = states.filter(({ state }) => state !== 'compiled').map(({ source }) => source.config.model)
  const names = new Set(states.map(({ source }) => source.config.model))
  const gone = Object.keys(compiled.models).filter((name) => !names.has(name))
  if (stale.length + gone.length === 0) return compiled
  const what = [...stale, ...gone].toSorted().join(', ')
  throw new DaybreakError('MODEL_NOT_COMPILED', `${COMPILED} is older than these models: ${what}`)
}

/**
 * Compiles the models of a project. Folders are where the analyser is looked for.
 * @throws {DaybreakError} ANALYSER_MISSING, MODEL_INVALID, MODEL_REFUSED.
 */
export async function compileProject(project: Project, folders: readonly string[]) {
  const sources = await readModelSources(project.projectDir)
  // Loaded here, because nothing but compiling and testing models needs it.
  const { openZetasqlAnalyser } = await import('../adapters/zetasql/analyser.ts')
  const analyser = await openZetasqlAnalyser({ folders })
  try {
    const models = await compileModels(project, sources, { analyser, scripts: openScripts() })
    return { models, text: compiledText(models) }
  } finally {
    await analyser.close()
  }
}

/** Writes the file if it would change. True if it does. */
export async function writeCompiledModels(
  projectDir: string,
  text: string,
  { dryRun }: { readonly dryRun: boolean },
): Promise<boolean> {
  const path = join(projectDir, COMPILED)
  const before = await readFile(path, 'utf8').catch(nullIfAbsent)
  if (before === text) return false
  if (!dryRun) await writeFile(path, text)
  return true
}

function nullIfAbsent(error: unknown): null {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null
  throw error
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
