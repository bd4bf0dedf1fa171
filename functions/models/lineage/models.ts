import type { CompiledModel } from '../compiled.ts'
import { MODELS, type Models } from '../order.ts'
import type { LineageNode, LineagePart } from './node.ts'

/** Pure: each model with the columns that its own columns and its rows come from. */
export function modelLineage(models: Models): LineagePart {
  const parts = [...models].map(([name, model]) => partOf(name, model))
  return {
    nodes: parts.flatMap(({ nodes }) => nodes),
    reads: parts.flatMap(({ reads }) => reads),
    columns: parts.flatMap(({ columns }) => columns),
    rows: parts.flatMap(({ rows }) => rows),
  }
}

/** Id of the node of a model. */
export function modelNode(name: string): string {
  return `${MODELS}.${name}`
}

function partOf(name: string, model: CompiledModel): LineagePart {
  const node = nodeOf(name, model)
  if (model.kind === 'seed') return seedPart(node, model)
  // What a script does with its rows cannot be read from it.
  if (model.kind === 'script') {
    const tables = new Set(model.references.map(({ table }) => table))
    const reads = [...tables].map((from) => ({ from, to: node.id, isKnown: false }))
    return { nodes: [node], reads, columns: [], rows: [] }
  }
  const { lineage, references } = model
  const isKnown = model.columns.every((column) => column.name in lineage.columns)
  const tables = new Set(references.map(({ table }) => table))
  return {
    nodes: [node],
    reads: [...tables].map((from) => ({ from, to: node.id, isKnown })),
    columns: Object.entries(lineage.columns).flatMap(([to, sources]) =>
      sources.map(({ table, column, kind }) => ({
        from: { node: table, column },
        to: { node: node.id, column: to },
        ...{ kind, expression: null },
      })),
    ),
    rows: lineage.rows.map(({ table, column, kind }) => ({ from: { node: table, column }, to: node.id, kind })),
  }
}

/** A seed has the columns of its CSV file. */
function seedPart(node: LineageNode, { source, columns, description }: CompiledModel): LineagePart {
  const id = `file:${source}`
  const file: LineageNode = {
    ...{ id, kind: 'file', name: source, description, pipeline: null },
    columns: columns.map((column) => ({
      ...{ name: column.name, type: null, privacy: 'keep', description: column.description },
    })),
  }
  return {
    nodes: [file, node],
    reads: [{ from: id, to: node.id, isKnown: true }],
    columns: columns.map((column) => ({
      from: { node: id, column: column.name },
      to: { node: node.id, column: column.name },
      kind: 'IDENTITY',
      expression: column.type === 'string' ? null : column.type,
    })),
    rows: [],
  }
}

function nodeOf(name: string, { description, columns }: CompiledModel): LineageNode {
  return {
    id: modelNode(name),
    kind: 'model',
    name,
    description,
    pipeline: null,
    columns: columns.map((column) => ({
      ...{ name: column.name, type: column.type, privacy: 'keep', description: column.description },
    })),
  }
}
