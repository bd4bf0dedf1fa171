import { DaybreakError } from '../../errors.ts'
import { addDays } from '../../lib/business-date.ts'
import { WHOLE } from '../../models/affected.ts'
import type { Reference } from '../../models/compiled.ts'
import type { BuiltModel, ModelSet } from '../../models/model-set.ts'
import { modelOf } from '../../models/order.ts'
import type { ModelWarehouse } from '../destination.ts'
import { modelWarehouse } from './job.ts'
import { querySql, tableSql, viewSql } from './sql.ts'
import { type BuildPorts, tableOfModel } from './task.ts'
import { lookAtBuild } from './wanted.ts'

/** A version of a model whose rows are asked for. */
export interface RowsOf {
  readonly model: BuiltModel
  readonly set: ModelSet
  /** True for a version whose table is taken as it is; else partitions that are not built are computed. */
  readonly isBuilt: boolean
  /** Models of the set that views show in this version, so that their tables are whole. */
  readonly shown: ReadonlySet<string>
}

type RowPorts = Pick<BuildPorts, 'ledger' | 'destination'>

interface Looking {
  readonly set: ModelSet
  readonly shown: ReadonlySet<string>
  readonly ports: RowPorts
  readonly warehouse: ModelWarehouse
}

/** Rows of some windows of a version as a subquery in parentheses. Reads the ledger, and changes nothing. */
export async function rowsSql(
  { model, set, isBuilt, shown }: RowsOf,
  windows: readonly string[],
  ports: RowPorts,
): Promise<string> {
  const warehouse = modelWarehouse(ports)
  const { dialect } = warehouse
  const { compiled } = model
  if (compiled.kind === 'view')
    return `(${viewSql(compiled.sql, { task: { model, set, window: '', environment: '' }, dialect })})`
  const looking = { set, shown, ports, warehouse }
  if (!isBuilt) return unionOf(await Promise.all(windows.map((one) => computed(model, one, looking))))
  const isThere = (await warehouse.describeTable(tableOfModel(model))) !== null
  return isThere ? published(model, windows, warehouse) : nothing(model, warehouse)
}

/** The partitions of some windows as they are in the table. */
function published(
  model: BuiltModel,
  windows: readonly string[],
  { dialect }: Pick<ModelWarehouse, 'dialect'>,
): string {
  const table = tableSql(tableOfModel(model), dialect)
  const { partitionBy } = model.compiled
  if (partitionBy === null) return `(SELECT * FROM ${table})`
  const dates = windows.map((window) => `DATE ${dialect.literal(window)}`).join(', ')
  return `(SELECT * FROM ${table} WHERE ${dialect.identifier(partitionBy)} IN (${dates || 'NULL'}))`
}

function nothing({ compiled }: BuiltModel, { dialect }: Pick<ModelWarehouse, 'dialect'>): string {
  const columns = compiled.columns.map(({ name, type }) => {
    return `CAST(NULL AS ${dialect.type({ type })}) AS ${dialect.identifier(name)}`
  })
  return `(SELECT ${columns.join(', ')} FROM (SELECT 1 AS one) AS nothing WHERE FALSE)`
}

/** One partition: that of the table if it is what its inputs say, else its query over what they hold now. */
async function computed(model: BuiltModel, window: string, looking: Looking): Promise<string> {
  const { set, ports, warehouse } = looking
  const { compiled } = model
  const task = { model, set, window, environment: '' }
  const { build, wanted, accepted, span } = await lookAtBuild(task, ports)
  if (build?.state === 'idle' && [wanted, ...accepted].includes(build.wanted))
    return published(model, [window], warehouse)
  if (compiled.kind === 'script') throw notComputed(model)
  const sources = new Map<number, string>()
  for (const reference of compiled.references) {
    const source = await sourceOf(reference, window, looking)
    if (source !== null) sources.set(reference.hole, source)
  }
  const computedTables = new Set(compiled.references.flatMap(({ hole, table }) => (sources.has(hole) ? [table] : [])))
  const absent = new Set([...(span.absent ?? [])].filter((table) => !computedTables.has(table)))
  return `(${querySql(compiled.sql, { task, span: { ...span, absent }, dialect: warehouse.dialect, sources })})`
}

/** A model that is read and has partitions that are not built, computed as well; null for a table that is there. */
async function sourceOf(reference: Reference, window: string, looking: Looking): Promise<string | null> {
  const upstream = looking.set.get(modelOf(reference) ?? '')
  if (!upstream || upstream.compiled.kind === 'view' || looking.shown.has(upstream.name)) return null
  const windows = windowsOf(reference, upstream, window)
  const { name, table: fingerprint } = upstream
  const built = await looking.ports.ledger.builds({ model: name, fingerprint, ...(windows && { windows }) })
  if (windows === null) {
    if (built.length > 0) return null
    throw notComputed(upstream)
  }
  if (windows.every((each) => built.some((build) => build.window === each && build.state === 'idle'))) return null
  return unionOf(await Promise.all(windows.map((each) => computed(upstream, each, looking))))
}

/** Partitions that a reference reads; null for all there are of a table with dates. */
function windowsOf(reference: Reference, { compiled }: BuiltModel, window: string): readonly string[] | null {
  if (compiled.partitionBy === null) return [WHOLE]
  if (!reference.isPartitioned) return null
  const { from, to } = reference.dates
  return Array.from({ length: to - from + 1 }, (_, at) => addDays(window, from + at))
}

function unionOf(relations: readonly string[]): string {
  if (relations.length === 1) return relations[0] ?? ''
  return `(${relations.map((relation, at) => `SELECT * FROM ${relation} AS part_${at}`).join(' UNION ALL ')})`
}

function notComputed({ name }: BuiltModel): DaybreakError {
  const message = `${name} is not built in this version, and its rows cannot be computed within one query; apply the project to an environment of your own and compare that`
  return new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak model apply -e ENVIRONMENT' } })
}
