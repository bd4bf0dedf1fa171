import { readdir } from 'node:fs/promises'
import { basename, join, posix, relative } from 'node:path'
import { DaypartsConfig, daypartRows } from '../config/dayparts-config.ts'
import { diskFiles } from '../config/disk.ts'
import { EventsConfig, eventRows } from '../config/events-config.ts'
import { FiscalConfig, fiscalRows } from '../config/fiscal-config.ts'
import { type Problem, problemsError } from '../config/problem.ts'
import type { Reading, SchemaOf } from '../config/read.ts'
import { readFile } from '../config/read-project.ts'
import { DaybreakError } from '../errors.ts'
import { ModelConfig } from '../models/model.ts'
import type { Source } from '../models/place.ts'
import type { ModelSource } from '../models/source.ts'

/** Folder of the models of a project. */
export const MODEL_FOLDER = 'config/models'

/** Files that are no model: tests have a reader of their own. */
const OTHERS = /(^|\/)tests\/|^exposures\.yaml$/

const FORMS = ['sql', 'csv', 'ts'] as const

/**
 * Every model of a project as its author wrote it, by name; none where there is no config/models.
 * @throws {DaybreakError} CONFIG_INVALID with all problems of all files.
 */
export async function readModelSources(projectDir: string): Promise<readonly ModelSource[]> {
  const names = await modelFiles(projectDir)
  const yaml = names.filter((name) => name.endsWith('.yaml') && !OTHERS.test(name))
  const read = await Promise.all(yaml.map((name) => readSource(projectDir, { name, names })))
  const problems = read.flatMap((each) => ('problems' in each ? each.problems : []))
  if (problems.length > 0) throw problemsError(problems)
  const sources = read.flatMap((each) => ('problems' in each ? [] : [each]))
  expectOnce(sources)
  return sources.toSorted((a, b) => (a.config.model < b.config.model ? -1 : 1))
}

/** Names of all files below the folder of models, with `/` between folders; none where it is absent. */
export async function modelFiles(projectDir: string): Promise<readonly string[]> {
  const folder = join(projectDir, MODEL_FOLDER)
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .toSorted()
}

interface Found {
  readonly name: string
  readonly names: readonly string[]
}

async function readSource(
  projectDir: string,
  { name, names }: Found,
): Promise<ModelSource | { readonly problems: readonly Problem[] }> {
  const file = `${MODEL_FOLDER}/${name}`
  const reading = await readFile(ModelConfig, { root: projectDir, file, env: {}, files: diskFiles })
  if (reading.value === null) return { problems: reading.problems }
  const stem = name.slice(0, -'.yaml'.length)
  const bodies = FORMS.filter((form) => names.includes(`${stem}.${form}`))
  const [form] = bodies
  if (reading.value.model !== basename(stem))
    return { problems: [reading.problemAt(['model'], `must be ${basename(stem)}, the name of this file`)] }
  const placeOf = (path: readonly PropertyKey[]) => {
    const { line, column } = reading.problemAt(path, '')
    return `${file}:${line}:${column}`
  }
  const yaml = { file, text: await textOf(projectDir, file) }
  const { rowsFrom } = reading.value
  if (rowsFrom !== undefined) {
    if (form !== undefined) {
      const message = `the rows come from config/${rowsFrom}.yaml; remove ${basename(stem)}.${form}, or this key`
      return { problems: [reading.problemAt(['rows_from'], message)] }
    }
    const made = await readRows(projectDir, rowsFrom)
    if ('problems' in made) return made
    return { config: reading.value, yaml, form: 'csv', body: made, imported: [], placeOf }
  }
  if (form === undefined || bodies.length > 1) {
    const what = form === undefined ? 'none of them exists' : `there are ${bodies.join(' and ')}`
    const message = `a model has one file next to its YAML: ${basename(stem)}.sql, .csv or .ts; ${what}`
    return { problems: [reading.problemAt(['model'], message)] }
  }
  const bodyFile = `${MODEL_FOLDER}/${stem}.${form}`
  const body = { file: bodyFile, text: await textOf(projectDir, bodyFile) }
  return {
    config: reading.value,
    yaml,
    form,
    body,
    imported: form === 'ts' ? await importsOf(projectDir, { body, names }) : [],
    placeOf,
  }
}

type Rows = readonly (readonly string[])[]

/** Rows of a file of configuration, as a CSV file would have them. */
async function readRows(
  projectDir: string,
  from: NonNullable<ModelConfig['rowsFrom']>,
): Promise<Source | { readonly problems: readonly Problem[] }> {
  const file = `config/${from}.yaml`
  const read = <T>(schema: SchemaOf<T>) => readFile(schema, { root: projectDir, file, env: {}, files: diskFiles })
  const makers = {
    fiscal: async () => rowsOf(await read(FiscalConfig), fiscalRows),
    dayparts: async () => rowsOf(await read(DaypartsConfig), daypartRows),
    events: async () => rowsOf(await read(EventsConfig), eventRows),
  }
  const made = await makers[from]()
  return 'problems' in made ? made : { file, text: csvOf(made.rows) }
}

function rowsOf<T>(
  { value, problems }: Reading<T>,
  rows: (config: T) => Rows,
): { readonly rows: Rows } | { readonly problems: readonly Problem[] } {
  return value === null ? { problems } : { rows: rows(value) }
}

function csvOf(rows: Rows): string {
  const field = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  return rows.map((row) => `${row.map(field).join(',')}\n`).join('')
}

const IMPORT = /(?:\bfrom|\bimport)\s*(['"])(\.{1,2}\/[^'"]+)\1/g

/** Files of config/models that a script imports, and what they import. One that is not there fails when the script is compiled. */
async function importsOf(
  projectDir: string,
  { body, names }: { readonly body: Source; readonly names: readonly string[] },
): Promise<readonly Source[]> {
  const found = new Map<string, Source>()
  const visit = async ({ file, text }: Source): Promise<void> => {
    for (const [, , specifier = ''] of text.matchAll(IMPORT)) {
      const path = posix.join(posix.dirname(file), specifier)
      if (path === body.file || found.has(path) || !names.includes(posix.relative(MODEL_FOLDER, path))) continue
      const source = { file: path, text: await textOf(projectDir, path) }
      found.set(path, source)
      await visit(source)
    }
  }
  await visit(body)
  return [...found.values()].toSorted((a, b) => (a.file < b.file ? -1 : 1))
}

async function textOf(projectDir: string, file: string): Promise<string> {
  const bytes = await diskFiles.read(join(projectDir, file))
  return new TextDecoder('utf-8').decode(bytes ?? new Uint8Array())
}

function expectOnce(sources: readonly ModelSource[]): void {
  const files = new Map<string, string>()
  for (const { config, yaml } of sources) {
    const before = files.get(config.model)
    if (before !== undefined)
      throw new DaybreakError('MODEL_INVALID', `${yaml.file}:1:1 the model ${config.model} is also in ${before}`)
    files.set(config.model, yaml.file)
  }
}
