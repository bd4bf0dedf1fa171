import type { BuiltModel, ModelSet } from '../../models/model-set.ts'
import type { Models } from '../../models/order.ts'
import type { Dialect } from '../../sql/dialect.ts'
import type { View } from '../destination.ts'
import { modelWarehouse } from './job.ts'
import { adopt } from './releases.ts'
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
  /** Starts every job id. */
  readonly environment: string
  /** Sets that are built when a window is loaded. */
  inUse(ports: BuildPorts): Promise<readonly SetInUse[]>
  /** Makes the tables and views of a set, each view in one step. */
  show(set: ModelSet, ports: BuildPorts): Promise<void>
}

/** The models of a project: views show the versions of the newest release, which `daybreak model apply` changes. */
export function createModelProject(compiled: Models, environment: string): ModelProject {
  // Views that this process has made, so that it does not make them again after every build.
  const shown = new Map<string, string>()
  return {
    compiled,
    environment,
    inUse: async (ports) => [{ set: await adopt(compiled, ports), environment }],
    async show(set, ports) {
      const warehouse = modelWarehouse(ports)
      for (const model of set.values()) {
        const { name, table, fingerprint, compiled: own } = model
        const version = `${table}/${fingerprint}/${own.digest}`
        if (shown.get(name) === version || own.kind === 'script') continue
        if (own.kind !== 'view') await warehouse.prepareTable(tableOfModel(model))
        await warehouse.setView(viewOf(model, { set, dialect: warehouse.dialect }))
        shown.set(name, version)
      }
    },
  }
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
