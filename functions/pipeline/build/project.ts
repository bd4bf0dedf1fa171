import type { BuiltModel, ModelSet } from '../../models/model-set.ts'
import { modelSet } from '../../models/model-set.ts'
import type { Models } from '../../models/order.ts'
import type { Dialect } from '../../sql/dialect.ts'
import type { View } from '../destination.ts'
import { modelWarehouse } from './job.ts'
import { tableSql, viewSql } from './sql.ts'
import { type BuildPorts, DATASETS, tableOfModel } from './task.ts'

/** A set of models that is built, and the prefix of its jobs. */
export interface SetInUse {
  readonly set: ModelSet
  /** Starts every job id, so that two environments never share one. */
  readonly environment: string
}

/** The models of a project. */
export interface ModelProject {
  /** As config/models/compiled.json has them. */
  readonly compiled: Models
  /** Sets that are built when a window is loaded. */
  inUse(ports: BuildPorts): Promise<readonly SetInUse[]>
  /** Makes the views of a set, of those models that have a table by now. */
  show(set: ModelSet, ports: BuildPorts): Promise<void>
}

/** The compiled models of a project, built and shown as they are. */
export function createModelProject(compiled: Models, environment: string): ModelProject {
  const set = modelSet(compiled)
  const shown = new Set<string>()
  return {
    compiled,
    inUse: async () => [{ set, environment }],
    async show(shows, ports) {
      for (const model of shows.values()) {
        const key = `${model.name}/${model.table}/${model.fingerprint}`
        if (shown.has(key) || !(await hasTable(model, ports))) continue
        await modelWarehouse(ports).setView(viewOf(model, { set: shows, dialect: modelWarehouse(ports).dialect }))
        shown.add(key)
      }
    },
  }
}

/** True once a build was published. A view has no table, and needs those of the models it reads. */
async function hasTable({ name, table, compiled }: BuiltModel, { ledger }: BuildPorts): Promise<boolean> {
  if (compiled.kind === 'script') return false
  if (compiled.kind === 'view') return true
  const builds = await ledger.builds({ model: name, fingerprint: table, limit: 100 })
  return builds.some(({ built }) => built !== '')
}

/** The view of a model: the table of its version, or for a view its query. */
function viewOf(model: BuiltModel, { set, dialect }: { readonly set: ModelSet; readonly dialect: Dialect }): View {
  const { name, compiled } = model
  const task = { model, set, window: '', environment: '' }
  const columns = compiled.columns.map((column) => dialect.identifier(column.name)).join(', ')
  const from =
    compiled.kind === 'view' ? `(${viewSql(compiled.sql, { task, dialect })}) AS ${dialect.identifier(name)}` : null
  return {
    schema: DATASETS.views,
    name,
    description: compiled.description,
    columns: compiled.columns,
    sql: `SELECT ${columns} FROM ${from ?? tableSql(tableOfModel(model), dialect)}`,
  }
}
