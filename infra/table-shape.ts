import type { Project } from '../functions/config/project.ts'
import type { Contract } from '../functions/contract/contract.ts'
import { tableOf } from '../functions/contract/table.ts'
import { profilesTable } from '../functions/engine/profiles/profiles.ts'
import { rejectsTable } from '../functions/engine/rejects/rejects.ts'
import { type BigqueryColumn, bigqueryColumns, LOADS_TABLE } from '../functions/sql/dialects/bigquery/columns.ts'

/** A column in the words of BigQuery's table schema. */
interface ColumnShape {
  readonly name: string
  readonly type: string
  readonly mode: 'NULLABLE'
  readonly description: string
  /** Value in rows of a load that has no such column. */
  readonly defaultValueExpression?: string
  readonly isPrivate: boolean
}

/** A table of BigQuery as contracts describe it. */
export interface TableShape {
  readonly dataset: string
  readonly name: string
  readonly description: string
  readonly columns: readonly ColumnShape[]
  readonly clusterBy: readonly string[]
  /** Date column whose days are partitions; null for a table without partitions. */
  readonly partitionBy: string | null
  /** True when every query must name the partitions it reads. */
  readonly needsFilter: boolean
}

const known = new WeakMap<Project, Map<string, readonly TableShape[]>>()

/** The tables of a pipeline: one per stream, its rejects, its profiles and its loads. Reckoned once per project: the policy asks often. */
export function tableShapes(project: Project, pipeline: string): readonly TableShape[] {
  const shapes = known.get(project) ?? new Map<string, readonly TableShape[]>()
  known.set(project, shapes)
  const found = shapes.get(pipeline) ?? shapesOf(project, pipeline)
  shapes.set(pipeline, found)
  return found
}

function shapesOf({ contracts }: Project, pipeline: string): readonly TableShape[] {
  const streams = [...(contracts.get(pipeline)?.values() ?? [])].map((contract) => streamShape(contract, pipeline))
  const own = [...(contracts.get(pipeline)?.values() ?? [])]
  const added = [rejectsTable(pipeline, own), profilesTable(pipeline, own)]
  return [
    ...streams,
    ...added.map(({ name, description, clusterBy, columns, partitionColumn }) => ({
      dataset: pipeline,
      ...{ name, description, clusterBy },
      columns: shapeAll(bigqueryColumns(columns)),
      partitionBy: partitionColumn,
      needsFilter: true,
    })),
    { ...LOADS_TABLE, dataset: pipeline, columns: shapeAll(LOADS_TABLE.columns) },
  ]
}

function streamShape(contract: Contract, pipeline: string): TableShape {
  const { schema, name, description, columns, clusterBy, partitionColumn } = tableOf(contract, pipeline)
  const hidden = new Set(contract.columns.flatMap((column) => (column.privacy === 'keep' ? [] : [column.name])))
  return {
    dataset: schema,
    name,
    description,
    columns: shapeAll(bigqueryColumns(columns), hidden),
    clusterBy,
    partitionBy: partitionColumn,
    needsFilter: partitionColumn !== null,
  }
}

// Every column is NULLABLE: what is required is decided row by row, before a part is made.
function shapeAll(columns: readonly BigqueryColumn[], hidden: ReadonlySet<string> = new Set()): readonly ColumnShape[] {
  return columns.map(({ name, type, description, default: filled }) => ({
    name,
    type,
    mode: 'NULLABLE',
    description,
    ...(filled && { defaultValueExpression: filled }),
    isPrivate: hidden.has(name),
  }))
}
