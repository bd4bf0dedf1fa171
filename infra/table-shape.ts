import type { Project } from '../functions/config/project.ts'
import { type ColumnType, type Contract, LOAD_COLUMNS, META_COLUMNS } from '../functions/contract/contract.ts'
import { bigqueryType } from '../functions/contract/sql-type.ts'
import { REJECT_COLUMNS, rejectsTable } from '../functions/engine/rejects.ts'

/** A column in the words of BigQuery's table schema. */
export interface ColumnShape {
  readonly name: string
  readonly type: string
  readonly mode: 'NULLABLE'
  readonly description: string
  readonly isPrivate: boolean
}

/** A table of BigQuery as contracts describe it. */
export interface TableShape {
  readonly dataset: string
  readonly name: string
  readonly description: string
  readonly columns: readonly ColumnShape[]
  readonly clusterBy: readonly string[]
}

const known = new WeakMap<Project, Map<string, readonly TableShape[]>>()

/** The tables of a pipeline: one per stream, and its rejects. Reckoned once per project: the policy asks often. */
export function tableShapes(project: Project, pipeline: string): readonly TableShape[] {
  const shapes = known.get(project) ?? new Map<string, readonly TableShape[]>()
  known.set(project, shapes)
  const found = shapes.get(pipeline) ?? shapesOf(project, pipeline)
  shapes.set(pipeline, found)
  return found
}

function shapesOf({ contracts }: Project, pipeline: string): readonly TableShape[] {
  const streams = [...(contracts.get(pipeline)?.values() ?? [])].map((contract) => streamShape(contract, pipeline))
  const { description, clusterBy } = rejectsTable(pipeline)
  const columns = [...REJECT_COLUMNS, ...LOAD_COLUMNS].map((column) => shapeOf(column))
  return [...streams, { dataset: pipeline, name: 'rejects', description, columns, clusterBy }]
}

function streamShape(contract: Contract, pipeline: string): TableShape {
  const { stream, description, columns, derived, table } = contract
  return {
    dataset: pipeline,
    name: stream,
    description,
    columns: [
      ...columns.map((column) => shapeOf(column, column.privacy !== 'keep')),
      ...[...derived, ...META_COLUMNS, ...LOAD_COLUMNS].map((column) => shapeOf(column)),
    ],
    clusterBy: table.cluster_by,
  }
}

interface Described {
  readonly name: string
  readonly type: ColumnType
  readonly description: string
}

// Every column is NULLABLE: what is required is decided row by row, before a part is made.
function shapeOf({ name, type, description }: Described, isPrivate = false): ColumnShape {
  return { name, type: bigqueryType({ type }), mode: 'NULLABLE', description, isPrivate }
}
