import type { BuiltModel, ModelSet } from '../../models/model-set.ts'
import type { Models } from '../../models/order.ts'
import type { Dialect } from '../../sql/dialect.ts'
import type { View } from '../destination.ts'
import { modelWarehouse } from './job.ts'
import { adopt, newestReleases, readShown } from './releases.ts'
import { tableSql, viewSql } from './sql.ts'
import { type BuildPorts, DATASETS, tableOfModel } from './task.ts'

/** A set of models that is built, and the prefix of its jobs. */
export interface SetInUse {
  readonly set: ModelSet
  /** Dataset of the views that show it. */
  readonly views: string
  /**
   * Models that are built with this set. Two environments that share a table may read other versions of its inputs, so one of them
   * builds it: `models`, else the first by name.
   */
  readonly owned: ReadonlySet<string>
  /** Starts every job id, so that two environments never share one. */
  readonly environment: string
}

/** The models of a project. */
export interface ModelProject {
  /** As config/models/compiled.json has them. */
  readonly compiled: Models
  /** Starts every job id. */
  readonly environment: string
  /** Dataset of the views that `daybreak model apply` swaps: `models`, or that of an environment of models alone. */
  readonly views: string
  /** Sets that are built when a window is loaded: that of `models`, then those of other environments that share its tables. */
  inUse(ports: BuildPorts): Promise<readonly SetInUse[]>
  /** Makes the tables and views of a set, each view in one step. */
  show(shown: Pick<SetInUse, 'set' | 'views'>, ports: BuildPorts): Promise<void>
}

/** Job prefix and dataset of the views of a project. */
interface ProjectNames {
  readonly environment: string
  readonly views?: string
}

/** The models of a project: views show the versions of the newest release, which `daybreak model apply` changes. */
export function createModelProject(
  compiled: Models,
  { environment, views = DATASETS.views }: ProjectNames,
): ModelProject {
  // Views that this process has made, so that it does not make them again after every build.
  const made = new Map<string, string>()
  return {
    compiled,
    environment,
    views,
    async inUse(ports) {
      const main = { environment: DATASETS.views }
      // A checkout of one person says nothing of what everybody reads.
      const own = views === DATASETS.views ? await adopt(compiled, ports) : (await readShown(compiled, main, ports)).set
      const others = (await newestReleases(ports)).filter((release) => release.environment !== DATASETS.views)
      const used: SetInUse[] = [{ set: own, views: DATASETS.views, owned: new Set(own.keys()), environment }]
      for (const release of others) {
        const { set } = await readShown(compiled, release, ports)
        used.push({ set, views: release.environment, owned: ownedIn(set, used), environment })
      }
      return used
    },
    async show({ set, views: schema }, ports) {
      const warehouse = modelWarehouse(ports)
      for (const model of set.values()) {
        const { name, table, fingerprint, compiled: own } = model
        const version = `${table}/${fingerprint}/${own.digest}`
        if (made.get(`${schema}.${name}`) === version) continue
        if (own.kind !== 'view') await warehouse.prepareTable(tableOfModel(model))
        await warehouse.setView({ ...viewOf(model, { set, dialect: warehouse.dialect }), schema })
        made.set(`${schema}.${name}`, version)
      }
    },
  }
}

/** Pure: models of a set whose table no set before it shows. */
export function ownedIn(set: ModelSet, before: readonly Pick<SetInUse, 'set'>[]): ReadonlySet<string> {
  const isFree = ({ name, table }: BuiltModel) => before.every((used) => used.set.get(name)?.table !== table)
  return new Set([...set.values()].filter(isFree).map(({ name }) => name))
}

/** The view of a model: the table of its version, or for a view its query. */
function viewOf(
  model: BuiltModel,
  { set, dialect }: { readonly set: ModelSet; readonly dialect: Dialect },
): Omit<View, 'schema'> {
  const { name, compiled } = model
  const task = { model, set, window: '', environment: '' }
  const columns = compiled.columns.map((column) => dialect.identifier(column.name)).join(', ')
  const from =
    compiled.kind === 'view' ? `(${viewSql(compiled.sql, { task, dialect })}) AS ${dialect.identifier(name)}` : null
  return {
    name,
    description: compiled.description,
    columns: compiled.columns,
    sql: `SELECT ${columns} FROM ${from ?? tableSql(tableOfModel(model), dialect)}`,
  }
}
