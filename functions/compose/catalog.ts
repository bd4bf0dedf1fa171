import { join } from 'node:path'
import type { z } from 'zod'
import { splitColumn } from '../catalog/catalog.ts'
import type { CatalogFiles } from '../catalog/entry.ts'
import { diskFiles } from '../config/disk.ts'
import { GLOSSARY, GlossaryConfig } from '../config/glossary-config.ts'
import { problemsError } from '../config/problem.ts'
import type { Project } from '../config/project.ts'
import type { Reading } from '../config/read.ts'
import { readFile } from '../config/read-project.ts'
import { didYouMean } from '../lib/did-you-mean.ts'
import { EXPOSURES, type Exposure, ExposuresConfig, exposureIssues } from '../models/exposure.ts'
import type { LineageGraph } from '../models/lineage/graph.ts'
import { modelOf } from '../models/order.ts'
import { readCompiledModels } from './models.ts'

type Tables = Pick<LineageGraph, 'nodes'>

/** Exposures and glossary of a project. @throws {DaybreakError} CONFIG_INVALID for names of what does not exist. */
export async function readCatalogFiles(project: Project, tables: Tables): Promise<CatalogFiles> {
  return { exposures: await readExposures(project, tables), glossary: await readGlossary(project, tables) }
}

/**
 * Exposures of config/models/exposures.yaml; none without the file. Where only some models of the project are in use, they are cut to
 * what these show. @throws {DaybreakError} CONFIG_INVALID.
 */
export async function readExposures(project: Project, { nodes }: Tables): Promise<readonly Exposure[]> {
  const reading = await readIfThere(ExposuresConfig, EXPOSURES, project)
  if (reading === null) return []
  const unused = await unusedModels(reading.value?.exposures ?? [], { nodes }, project)
  const { exposures } = expectNoIssue(reading, (config) => exposureIssues(config.exposures, { nodes, unused }))
  if (unused.size === 0) return exposures
  const cut = exposures.map(({ reads, ...rest }) => ({ ...rest, reads: reads.filter(({ table }) => nodes.has(table)) }))
  return cut.filter(({ reads }) => reads.length > 0)
}

/** Tables of models that exposures read, and that are compiled but not in use. */
async function unusedModels(
  exposures: readonly Exposure[],
  { nodes }: Tables,
  { projectDir }: Project,
): Promise<ReadonlySet<string>> {
  const read = exposures.flatMap(({ reads }) => reads.map(({ table }) => table))
  const absent = read.filter((table) => !nodes.has(table) && modelOf({ table }) !== null)
  if (absent.length === 0) return new Set()
  const { models } = await readCompiledModels(projectDir)
  return new Set(absent.filter((table) => models[modelOf({ table }) ?? ''] !== undefined))
}

/** Words of config/glossary.yaml; none without the file. @throws {DaybreakError} CONFIG_INVALID. */
async function readGlossary(project: Project, tables: Tables): Promise<GlossaryConfig['terms']> {
  const reading = await readIfThere(GlossaryConfig, GLOSSARY, project)
  return reading === null ? [] : expectNoIssue(reading, (config) => glossaryIssues(config, tables)).terms
}

interface PathIssue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

async function readIfThere<T>(schema: z.ZodType<T>, file: string, { projectDir }: Project): Promise<Reading<T> | null> {
  if ((await diskFiles.read(join(projectDir, file))) === null) return null
  return await readFile(schema, { root: projectDir, file, env: {}, files: diskFiles })
}

function expectNoIssue<T>(reading: Reading<T>, issuesOf: (value: T) => readonly PathIssue[]): T {
  if (reading.value === null) throw problemsError(reading.problems)
  const issues = issuesOf(reading.value)
  if (issues.length === 0) return reading.value
  throw problemsError(issues.map(({ path, message }) => reading.problemAt(path, message)))
}

/** Terms that stand twice, and columns that do not exist. */
function glossaryIssues({ terms }: GlossaryConfig, { nodes }: Tables): readonly PathIssue[] {
  return terms.flatMap(({ term, columns }, at) => {
    const path = ['terms', at]
    const isSecond = terms.findIndex((each) => each.term.toLowerCase() === term.toLowerCase()) !== at
    const twice = isSecond
      ? [{ path: [...path, 'term'], message: `the term ${JSON.stringify(term)} stands twice` }]
      : []
    const lost = columns.flatMap((text, place) => {
      const { table, column } = splitColumn(text)
      const node = nodes.get(table)
      const known = node ? node.columns.map(({ name }) => `${table}.${name}`) : [...nodes.keys()]
      if (node?.columns.some(({ name }) => name === column)) return []
      const what = node ? `${table} has no column ${column}.` : `there is no table ${table}.`
      return [{ path: [...path, 'columns', place], message: `${what}${didYouMean(node ? text : table, known)}` }]
    })
    return [...twice, ...lost]
  })
}
