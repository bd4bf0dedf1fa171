import { z } from 'zod'
import { Identifier } from '../contract/contract.ts'
import { didYouMean } from '../lib/did-you-mean.ts'
import { yamlObject } from '../lib/yaml-object.ts'
import type { LineageNode } from './lineage/node.ts'

const Read = yamlObject({
  table: z
    .string()
    .regex(/^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$/, 'expected a table such as models.daily_sales')
    .describe('`models.<model>`, or a stream as `<pipeline>.<stream>`.'),
  columns: z
    .array(Identifier)
    .min(1)
    .optional()
    .describe('Columns that it shows. Absent: they are not known, and lineage says so.'),
})

const Exposure = yamlObject({
  name: Identifier.describe('Identifies the exposure in lineage and catalog.'),
  title: z.string().min(1).describe('What people call it.'),
  kind: z.enum(['page', 'export', 'mail', 'notebook', 'application']).describe('How people get it.'),
  description: z.string().min(1).describe('What it is for.'),
  owner: z.string().min(1).optional().describe('Who answers questions about it.'),
  url: z.url().optional().describe('Where it is.'),
  reads: z.array(Read).min(1).describe('Tables that it reads.'),
})
/** A page or export that people look at, and the tables that it reads. */
export type Exposure = z.infer<typeof Exposure>

/** File config/models/exposures.yaml. */
export const ExposuresConfig = yamlObject({
  version: z.literal(1).describe('Schema version. Must be 1.'),
  exposures: z.array(Exposure).describe('Pages and exports that people look at.'),
})

/** Path of the file from the folder of the project. */
export const EXPOSURES = 'config/models/exposures.yaml'

/** Something wrong in the exposures, with its path in the file. */
interface ExposureIssue {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** Tables of a project: those in use, and those of models that are not. */
interface KnownTables {
  readonly nodes: ReadonlyMap<string, LineageNode>
  readonly unused: ReadonlySet<string>
}

/** Pure: exposures that stand twice, and tables and columns that do not exist. */
export function exposureIssues(exposures: readonly Exposure[], known: KnownTables): readonly ExposureIssue[] {
  return exposures.flatMap(({ name, reads }, at) => {
    const path = ['exposures', at]
    const isSecond = exposures.findIndex((each) => each.name === name) !== at
    const twice = isSecond ? [{ path: [...path, 'name'], message: `the exposure ${name} stands twice` }] : []
    return [...twice, ...reads.flatMap((read, place) => readIssues(read, [...path, 'reads', place], known))]
  })
}

function readIssues(
  { table, columns = [] }: Exposure['reads'][number],
  path: readonly PropertyKey[],
  { nodes, unused }: KnownTables,
): readonly ExposureIssue[] {
  if (unused.has(table)) return []
  const node = nodes.get(table)
  if (!node) {
    const message = `there is no table ${table}.${didYouMean(table, [...nodes.keys()])}`
    return [{ path: [...path, 'table'], message }]
  }
  const names = node.columns.map(({ name }) => name)
  return columns.flatMap((column, at) => {
    if (names.includes(column)) return []
    const message = `${table} has no column ${column}.${didYouMean(column, names)}`
    return [{ path: [...path, 'columns', at], message }]
  })
}
